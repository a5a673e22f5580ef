#pragma once

#include <stdio.h>

#include "scale.h"

// Reads a JPEG image (ITU-T T.81: baseline and progressive, grey or in colours) after its first two
// bytes. With a box of nothing only its head is read. `kind` gets what it is, in words.
struct image jpeg_read(FILE *file, struct box box, char kind[64], struct box *size);
