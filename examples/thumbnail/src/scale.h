#pragma once

#include <stdint.h>

// Makes an image smaller while its rows come in, so that a large one is never held whole.

struct image {
    uint32_t width, height;
    uint8_t *pixels; // red, green, blue, alpha; rows from the top
};

struct box {
    uint32_t width, height;
};

struct scaler {
    struct image image; // what is made; whole once the last row came
    uint32_t width, height; // of what comes in
    uint32_t row, made; // how many rows came, and how many were made
    uint32_t filled; // how much of the row that is being made has come, of `height` parts
    uint64_t *across; // sums of one row
    uint64_t *down; // sums of the row that is being made
};

// The most pixels that are read. Sums stay exact, and a bomb of a few bytes does not run for hours.
#define MOST_PIXELS (1ULL << 28)
#define MOST_SIDE 1000000U

// Begins with the size of what comes in, and the box that the result has to fit in. The shape is
// kept, and nothing is made larger.
void scaler_begin(struct scaler *scaler, uint64_t width, uint64_t height, uint32_t box_width,
                  uint32_t box_height);

// Takes the next row, as `width` pixels of four bytes.
void scaler_row(struct scaler *scaler, const uint8_t *row);
