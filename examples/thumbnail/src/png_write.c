#include <stdlib.h>
#include <string.h>

#include "deflate.h"
#include "png.h"
#include "words.h"

static void big(uint8_t bytes[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void chunk(FILE *file, const char name[5], const uint8_t *bytes, size_t count)
{
    uint8_t head[8], tail[4];
    big(head, (uint32_t)count);
    memcpy(head + 4, name, 4);
    big(tail, png_sum(png_sum(0, head + 4, 4), bytes, count));
    fwrite(head, 1, 8, file);
    fwrite(bytes, 1, count, file);
    fwrite(tail, 1, 4, file);
}

static int channels_of(const struct image *image)
{
    int channels = 1;
    const uint8_t *pixel = image->pixels, *end = pixel + (size_t)image->width * image->height * 4;
    for (; pixel < end; pixel += 4) {
        if (pixel[3] != 255)
            return 4;
        if (pixel[0] != pixel[1] || pixel[1] != pixel[2])
            channels = 3;
    }
    return channels;
}

// Writes each byte as the difference to what is left of it or above it, whichever makes the row's
// differences smaller: what changes little packs well.
static void filter(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t count, size_t step)
{
    unsigned long sums[2] = {0};
    for (size_t i = 0; i < count; i++) {
        sums[0] += (unsigned)abs((int8_t)(row[i] - (i < step ? 0 : row[i - step])));
        sums[1] += (unsigned)abs((int8_t)(row[i] - above[i]));
    }
    int up = sums[1] < sums[0];
    *out++ = up ? 2 : 1;
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(row[i] - (up ? above[i] : i < step ? 0 : row[i - step]));
}

void png_write(const struct image *image, FILE *file)
{
    static const uint8_t kinds[5] = {0, 0, 0, 2, 6};
    size_t channels = (size_t)channels_of(image), row_bytes = image->width * channels;
    size_t count = (row_bytes + 1) * image->height;
    uint8_t *filtered = reserve(count, 1);
    uint8_t *row = reserve(row_bytes, 1), *above = reserve(row_bytes, 1);
    for (size_t y = 0; y < image->height; y++) {
        const uint8_t *pixel = image->pixels + y * image->width * 4;
        for (size_t x = 0; x < image->width; x++)
            memcpy(row + x * channels, pixel + x * 4, channels);
        filter(filtered + y * (row_bytes + 1), row, above, row_bytes, channels);
        uint8_t *turn = above;
        above = row;
        row = turn;
    }
    size_t size;
    uint8_t *packed = deflate(filtered, count, &size);
    uint8_t head[13] = {0};
    big(head, image->width);
    big(head + 4, image->height);
    head[8] = 8;
    head[9] = kinds[channels];
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);
    chunk(file, "IHDR", head, sizeof head);
    chunk(file, "IDAT", packed, size);
    chunk(file, "IEND", packed, 0);
    free(packed);
    free(filtered);
    free(row);
    free(above);
}
