#include "deflate.h"

#include <stdlib.h>

#include "words.h"

enum { SHORTEST = 3, LONGEST = 258, FARTHEST = 1 << 15, PLACES = 1 << 15 };

struct packer {
    uint8_t *out;
    size_t size;
    uint32_t bits;
    int count;
};

static void put(struct packer *packer, uint32_t value, int count)
{
    packer->bits |= value << packer->count;
    packer->count += count;
    while (packer->count >= 8) {
        packer->out[packer->size++] = (uint8_t)packer->bits;
        packer->bits >>= 8;
        packer->count -= 8;
    }
}

// Words of a code go from their highest bit on, other numbers from their lowest.
static void put_word(struct packer *packer, uint32_t word, int count)
{
    uint32_t turned = 0;
    for (int bit = 0; bit < count; bit++)
        turned |= (word >> bit & 1) << (count - 1 - bit);
    put(packer, turned, count);
}

static void put_symbol(struct packer *packer, uint32_t symbol)
{
    if (symbol < 144)
        put_word(packer, 48 + symbol, 8);
    else if (symbol < 256)
        put_word(packer, 400 + symbol - 144, 9);
    else if (symbol < 280)
        put_word(packer, symbol - 256, 7);
    else
        put_word(packer, 192 + symbol - 280, 8);
}

static int highest(uint32_t value)
{
    return 31 - __builtin_clz(value);
}

static void put_repeat(struct packer *packer, uint32_t length, uint32_t distance)
{
    length -= SHORTEST;
    if (length == LONGEST - SHORTEST)
        put_symbol(packer, 285);
    else if (length < 8)
        put_symbol(packer, 257 + length);
    else {
        int extra = highest(length) - 2;
        put_symbol(packer, 257 + (uint32_t)extra * 4 + (length >> extra));
        put(packer, length & ((1U << extra) - 1), extra);
    }
    distance -= 1;
    if (distance < 4)
        put_word(packer, distance, 5);
    else {
        int extra = highest(distance) - 1;
        put_word(packer, (uint32_t)extra * 2 + (distance >> extra), 5);
        put(packer, distance & ((1U << extra) - 1), extra);
    }
}

static uint32_t place_of(const uint8_t *bytes)
{
    uint32_t three = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
    return (three * 2654435761U) >> 17;
}

uint8_t *deflate(const uint8_t *bytes, size_t count, size_t *size)
{
    // No symbol takes more than nine bits for a byte that it stands for.
    struct packer packer = {reserve(count + count / 8 + 32, 1), 0, 0, 0};
    size_t *latest = reserve(PLACES, sizeof *latest); // one more than where; 0 is nowhere
    put(&packer, 0x0178, 16);
    put(&packer, 3, 3);
    for (size_t at = 0; at < count;) {
        size_t length = 0, distance = 0;
        if (count - at >= SHORTEST) {
            size_t *seen = &latest[place_of(bytes + at)], before = *seen;
            *seen = at + 1;
            if (before && at + 1 - before <= FARTHEST) {
                distance = at + 1 - before;
                while (length < LONGEST && at + length < count &&
                       bytes[at + length] == bytes[at + length - distance])
                    length++;
            }
        }
        if (length < SHORTEST) {
            put_symbol(&packer, bytes[at++]);
            continue;
        }
        put_repeat(&packer, (uint32_t)length, (uint32_t)distance);
        for (size_t end = at + length; ++at < end;)
            if (count - at >= SHORTEST)
                latest[place_of(bytes + at)] = at + 1;
    }
    free(latest);
    put_symbol(&packer, 256);
    put(&packer, 0, (8 - packer.count) & 7);
    uint32_t sum_a = 1, sum_b = 0;
    for (size_t i = 0; i < count; i++) {
        sum_a = (sum_a + bytes[i]) % 65521;
        sum_b = (sum_b + sum_a) % 65521;
    }
    for (int i = 0; i < 4; i++)
        packer.out[packer.size++] = (uint8_t)((sum_b << 16 | sum_a) >> (24 - 8 * i));
    *size = packer.size;
    return packer.out;
}
