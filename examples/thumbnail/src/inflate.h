#pragma once

#include <stddef.h>
#include <stdint.h>

// Unpacks a zlib stream (RFC 1950 and 1951): asks for one byte after the other, hands on what it
// finds, and ends the program in words where the stream is not right.

struct stream {
    uint8_t (*next)(void *owner); // the next byte, or an end in words where there is none
    void (*take)(void *owner, const uint8_t *bytes, size_t count);
    void *owner;
};

void inflate(const struct stream *stream);
