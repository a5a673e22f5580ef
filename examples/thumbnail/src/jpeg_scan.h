#pragma once

#include <stdint.h>
#include <stdio.h>

// The packed data of a JPEG: from bits to the numbers of each block of 8 x 8 samples.

struct words_of {
    uint16_t count[17]; // how many words have each length
    uint8_t symbols[256];
};

struct channel {
    int name, across, down, steps;
    const struct words_of *dc, *ac;
    uint32_t stride; // blocks in a row, with those that only fill up
    uint32_t blocks_across, blocks_down; // without them
    int16_t *numbers; // 64 for each block
    uint8_t *samples; // of one row of units
    int16_t last; // the first number of the block before
};

struct jpeg {
    FILE *file;
    uint32_t width, height;
    int count, across, down, progressive, is_rgb;
    uint32_t units_across, units_down, restart;
    struct channel channels[3];
    struct words_of codes[2][4];
    uint32_t bits;
    int at_hand; // bits of the last byte that are not used yet
    uint32_t empty; // blocks to come that are passed over
};

struct scan {
    int count;
    struct channel *channels[3];
    int from, to, before, shift; // which numbers, and which bits of them
    const uint8_t *zigzag;
};

// The next byte of the file, or an end in words.
uint8_t jpeg_byte(struct jpeg *jpeg);

void jpeg_scan(struct jpeg *jpeg, const struct scan *scan);
