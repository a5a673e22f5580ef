#pragma once

#include <stdint.h>
#include <stdio.h>

#include "scale.h"

// Reads a PNG image (ISO/IEC 15948) after its first two bytes, and writes one.

// Reads the image and makes it fit into the box. With a box of nothing only the head is read.
// `kind` gets what it is, in words.
struct image png_read(FILE *file, struct box box, char kind[64], struct box *size);

// Writes an image: grey, with colours or with alpha, as few channels as its pixels need.
void png_write(const struct image *image, FILE *file);

uint32_t png_sum(uint32_t sum, const uint8_t *bytes, size_t count);
