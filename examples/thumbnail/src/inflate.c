#include "inflate.h"

#include <string.h>

#include "words.h"

enum { WINDOW = 1 << 15, LONGEST = 15, TABLE = 1 << LONGEST };

// A code's table has an entry for every way that the next 15 bits may be: symbol and length.
struct code {
    uint16_t entries[TABLE];
};

struct state {
    const struct stream *stream;
    uint64_t bits;
    int count; // of bits at hand
    uint32_t sum_a, sum_b; // Adler-32
    size_t at; // where in the window the next byte goes
    size_t handed; // up to where the window was handed on
    uint64_t total;
    uint8_t window[WINDOW];
    struct code literals, distances;
};

static struct state state;

// A word is shorter than the sum at the stream's end, so that looking for one asks for no byte
// after it.
static void need(int count)
{
    while (state.count < count) {
        state.bits |= (uint64_t)state.stream->next(state.stream->owner) << state.count;
        state.count += 8;
    }
}

static void drop(int count)
{
    state.bits >>= count;
    state.count -= count;
}

static uint32_t take(int count)
{
    need(count);
    uint32_t value = (uint32_t)(state.bits & ((1ULL << count) - 1));
    drop(count);
    return value;
}

static void hand_on(void)
{
    const uint8_t *bytes = state.window + state.handed;
    size_t count = state.at - state.handed;
    for (size_t i = 0; i < count;) {
        // 5552 is the most that can be added before the sums might overflow.
        size_t end = count - i < 5552 ? count : i + 5552;
        for (; i < end; i++) {
            state.sum_a += bytes[i];
            state.sum_b += state.sum_a;
        }
        state.sum_a %= 65521;
        state.sum_b %= 65521;
    }
    if (count)
        state.stream->take(state.stream->owner, bytes, count);
    if (state.at == WINDOW)
        state.at = 0;
    state.handed = state.at;
}

static void put(uint8_t byte)
{
    state.window[state.at++] = byte;
    state.total++;
    if (state.at == WINDOW)
        hand_on();
}

static void make_code(struct code *code, const uint8_t *lengths, int count)
{
    int of_length[LONGEST + 1] = {0};
    uint32_t next[LONGEST + 2] = {0};
    int used = 0;
    for (int symbol = 0; symbol < count; symbol++) {
        of_length[lengths[symbol]]++;
        used += lengths[symbol] > 0;
    }
    int32_t free = 1;
    for (int length = 1; length <= LONGEST; length++) {
        free = free * 2 - of_length[length];
        if (free < 0)
            refuse(BAD_INPUT, "the image is damaged: a code has too many words");
        next[length + 1] = (next[length] + (uint32_t)of_length[length]) << 1;
    }
    if (free > 0 && used > 1)
        refuse(BAD_INPUT, "the image is damaged: a code has too few words");
    memset(code, 0, sizeof *code);
    for (int symbol = 0; symbol < count; symbol++) {
        int length = lengths[symbol];
        if (!length)
            continue;
        uint32_t word = next[length]++;
        uint32_t turned = 0;
        for (int bit = 0; bit < length; bit++)
            turned |= (word >> bit & 1) << (length - 1 - bit);
        for (uint32_t i = turned; i < TABLE; i += 1U << length)
            code->entries[i] = (uint16_t)(symbol << 4 | length);
    }
}

static int symbol_of(const struct code *code)
{
    need(LONGEST);
    uint16_t entry = code->entries[state.bits & (TABLE - 1)];
    if (!entry)
        refuse(BAD_INPUT, "the image is damaged: no such word in the code");
    drop(entry & 15);
    return entry >> 4;
}

static void stored(void)
{
    drop(state.count % 8);
    uint32_t length = take(16);
    if (take(16) != (length ^ 0xffff))
        refuse(BAD_INPUT, "the image is damaged: a plain block has two lengths");
    while (length--)
        put((uint8_t)take(8));
}

static void fixed_codes(void)
{
    uint8_t lengths[288];
    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    make_code(&state.literals, lengths, 288);
    memset(lengths, 5, 32);
    make_code(&state.distances, lengths, 32);
}

static void own_codes(void)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[288 + 32] = {0};
    int literals = (int)take(5) + 257, distances = (int)take(5) + 1, given = (int)take(4) + 4;
    if (literals > 286 || distances > 30)
        refuse(BAD_INPUT, "the image is damaged: a code has too many symbols");
    for (int i = 0; i < given; i++)
        lengths[order[i]] = (uint8_t)take(3);
    make_code(&state.literals, lengths, 19);
    memset(lengths, 0, sizeof lengths);
    for (int at = 0; at < literals + distances;) {
        int symbol = symbol_of(&state.literals), times = 1;
        uint8_t length = (uint8_t)symbol;
        if (symbol == 16) {
            if (!at)
                refuse(BAD_INPUT, "the image is damaged: nothing is there to repeat");
            length = lengths[at - 1];
            times = 3 + (int)take(2);
        } else if (symbol > 16) {
            length = 0;
            times = symbol == 17 ? 3 + (int)take(3) : 11 + (int)take(7);
        }
        if (at + times > literals + distances)
            refuse(BAD_INPUT, "the image is damaged: a code has too many symbols");
        while (times--)
            lengths[at++] = length;
    }
    if (!lengths[256])
        refuse(BAD_INPUT, "the image is damaged: a block cannot end");
    make_code(&state.literals, lengths, literals);
    make_code(&state.distances, lengths + literals, distances);
}

static void packed(void)
{
    static const uint16_t length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,
                                             15, 17, 19, 23, 27, 31, 35, 43, 51,  59,
                                             67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                             2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t distance_base[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
        int symbol = symbol_of(&state.literals);
        if (symbol < 256) {
            put((uint8_t)symbol);
            continue;
        }
        if (symbol == 256)
            return;
        symbol -= 257;
        if (symbol > 28)
            refuse(BAD_INPUT, "the image is damaged: no such length");
        uint32_t length = length_base[symbol] + take(length_extra[symbol]);
        symbol = symbol_of(&state.distances);
        if (symbol > 29)
            refuse(BAD_INPUT, "the image is damaged: no such distance");
        uint32_t distance = distance_base[symbol] + take(symbol < 2 ? 0 : symbol / 2 - 1);
        if (distance > state.total)
            refuse(BAD_INPUT, "the image is damaged: it repeats what was before its start");
        while (length--)
            put(state.window[(state.at - distance) & (WINDOW - 1)]);
    }
}

void inflate(const struct stream *stream)
{
    memset(&state, 0, sizeof state);
    state.stream = stream;
    state.sum_a = 1;
    uint32_t method = take(8), flags = take(8);
    if ((method & 15) != 8 || method >> 4 > 7 || (method << 8 | flags) % 31 || flags & 32)
        refuse(BAD_INPUT, "the image's data is not in zlib's format");
    for (int last = 0; !last;) {
        last = (int)take(1);
        switch (take(2)) {
        case 0:
            stored();
            break;
        case 1:
            fixed_codes();
            packed();
            break;
        case 2:
            own_codes();
            packed();
            break;
        default:
            refuse(BAD_INPUT, "the image is damaged: no such kind of block");
        }
    }
    hand_on();
    drop(state.count % 8);
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum = sum << 8 | take(8);
    if (sum != (state.sum_b << 16 | state.sum_a))
        refuse(BAD_INPUT, "the image is damaged: the sum over it is another");
}
