#include "jpeg_scan.h"

#include <errno.h>
#include <string.h>

#include "words.h"

uint8_t jpeg_byte(struct jpeg *jpeg)
{
    int byte = getc(jpeg->file);
    if (byte != EOF)
        return (uint8_t)byte;
    if (ferror(jpeg->file))
        refuse(BAD_INPUT, "%s", strerror(errno));
    refuse(BAD_INPUT, "the image ends too soon");
}

static uint32_t bit(struct jpeg *jpeg)
{
    if (!jpeg->at_hand) {
        jpeg->bits = jpeg_byte(jpeg);
        jpeg->at_hand = 8;
        if (jpeg->bits == 0xff && jpeg_byte(jpeg))
            refuse(BAD_INPUT, "the image is damaged: a scan ends too soon");
    }
    return jpeg->bits >> --jpeg->at_hand & 1;
}

static uint32_t bits(struct jpeg *jpeg, int count)
{
    uint32_t value = 0;
    while (count--)
        value = value << 1 | bit(jpeg);
    return value;
}

static int symbol(struct jpeg *jpeg, const struct words_of *code)
{
    int32_t word = 0, first = 0, place = 0;
    for (int length = 1; length <= 16; length++) {
        word |= (int32_t)bit(jpeg);
        int32_t count = code->count[length];
        if (word - first < count)
            return code->symbols[place + word - first];
        place += count;
        first = (first + count) << 1;
        word <<= 1;
    }
    refuse(BAD_INPUT, "the image is damaged: no such word in the code");
}

// Of numbers with that many bits the upper half is meant as it is, the lower one is below zero.
static int32_t number(struct jpeg *jpeg, int count)
{
    if (!count)
        return 0;
    int32_t value = (int32_t)bits(jpeg, count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
}

static void first_number(struct jpeg *jpeg, const struct scan *scan, struct channel *channel,
                         int16_t *block)
{
    if (scan->before) {
        if (bit(jpeg))
            block[0] |= (int16_t)(1 << scan->shift);
        return;
    }
    int count = symbol(jpeg, channel->dc);
    if (count > 15)
        refuse(BAD_INPUT, "the image is damaged: a number is too large");
    channel->last = (int16_t)(channel->last + number(jpeg, count));
    block[0] = (int16_t)(channel->last * (1 << scan->shift));
}

static void new_numbers(struct jpeg *jpeg, const struct scan *scan, struct channel *channel,
                        int16_t *block)
{
    if (jpeg->empty) {
        jpeg->empty--;
        return;
    }
    for (int at = scan->from ? scan->from : 1; at <= scan->to; at++) {
        int both = symbol(jpeg, channel->ac), skip = both >> 4, count = both & 15;
        if (!count && skip < 15) {
            if (skip && !jpeg->progressive)
                refuse(BAD_INPUT, "the image is damaged: a block has no proper end");
            jpeg->empty = (1U << skip) - 1 + bits(jpeg, skip);
            return;
        }
        at += skip;
        if (at > scan->to)
            refuse(BAD_INPUT, "the image is damaged: a block has too many numbers");
        if (count)
            block[scan->zigzag[at]] = (int16_t)(number(jpeg, count) * (1 << scan->shift));
    }
}

static void refine(struct jpeg *jpeg, int16_t *value, int32_t step)
{
    if (bit(jpeg) && !(*value & step))
        *value = (int16_t)(*value + (*value < 0 ? -step : step));
}

// Adds a bit to the numbers that are there, and brings those that are not yet.
static void finer_numbers(struct jpeg *jpeg, const struct scan *scan, struct channel *channel,
                          int16_t *block)
{
    int32_t step = 1 << scan->shift;
    int at = scan->from;
    for (; !jpeg->empty && at <= scan->to; at++) {
        int both = symbol(jpeg, channel->ac), skip = both >> 4, count = both & 15;
        int32_t value = 0;
        if (count)
            value = bit(jpeg) ? step : -step;
        else if (skip < 15) {
            jpeg->empty = (1U << skip) + bits(jpeg, skip);
            break;
        }
        for (; at <= scan->to; at++) {
            int16_t *there = &block[scan->zigzag[at]];
            if (*there)
                refine(jpeg, there, step);
            else if (!skip--)
                break;
        }
        if (value && at > scan->to)
            refuse(BAD_INPUT, "the image is damaged: a block has too many numbers");
        if (value)
            block[scan->zigzag[at]] = (int16_t)value;
    }
    if (!jpeg->empty)
        return;
    for (; at <= scan->to; at++)
        if (block[scan->zigzag[at]])
            refine(jpeg, &block[scan->zigzag[at]], step);
    jpeg->empty--;
}

static void read_block(struct jpeg *jpeg, const struct scan *scan, struct channel *channel,
                       uint32_t across, uint32_t down)
{
    int16_t *block = channel->numbers + ((size_t)down * channel->stride + across) * 64;
    if (!scan->from)
        first_number(jpeg, scan, channel, block);
    if (scan->to && scan->before)
        finer_numbers(jpeg, scan, channel, block);
    else if (scan->to)
        new_numbers(jpeg, scan, channel, block);
}

static void begin(struct jpeg *jpeg, const struct scan *scan)
{
    jpeg->at_hand = 0;
    jpeg->empty = 0;
    for (int i = 0; i < scan->count; i++)
        scan->channels[i]->last = 0;
}

static void begin_again(struct jpeg *jpeg, const struct scan *scan, uint32_t number)
{
    int byte = jpeg_byte(jpeg), marker;
    do
        marker = jpeg_byte(jpeg);
    while (marker == 0xff);
    if (byte != 0xff || marker != (int)(0xd0 + number % 8))
        refuse(BAD_INPUT, "the image is damaged: a mark in a scan is missing");
    begin(jpeg, scan);
}

void jpeg_scan(struct jpeg *jpeg, const struct scan *scan)
{
    struct channel *only = scan->count == 1 ? scan->channels[0] : NULL;
    uint32_t across = only ? only->blocks_across : jpeg->units_across;
    uint32_t down = only ? only->blocks_down : jpeg->units_down;
    uint32_t count = 0;
    begin(jpeg, scan);
    for (uint32_t y = 0; y < down; y++)
        for (uint32_t x = 0; x < across; x++, count++) {
            if (jpeg->restart && count && count % jpeg->restart == 0)
                begin_again(jpeg, scan, count / jpeg->restart - 1);
            if (only) {
                read_block(jpeg, scan, only, x, y);
                continue;
            }
            for (int i = 0; i < scan->count; i++) {
                struct channel *channel = scan->channels[i];
                uint32_t wide = (uint32_t)channel->across, high = (uint32_t)channel->down;
                for (uint32_t part = 0; part < wide * high; part++)
                    read_block(jpeg, scan, channel, x * wide + part % wide, y * high + part / wide);
            }
        }
}
