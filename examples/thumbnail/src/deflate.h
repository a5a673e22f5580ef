#pragma once

#include <stddef.h>
#include <stdint.h>

// Packs bytes into a zlib stream with the code that needs no table; the caller frees it.
uint8_t *deflate(const uint8_t *bytes, size_t count, size_t *size);
