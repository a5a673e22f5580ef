#include "scale.h"

#include <string.h>

#include "words.h"

static uint32_t rounded(uint64_t part, uint64_t whole, uint64_t of)
{
    uint64_t value = (part * of + whole / 2) / whole;
    return value ? (uint32_t)value : 1;
}

void scaler_begin(struct scaler *scaler, uint64_t width, uint64_t height, uint32_t box_width,
                  uint32_t box_height)
{
    if (!width || !height)
        refuse(BAD_INPUT, "the image has no pixels");
    if (width > MOST_SIDE || height > MOST_SIDE || width * height > MOST_PIXELS)
        refuse(BAD_INPUT, "the image is too large: %llu x %llu pixels", (unsigned long long)width,
               (unsigned long long)height);
    memset(scaler, 0, sizeof *scaler);
    scaler->width = (uint32_t)width;
    scaler->height = (uint32_t)height;
    struct image *image = &scaler->image;
    if (width <= box_width && height <= box_height) {
        image->width = (uint32_t)width;
        image->height = (uint32_t)height;
    } else if (width * box_height >= height * box_width) {
        image->width = box_width;
        image->height = rounded(height, width, box_width);
    } else {
        image->width = rounded(width, height, box_height);
        image->height = box_height;
    }
    image->pixels = reserve((uint64_t)image->width * image->height, 4);
    scaler->across = reserve(image->width, 4 * sizeof *scaler->across);
    scaler->down = reserve(image->width, 4 * sizeof *scaler->down);
}

// Each pixel that comes in is `out` parts wide, and each that goes out `in` parts, so that every
// share is a whole number. Colours count by their alpha: what is not seen has no colour.
static void sum_across(uint64_t *sums, const uint8_t *row, uint32_t in, uint32_t out)
{
    uint32_t left = in;
    memset(sums, 0, out * 4 * sizeof *sums);
    for (uint32_t x = 0; x < in; x++, row += 4) {
        uint32_t alpha = row[3];
        uint32_t values[4] = {row[0] * alpha, row[1] * alpha, row[2] * alpha, alpha};
        for (uint32_t share = out; share;) {
            uint32_t part = share < left ? share : left;
            for (int channel = 0; channel < 4; channel++)
                sums[channel] += (uint64_t)values[channel] * part;
            share -= part;
            left -= part;
            if (!left) {
                sums += 4;
                left = in;
            }
        }
    }
}

static void finish_row(struct scaler *scaler)
{
    uint64_t whole = (uint64_t)scaler->width * scaler->height;
    uint32_t width = scaler->image.width;
    uint8_t *pixel = scaler->image.pixels + (size_t)scaler->made * width * 4;
    for (uint64_t *sum = scaler->down; sum < scaler->down + (size_t)width * 4; sum += 4) {
        for (int channel = 0; channel < 3; channel++)
            *pixel++ = (uint8_t)(sum[3] ? (sum[channel] + sum[3] / 2) / sum[3] : 0);
        *pixel++ = (uint8_t)((sum[3] + whole / 2) / whole);
    }
    memset(scaler->down, 0, (size_t)width * 4 * sizeof *scaler->down);
    scaler->made++;
    scaler->filled = 0;
}

void scaler_row(struct scaler *scaler, const uint8_t *row)
{
    size_t sums = (size_t)scaler->image.width * 4;
    sum_across(scaler->across, row, scaler->width, scaler->image.width);
    scaler->row++;
    for (uint32_t share = scaler->image.height; share;) {
        uint32_t left = scaler->height - scaler->filled;
        uint32_t part = share < left ? share : left;
        for (size_t place = 0; place < sums; place++)
            scaler->down[place] += scaler->across[place] * part;
        share -= part;
        scaler->filled += part;
        if (scaler->filled == scaler->height)
            finish_row(scaler);
    }
}
