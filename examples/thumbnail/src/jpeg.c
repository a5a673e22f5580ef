#include "jpeg.h"

#include <string.h>

#include "jpeg_scan.h"
#include "words.h"

// From here on: what stands before the data, and from numbers to pixels.

static const uint8_t zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                   12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                   35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                   58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// Images are held whole until their last scan, at two bytes for each number.
#define MOST_HELD (1ULL << 26)

enum { MOST_SCANS = 100 };

struct segment {
    uint8_t bytes[65536];
    size_t size, at;
};

static struct jpeg jpeg;
static uint16_t steps[4][64];
static uint8_t has_steps[4];
static struct segment segment;

static int next_marker(void)
{
    int byte = 0;
    for (;;) {
        while (byte != 0xff)
            byte = jpeg_byte(&jpeg);
        while (byte == 0xff)
            byte = jpeg_byte(&jpeg);
        if (byte)
            return byte;
    }
}

static void read_segment(void)
{
    int high = jpeg_byte(&jpeg), size = high << 8 | jpeg_byte(&jpeg);
    if (size < 2)
        refuse(BAD_INPUT, "the image is damaged: a part of it has no length");
    segment.size = (size_t)size - 2;
    segment.at = 0;
    for (size_t i = 0; i < segment.size; i++)
        segment.bytes[i] = jpeg_byte(&jpeg);
}

static int next(void)
{
    if (segment.at == segment.size)
        refuse(BAD_INPUT, "the image is damaged: a part of it is too short");
    return segment.bytes[segment.at++];
}

static int next_two(void)
{
    int high = next();
    return high << 8 | next();
}

static void quantisation(void)
{
    while (segment.at < segment.size) {
        int which = next(), table = which & 15;
        if (table > 3 || which >> 4 > 1)
            refuse(BAD_INPUT, "the image is damaged: no such table of steps");
        for (int i = 0; i < 64; i++)
            steps[table][zigzag[i]] = (uint16_t)(which >> 4 ? next_two() : next());
        has_steps[table] = 1;
    }
}

static void huffman(void)
{
    while (segment.at < segment.size) {
        int which = next(), total = 0;
        if (which >> 4 > 1 || (which & 15) > 3)
            refuse(BAD_INPUT, "the image is damaged: no such code");
        struct words_of *code = &jpeg.codes[which >> 4][which & 15];
        memset(code, 0, sizeof *code);
        for (int length = 1; length <= 16; length++)
            total += code->count[length] = (uint16_t)next();
        if (total > 256)
            refuse(BAD_INPUT, "the image is damaged: a code has too many words");
        for (int i = 0; i < total; i++)
            code->symbols[i] = (uint8_t)next();
    }
}

static uint32_t parts(uint64_t whole, uint64_t part)
{
    return (uint32_t)((whole + part - 1) / part);
}

static void frame(void)
{
    if (jpeg.count)
        refuse(BAD_INPUT, "the image is damaged: it has two sizes");
    int depth = next();
    jpeg.height = (uint32_t)next_two();
    jpeg.width = (uint32_t)next_two();
    int count = next();
    if (depth != 8)
        refuse(BAD_INPUT, "JPEG images with %d bits are not read", depth);
    if (count != 1 && count != 3)
        refuse(BAD_INPUT, "JPEG images with %d channels are not read; save it as RGB", count);
    if (!jpeg.width || !jpeg.height)
        refuse(BAD_INPUT, "the image has no pixels");
    jpeg.count = count;
    for (int i = 0; i < count; i++) {
        struct channel *channel = &jpeg.channels[i];
        channel->name = next();
        int factors = next();
        channel->across = factors >> 4;
        channel->down = factors & 15;
        channel->steps = next();
        if (channel->across < 1 || channel->across > 4 || channel->down < 1 || channel->down > 4 ||
            channel->steps > 3)
            refuse(BAD_INPUT, "the image is damaged: a channel has no proper size");
        if (count == 1) // one channel is as large as the image, whatever it says
            channel->across = channel->down = 1;
        if (channel->across > jpeg.across)
            jpeg.across = channel->across;
        if (channel->down > jpeg.down)
            jpeg.down = channel->down;
    }
    jpeg.units_across = parts(jpeg.width, 8 * (uint64_t)jpeg.across);
    jpeg.units_down = parts(jpeg.height, 8 * (uint64_t)jpeg.down);
}

static void make_room(void)
{
    if ((uint64_t)jpeg.width * jpeg.height > MOST_HELD)
        refuse(BAD_INPUT, "the image is too large: %u x %u pixels", (unsigned)jpeg.width,
               (unsigned)jpeg.height);
    for (int i = 0; i < jpeg.count; i++) {
        struct channel *channel = &jpeg.channels[i];
        uint64_t across = (uint64_t)channel->across, down = (uint64_t)channel->down;
        channel->stride = jpeg.units_across * (uint32_t)channel->across;
        channel->blocks_across = parts(parts(jpeg.width * across, (uint64_t)jpeg.across), 8);
        channel->blocks_down = parts(parts(jpeg.height * down, (uint64_t)jpeg.down), 8);
        channel->numbers = reserve((uint64_t)channel->stride * jpeg.units_down * down, 128);
        channel->samples = reserve((uint64_t)channel->stride * 8, 8 * down);
    }
}

static void scan(void)
{
    struct scan scan = {0};
    scan.count = next();
    if (scan.count < 1 || scan.count > jpeg.count)
        refuse(BAD_INPUT, "the image is damaged: a scan has no proper channels");
    for (int i = 0; i < scan.count; i++) {
        int name = next(), codes = next();
        for (int j = 0; j < jpeg.count; j++)
            if (jpeg.channels[j].name == name)
                scan.channels[i] = &jpeg.channels[j];
        if (!scan.channels[i] || codes >> 4 > 3 || (codes & 15) > 3)
            refuse(BAD_INPUT, "the image is damaged: a scan has no proper channels");
        for (int j = 0; j < i; j++)
            if (scan.channels[j] == scan.channels[i])
                refuse(BAD_INPUT, "the image is damaged: a scan has a channel twice");
        scan.channels[i]->dc = &jpeg.codes[0][codes >> 4];
        scan.channels[i]->ac = &jpeg.codes[1][codes & 15];
    }
    scan.from = next();
    scan.to = next();
    int bits = next();
    scan.before = bits >> 4;
    scan.shift = bits & 15;
    int is_whole = !scan.from && scan.to == 63 && !bits;
    int is_part = scan.from ? scan.count == 1 && scan.from <= scan.to && scan.to < 64 : !scan.to;
    if (!(jpeg.progressive ? is_part && scan.shift < 14 : is_whole))
        refuse(BAD_INPUT, "the image is damaged: a scan is of nothing");
    scan.zigzag = zigzag;
    jpeg_scan(&jpeg, &scan);
}

// ----- from numbers to pixels

static void wave(float out[8], const float in[8], const float table[8][8])
{
    for (int x = 0; x < 8; x++) {
        float sum = 0;
        for (int u = 0; u < 8; u++)
            sum += in[u] * table[u][x];
        out[x] = sum;
    }
}

static void samples_of(uint8_t *out, size_t stride, const int16_t *numbers, const uint16_t *step)
{
    // cos((2 x + 1) u pi / 16) / 2, with the first row at half the square root of a half.
    static const float c[8] = {0.35355339F, 0.49039264F, 0.46193977F, 0.41573481F,
                               0.35355339F, 0.27778512F, 0.19134172F, 0.09754516F};
    static float table[8][8];
    if (table[0][0] == 0)
        for (int u = 0; u < 8; u++)
            for (int x = 0; x < 8; x++) {
                int turn = u ? (2 * x + 1) * u % 32 : 4; // in sixteenths of half a circle
                int fold = turn > 16 ? 32 - turn : turn;
                table[u][x] = fold == 8 ? 0 : fold < 8 ? c[fold] : -c[16 - fold];
            }
    float rows[8][8], column[8], turned[8][8];
    for (int y = 0; y < 8; y++) {
        float values[8];
        for (int x = 0; x < 8; x++)
            values[x] = (float)(numbers[8 * y + x] * step[8 * y + x]);
        wave(rows[y], values, table);
    }
    for (int x = 0; x < 8; x++) {
        for (int y = 0; y < 8; y++)
            column[y] = rows[y][x];
        wave(turned[x], column, table);
    }
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            float value = turned[x][y] + 128.5F;
            out[(size_t)y * stride + (size_t)x] =
                (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
}

static uint8_t clamped(float value)
{
    return (uint8_t)(value < 0 ? 0 : value > 254.5F ? 255 : value + 0.5F);
}

static void colour_row(uint8_t *pixel, size_t y)
{
    for (size_t x = 0; x < jpeg.width; x++, pixel += 4) {
        uint8_t values[3];
        for (int i = 0; i < jpeg.count; i++) {
            const struct channel *channel = &jpeg.channels[i];
            size_t row = y * (size_t)channel->down / (size_t)jpeg.down;
            size_t place = x * (size_t)channel->across / (size_t)jpeg.across;
            values[i] = channel->samples[row * channel->stride * 8 + place];
        }
        if (jpeg.count == 1)
            memset(pixel, values[0], 3);
        else if (jpeg.is_rgb)
            memcpy(pixel, values, 3);
        else {
            float light = values[0], blue = (float)values[1] - 128, red = (float)values[2] - 128;
            pixel[0] = clamped(light + 1.402F * red);
            pixel[1] = clamped(light - 0.344136F * blue - 0.714136F * red);
            pixel[2] = clamped(light + 1.772F * blue);
        }
        pixel[3] = 255;
    }
}

static struct image finished(struct box box)
{
    struct scaler scaler;
    scaler_begin(&scaler, jpeg.width, jpeg.height, box.width, box.height);
    uint8_t *pixels = reserve(jpeg.width, 4);
    for (int i = 0; i < jpeg.count; i++)
        if (!has_steps[jpeg.channels[i].steps])
            refuse(BAD_INPUT, "the image is damaged: a table of steps is missing");
    for (size_t unit = 0; unit < jpeg.units_down; unit++) {
        for (int i = 0; i < jpeg.count; i++) {
            struct channel *channel = &jpeg.channels[i];
            size_t stride = channel->stride, down = (size_t)channel->down;
            for (size_t y = 0; y < down; y++)
                for (size_t x = 0; x < stride; x++)
                    samples_of(channel->samples + y * stride * 64 + x * 8, stride * 8,
                               channel->numbers + ((unit * down + y) * stride + x) * 64,
                               steps[channel->steps]);
        }
        for (size_t y = 0; y < 8 * (size_t)jpeg.down && scaler.row < jpeg.height; y++) {
            colour_row(pixels, y);
            scaler_row(&scaler, pixels);
        }
    }
    return scaler.image;
}

struct image jpeg_read(FILE *file, struct box box, char kind[64], struct box *size)
{
    jpeg.file = file;
    for (int scans = 0;;) {
        int marker = next_marker();
        if (marker == 0xd9 && scans)
            return finished(box);
        if (marker == 0xd9)
            refuse(BAD_INPUT, "the image is damaged: it has no pixels");
        if ((marker >= 0xd0 && marker <= 0xd8) || marker == 1)
            continue;
        read_segment();
        if (marker == 0xdb)
            quantisation();
        else if (marker == 0xc4)
            huffman();
        else if (marker == 0xdd)
            jpeg.restart = (uint32_t)next_two();
        else if (marker == 0xee && segment.size >= 12 && !memcmp(segment.bytes, "Adobe", 5))
            jpeg.is_rgb = !segment.bytes[11];
        else if (marker >= 0xc0 && marker <= 0xc2) {
            jpeg.progressive = marker == 0xc2;
            frame();
            *size = (struct box){jpeg.width, jpeg.height};
            snprintf(kind, 64, "JPEG, %s, 8 bit", jpeg.count == 1 ? "grey" : "colour");
            if (!box.width)
                return (struct image){0};
            make_room();
        } else if (marker >= 0xc3 && marker <= 0xcf && marker != 0xc8 && marker != 0xcc)
            refuse(BAD_INPUT, "JPEG images of kind %d are not read; save it as a usual one",
                   marker - 0xc0);
        else if (marker == 0xcc)
            refuse(BAD_INPUT, "JPEG images with arithmetic coding are not read");
        else if (marker == 0xda) {
            if (!jpeg.count || ++scans > MOST_SCANS)
                refuse(BAD_INPUT, "the image is damaged: its scans are not right");
            scan();
        }
    }
}
