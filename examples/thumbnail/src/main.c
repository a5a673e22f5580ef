#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jpeg.h"
#include "png.h"
#include "words.h"

static const char usage[] =
    "thumbnail: makes an image small\n"
    "\n"
    "  thumbnail [--size N|WxH] [IN [OUT]]   a PNG that fits into the box (128 x 128)\n"
    "  thumbnail --show [--size N|WxH] [IN]  the same as characters, from dark to light\n"
    "  thumbnail --info [IN]                 what kind of image it is, and its size\n"
    "\n"
    "IN is a PNG or a JPEG. Without IN, or with -, it comes from stdin; without OUT the\n"
    "result goes to stdout. The shape is kept, and nothing is made larger.\n";

enum { MOST_BOX = 4096 };

static uint32_t side(const char **text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(*text, &end, 10);
    int is_number = end != *text && **text >= '0' && **text <= '9';
    if (!is_number || errno || !value || value > MOST_BOX)
        refuse(BAD_USAGE, "--size takes N or WxH, each from 1 to %d", MOST_BOX);
    *text = end;
    return (uint32_t)value;
}

static struct box box_of(const char *text)
{
    struct box box;
    box.width = box.height = side(&text);
    if (*text == 'x') {
        text++;
        box.height = side(&text);
    }
    if (*text)
        refuse(BAD_USAGE, "--size takes N or WxH, each from 1 to %d", MOST_BOX);
    return box;
}

static FILE *opened(const char *path, const char *mode, FILE *otherwise)
{
    if (!path || !strcmp(path, "-"))
        return otherwise;
    FILE *file = fopen(path, mode);
    if (!file)
        refuse(BAD_INPUT, "%s", strerror(errno));
    struct stat what;
    if (!fstat(fileno(file), &what) && S_ISDIR(what.st_mode))
        refuse(BAD_INPUT, "it is a folder");
    return file;
}

static struct image read_image(FILE *file, struct box box, char kind[64], struct box *size)
{
    uint8_t start[2];
    size_t count = fread(start, 1, sizeof start, file);
    if (ferror(file))
        refuse(BAD_INPUT, "%s", strerror(errno));
    if (!count)
        refuse(BAD_INPUT, "there is nothing in it");
    if (count == 2 && start[0] == 0x89 && start[1] == 'P')
        return png_read(file, box, kind, size);
    if (count == 2 && start[0] == 0xff && start[1] == 0xd8)
        return jpeg_read(file, box, kind, size);
    refuse(BAD_INPUT, "it is neither a PNG nor a JPEG image");
}

static void show(const struct image *image, FILE *file)
{
    static const char shades[] = " .:-=+*#%@";
    const uint8_t *pixel = image->pixels;
    for (uint32_t y = 0; y < image->height; y++) {
        for (uint32_t x = 0; x < image->width; x++, pixel += 4) {
            // How bright the eye takes red, green and blue for, in thousandths.
            int light = (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) / 1000 * pixel[3] / 255;
            char shade = shades[light * 10 / 256];
            fputc(shade, file);
            fputc(shade, file); // a character is about twice as high as wide
        }
        fputc('\n', file);
    }
}

int main(int argc, char **argv)
{
    struct box box = {128, 128}, size;
    int only_info = 0, as_text = 0, given = 0;
    const char *paths[2] = {NULL, NULL};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
            fputs(usage, stdout);
            return 0;
        }
        if (!strcmp(word, "--info"))
            only_info = 1;
        else if (!strcmp(word, "--show"))
            as_text = 1;
        else if (!strcmp(word, "--size") && i + 1 < argc)
            box = box_of(argv[++i]);
        else if (word[0] == '-' && word[1])
            refuse(BAD_USAGE, "there is no option %s, or it lacks its value; try --help", word);
        else if (given == (only_info || as_text ? 1 : 2))
            refuse(BAD_USAGE, "there are too many paths; try --help");
        else
            paths[given++] = word;
    }
    subject = paths[0] && strcmp(paths[0], "-") ? paths[0] : "stdin";
    char kind[64];
    FILE *file = opened(paths[0], "rb", stdin);
    if (only_info)
        box = (struct box){0, 0};
    struct image image = read_image(file, box, kind, &size);
    subject = paths[1] ? paths[1] : "stdout";
    FILE *out = opened(paths[1], "wb", stdout);
    if (only_info)
        printf("%s, %u x %u\n", kind, (unsigned)size.width, (unsigned)size.height);
    else if (as_text)
        show(&image, out);
    else
        png_write(&image, out);
    if (fflush(out) || ferror(out))
        refuse(BAD_INPUT, "%s", strerror(errno));
    return 0;
}
