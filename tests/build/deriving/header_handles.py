"""A library in plain C and C++ with handles, and with much that is left out of its world."""

HANDLES_H = """#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/** Counts. */
typedef struct counter counter;
counter *counter_new(uint32_t start);
/** A copy of it. */
counter *counter_clone(const counter *from);
uint32_t counter_next(counter *self);
int counter_is_same(const counter *one, const counter *other);
void counter_free(counter *self);
/** NULL where there is no such name. */
counter *counter_named(const char *name);
int counter_open(const char *name, counter **out);
unsigned counters_alive(void);

typedef struct { char *title; uint32_t pages; } book;
enum size { SIZE_SMALL = 3, SIZE_LARGE = 1 << 4 };
enum size counter_size(const counter *self, enum size least);
book *book_read(const char *text);
void book_free(book *self);
char *shouted(const char *text);
#define DIGEST_SIZE (2 * 2)
typedef struct { uint8_t sums[DIGEST_SIZE]; size_t at; } hash_ctx;
void hash_init(hash_ctx *ctx, uint8_t seed);
void hash_update(hash_ctx *ctx, const void *data, size_t len);
void hash_final(const hash_ctx *ctx, uint8_t out[DIGEST_SIZE]);
void hash_hex(const uint8_t digest[4], char out[9]);
void tools_free(void *memory);
unsigned frees(void);

typedef union { int number; float real; } number;
number number_of(int value);
typedef int (*visitor)(int value, void *user);
void visit(visitor each, void *user);
int print(const char *format, ...);
void copy(char *to, const char *from);
counter *counter_parent(counter *self);
const counter *counter_first(void);
struct list { struct list *next; };
int list_size(const struct list *list);
void digest(unsigned char to[]);
void scale(double *values, int dimensions);
extern int debug;
__attribute__((deprecated)) int older(void);
#ifdef __cplusplus
}
int of_cpp(int value);
#endif
"""
HANDLES_C = r"""#include "handles.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct counter { uint32_t value; };
static unsigned alive, freed;
counter *counter_new(uint32_t start)
{
    counter *made = (counter *)malloc(sizeof *made);
    made->value = start;
    alive++;
    return made;
}
counter *counter_clone(const counter *from) { return counter_new(from->value); }
uint32_t counter_next(counter *self) { return self->value++; }
int counter_is_same(const counter *one, const counter *other) { return one->value == other->value; }
enum size counter_size(const counter *self, enum size least)
{
    return self->value > 9 || least == SIZE_LARGE ? SIZE_LARGE : SIZE_SMALL;
}
void counter_free(counter *self) { free(self), alive--; }
counter *counter_named(const char *name) { return strcmp(name, "one") ? NULL : counter_new(1); }
int counter_open(const char *name, counter **out)
{
    *out = counter_named(name);
    return *out == NULL;
}
unsigned counters_alive(void) { return alive; }
void hash_init(hash_ctx *ctx, uint8_t seed) { ctx->sums[0] = seed; }
void hash_update(hash_ctx *ctx, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ctx->sums[ctx->at++ % DIGEST_SIZE] += ((const uint8_t *)data)[i];
}
void hash_final(const hash_ctx *ctx, uint8_t out[DIGEST_SIZE]) { memcpy(out, ctx->sums, 4); }
void hash_hex(const uint8_t digest[4], char out[9])
{
    for (int i = 0; i < 4; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
void tools_free(void *memory) { free(memory), freed++; }
unsigned frees(void) { return freed; }
book *book_read(const char *text)
{
    book *made = (book *)malloc(sizeof *made);
    made->title = strdup(text);
    made->pages = strlen(text);
    return made;
}
void book_free(book *self) { free(self->title), free(self), freed += 10; }
char *shouted(const char *text)
{
    char *made = strdup(text);
    for (char *at = made; *at != 0; at++)
        *at = toupper(*at);
    return made;
}
"""
HANDLES_WIT = """  /// Counts.
  resource counter {
    constructor(start: u32);
    /// A copy of it.
    clone: func() -> counter;
    next: func() -> u32;
    is-same: func(other: borrow<counter>) -> s32;
    size: func(least: size) -> size;
  }
  resource hash-ctx {
    constructor(seed: u8);
    update: func(data: list<u8>);
    final: func() -> list<u8>;
  }
  enum size {
    small,
    large,
  }
  record book {
    title: string,
    pages: u32,
  }
  /// NULL where there is no such name.
  counter-named: func(name: string) -> option<counter>;
  counter-open: func(name: string) -> tuple<s32, option<counter>>;
  counters-alive: func() -> u32;
  book-read: func(text: string) -> book;
  shouted: func(text: string) -> string;
  hash-hex: func(digest: list<u8>) -> string;
  frees: func() -> u32;"""
LEFT_OUT = [
    "{}: left out: debug (47): it is a variable; write a function that returns it",
    "{}: left out: older (48): it is deprecated; call what took its place",
    "{}: left out: number_of (36): number is a union; write a struct, or a function for each",
    "{}: left out: visit (38): it takes or gives a function; return all at once, as a list",
    "{}: left out: print (39): it takes any number of values; take them as a list:"
    " `const char *const *words, size_t words_len`",
    "{}: left out: copy (40): `char *to` does not say how much may be written there;"
    " write `const char *` for a text that is read, and return a `char *` of malloc",
    "{}: left out: counter_parent (41): nobody says who frees the counter * that it returns;"
    " have its name say new, create or copy, if its caller does",
    "{}: left out: counter_first (42): const counter * is lent, which a result cannot be;"
    " return a new one, or what others ask of it",
    "{}: left out: digest (45): `to` is an array that does not say its size;"
    " have its length follow it, or write how many it holds",
    "{}: left out: scale (46): `double *values` may be one or many; have its length follow it,"
    " or have its name say out",
    "{}: left out: list_size (44): next of struct list: struct list holds others of its kind;"
    " hold their numbers",
]
OF_CPP = '{}: left out: of_cpp (51): it is a function of C++; declare it in extern "C"'
