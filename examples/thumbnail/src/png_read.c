#include "png.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inflate.h"
#include "words.h"

enum { GREY = 0, COLOUR = 2, PALETTE = 3, GREY_ALPHA = 4, COLOUR_ALPHA = 6 };

struct reader {
    FILE *file;
    uint32_t left; // of the chunk that is being read
    uint32_t sum;
    char name[5];
    uint8_t bytes[4096]; // of a chunk of pixels, read and not yet used
    size_t have, used;

    uint32_t width, height;
    int kind, depth, channels;
    uint8_t palette[256][4];
    int colours;
    int has_clear; // one grey or colour that is not seen
    uint16_t clear[3];

    size_t row_bytes, at;
    uint8_t *row, *above; // with the filter's number before them
    uint8_t *pixels;
    struct scaler scaler;
};

uint32_t png_sum(uint32_t sum, const uint8_t *bytes, size_t count)
{
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xedb88320U ^ value >> 1 : value >> 1;
            table[i] = value;
        }
    sum = ~sum;
    while (count--)
        sum = table[(sum ^ *bytes++) & 255] ^ sum >> 8;
    return ~sum;
}

static uint32_t number(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void raw(struct reader *reader, uint8_t *bytes, size_t count)
{
    if (fread(bytes, 1, count, reader->file) == count)
        return;
    if (ferror(reader->file))
        refuse(BAD_INPUT, "%s", strerror(errno));
    refuse(BAD_INPUT, "the image ends too soon");
}

// ----- chunks

static void open_chunk(struct reader *reader)
{
    uint8_t head[8];
    raw(reader, head, 8);
    reader->left = number(head);
    memcpy(reader->name, head + 4, 4);
    for (int i = 0; i < 4; i++)
        if ((head[4 + i] | 32) < 'a' || (head[4 + i] | 32) > 'z')
            refuse(BAD_INPUT, "the image is damaged: a chunk has no proper name");
    if (reader->left > 0x7fffffff)
        refuse(BAD_INPUT, "the image is damaged: its chunk %s is too long", reader->name);
    reader->sum = png_sum(0, head + 4, 4);
}

static void chunk_bytes(struct reader *reader, uint8_t *bytes, size_t count)
{
    raw(reader, bytes, count);
    reader->sum = png_sum(reader->sum, bytes, count);
    reader->left -= (uint32_t)count;
}

static void close_chunk(struct reader *reader)
{
    uint8_t bytes[4096];
    while (reader->left)
        chunk_bytes(reader, bytes, reader->left < sizeof bytes ? reader->left : sizeof bytes);
    raw(reader, bytes, 4);
    if (number(bytes) != reader->sum)
        refuse(BAD_INPUT, "the image is damaged: the sum over its chunk %s is another",
               reader->name);
}

static int is_chunk(const struct reader *reader, const char *name)
{
    return !strcmp(reader->name, name);
}

// ----- what stands before the pixels

static void head(struct reader *reader)
{
    static const uint8_t depths[7] = {31, 0, 24, 15, 24, 0, 24}; // a bit for 1, 2, 4, 8 and 16
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    uint8_t bytes[13];
    open_chunk(reader);
    if (!is_chunk(reader, "IHDR") || reader->left != sizeof bytes)
        refuse(BAD_INPUT, "the image is damaged: it does not begin with its size");
    chunk_bytes(reader, bytes, sizeof bytes);
    close_chunk(reader);
    reader->width = number(bytes);
    reader->height = number(bytes + 4);
    reader->depth = bytes[8];
    reader->kind = bytes[9];
    int known = 0;
    for (int bit = 0; bit < 5; bit++)
        known |= reader->kind < 7 && depths[reader->kind] >> bit & 1 && reader->depth == 1 << bit;
    if (!known)
        refuse(BAD_INPUT, "there are no PNG images of kind %d with %d bits", reader->kind,
               reader->depth);
    if (bytes[10] || bytes[11] || bytes[12] > 1)
        refuse(BAD_INPUT, "the image is packed in a way that is not known");
    if (bytes[12])
        refuse(BAD_INPUT, "interlaced images are not read; save it without interlacing");
    reader->channels = channels[reader->kind];
}

static void palette(struct reader *reader)
{
    uint8_t bytes[256 * 3];
    if (reader->colours || !reader->left || reader->left % 3 || reader->left > sizeof bytes)
        refuse(BAD_INPUT, "the image is damaged: its palette is not right");
    reader->colours = (int)reader->left / 3;
    chunk_bytes(reader, bytes, reader->left);
    for (int i = 0; i < reader->colours; i++)
        memcpy(reader->palette[i], bytes + (size_t)i * 3, 3);
}

static void transparency(struct reader *reader)
{
    uint8_t bytes[256];
    uint32_t length = reader->left;
    uint32_t wanted = reader->kind == GREY ? 2 : 6;
    if (reader->kind == PALETTE ? length > (uint32_t)reader->colours
                                : length != wanted || reader->kind > COLOUR)
        refuse(BAD_INPUT, "the image is damaged: its transparency is not right");
    chunk_bytes(reader, bytes, length);
    if (reader->kind == PALETTE) {
        for (uint32_t i = 0; i < length; i++)
            reader->palette[i][3] = bytes[i];
        return;
    }
    reader->has_clear = 1;
    for (uint32_t i = 0; i < length / 2; i++)
        reader->clear[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

// ----- pixels

static uint8_t paeth(int left, int above, int corner)
{
    int guess = left + above - corner;
    int to_left = abs(guess - left), to_above = abs(guess - above), to_corner = abs(guess - corner);
    if (to_left <= to_above && to_left <= to_corner)
        return (uint8_t)left;
    return (uint8_t)(to_above <= to_corner ? above : corner);
}

static void unfilter(struct reader *reader)
{
    uint8_t *row = reader->row + 1, *above = reader->above + 1;
    size_t step = (size_t)(reader->channels * reader->depth + 7) / 8;
    for (size_t i = 0; i < reader->row_bytes; i++) {
        uint8_t left = i < step ? 0 : row[i - step], corner = i < step ? 0 : above[i - step];
        switch (reader->row[0]) {
        case 0:
            return;
        case 1:
            row[i] += left;
            break;
        case 2:
            row[i] += above[i];
            break;
        case 3:
            row[i] += (uint8_t)((left + above[i]) / 2);
            break;
        case 4:
            row[i] += paeth(left, above[i], corner);
            break;
        default:
            refuse(BAD_INPUT, "the image is damaged: row %u has no proper filter",
                   (unsigned)reader->scaler.row);
        }
    }
}

static uint32_t sample(const struct reader *reader, size_t place)
{
    const uint8_t *row = reader->row + 1;
    if (reader->depth == 8)
        return row[place];
    if (reader->depth == 16)
        return (uint32_t)row[2 * place] << 8 | row[2 * place + 1];
    size_t depth = (size_t)reader->depth, bit = place * depth;
    return row[bit / 8] >> (8 - depth - bit % 8) & ((1U << depth) - 1);
}

static uint8_t as_byte(const struct reader *reader, uint32_t value)
{
    uint32_t most = (1U << reader->depth) - 1;
    return (uint8_t)((value * 255 + most / 2) / most);
}

static void convert(struct reader *reader)
{
    int has_colour = reader->kind & 2, has_alpha = reader->kind & 4;
    uint8_t *pixel = reader->pixels;
    size_t channels = (size_t)reader->channels;
    for (size_t x = 0; x < reader->width; x++, pixel += 4) {
        uint32_t values[4] = {0};
        for (size_t channel = 0; channel < channels; channel++)
            values[channel] = sample(reader, x * channels + channel);
        if (reader->kind == PALETTE) {
            if (values[0] >= (uint32_t)reader->colours)
                refuse(BAD_INPUT, "the image is damaged: no such colour in its palette");
            memcpy(pixel, reader->palette[values[0]], 4);
            continue;
        }
        for (int channel = 0; channel < 3; channel++)
            pixel[channel] = as_byte(reader, values[has_colour ? channel : 0]);
        pixel[3] = has_alpha ? as_byte(reader, values[channels - 1]) : 255;
        if (reader->has_clear && values[0] == reader->clear[0] &&
            (!has_colour || (values[1] == reader->clear[1] && values[2] == reader->clear[2])))
            pixel[3] = 0;
    }
}

static uint8_t next_packed(void *owner)
{
    struct reader *reader = owner;
    if (reader->used < reader->have)
        return reader->bytes[reader->used++];
    while (!reader->left) {
        close_chunk(reader);
        open_chunk(reader);
        if (!is_chunk(reader, "IDAT"))
            refuse(BAD_INPUT, "the image ends too soon: row %u of %u is missing",
                   (unsigned)reader->scaler.row, (unsigned)reader->height);
    }
    reader->have = reader->left < sizeof reader->bytes ? reader->left : sizeof reader->bytes;
    reader->used = 0;
    chunk_bytes(reader, reader->bytes, reader->have);
    return reader->bytes[reader->used++];
}

static void take_pixels(void *owner, const uint8_t *bytes, size_t count)
{
    struct reader *reader = owner;
    while (count) {
        if (reader->scaler.row == reader->height)
            refuse(BAD_INPUT, "the image is damaged: it has more data than rows");
        size_t room = reader->row_bytes + 1 - reader->at, part = count < room ? count : room;
        memcpy(reader->row + reader->at, bytes, part);
        reader->at += part;
        bytes += part;
        count -= part;
        if (reader->at <= reader->row_bytes)
            return;
        unfilter(reader);
        convert(reader);
        scaler_row(&reader->scaler, reader->pixels);
        uint8_t *above = reader->above;
        reader->above = reader->row;
        reader->row = above;
        reader->at = 0;
    }
}

static void pixels(struct reader *reader, struct box box)
{
    if (reader->kind == PALETTE && !reader->colours)
        refuse(BAD_INPUT, "the image is damaged: it has no palette");
    scaler_begin(&reader->scaler, reader->width, reader->height, box.width, box.height);
    uint64_t bits = (uint64_t)reader->width * (uint64_t)(reader->channels * reader->depth);
    reader->row_bytes = (size_t)((bits + 7) / 8);
    reader->row = reserve(reader->row_bytes + 1, 1);
    reader->above = reserve(reader->row_bytes + 1, 1);
    reader->pixels = reserve(reader->width, 4);
    inflate(&(struct stream){next_packed, take_pixels, reader});
    if (reader->scaler.row != reader->height)
        refuse(BAD_INPUT, "the image ends too soon: row %u of %u is missing",
               (unsigned)reader->scaler.row, (unsigned)reader->height);
}

struct image png_read(FILE *file, struct box box, char kind[64], struct box *size)
{
    static const char *const names[7] = {
        "grey", "", "colour", "palette", "grey and alpha", "", "colour and alpha"};
    static struct reader reader;
    reader.file = file;
    uint8_t mark[6];
    raw(&reader, mark, sizeof mark);
    if (memcmp(mark, "NG\r\n\x1a\n", sizeof mark))
        refuse(BAD_INPUT, "it is not a PNG image, though it begins like one");
    for (int i = 0; i < 256; i++)
        reader.palette[i][3] = 255;
    head(&reader);
    *size = (struct box){reader.width, reader.height};
    snprintf(kind, 64, "PNG, %s, %d bit", names[reader.kind], reader.depth);
    if (!box.width)
        return (struct image){0};
    for (int seen = 0;; close_chunk(&reader)) {
        open_chunk(&reader);
        if (is_chunk(&reader, "IEND") && !seen)
            refuse(BAD_INPUT, "the image is damaged: it has no pixels");
        else if (is_chunk(&reader, "IEND"))
            break;
        else if (is_chunk(&reader, "PLTE") && !seen)
            palette(&reader);
        else if (is_chunk(&reader, "tRNS") && !seen)
            transparency(&reader);
        else if (is_chunk(&reader, "IDAT") && !seen) {
            pixels(&reader, box);
            seen = 1;
        } else if (!is_chunk(&reader, "IDAT") && !(reader.name[0] & 32))
            refuse(BAD_INPUT, "the image is damaged: its chunk %s is out of place", reader.name);
    }
    close_chunk(&reader);
    return reader.scaler.image;
}
