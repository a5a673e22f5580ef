/* Made by wherever from HEADER; a build makes it anew. */
#pragma clang diagnostic ignored "-Weverything"
#include <stdlib.h>
#include <string.h>
#include "world.h"
#include "HEADER"

/* A pointer is set whatever it points to, in C and in C++. */
#define adapt_set(pointer, to) (*(void **)&(pointer) = (void *)(to))

static void *adapt_room(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        __builtin_trap();
    return memset(wit_alloc(count * size + 1), 0, count * size);
}

static void *adapt_storage(size_t size)
{
    void *made = calloc(1, size);
    if (made == NULL)
        __builtin_trap();
    return made;
}

static void *adapt_bytes_copied(const void *from, size_t count, size_t size)
{
    void *made = adapt_room(count, size);
    return count == 0 ? made : memcpy(made, from, count * size);
}

static char *adapt_text_in(wit_string_t given)
{
    if (given.length != 0 && memchr(given.data, 0, given.length) != NULL)
        __builtin_trap();
    return wit_cstring(given);
}

static wit_string_t adapt_text_out(const char *value)
{
    if (value == NULL)
        __builtin_trap();
    return wit_string(value);
}

static wit_string_t adapt_text_copied(const char *value)
{
    wit_string_t made = adapt_text_out(value);
    made.data = (char *)adapt_bytes_copied(made.data, made.length, 1);
    return made;
}

static void adapt_letters_in(wit_string_t given, char *to, size_t size)
{
    if (given.length >= size || memchr(given.data, 0, given.length) != NULL)
        __builtin_trap();
    memcpy(to, given.data, given.length);
}

static wit_string_t adapt_letters_out(const char *value, size_t size)
{
    wit_string_t made;
    const char *end = (const char *)memchr(value, 0, size);
    made.length = end == NULL ? size : (size_t)(end - value);
    made.data = (char *)adapt_bytes_copied(value, made.length, 1);
    return made;
}
