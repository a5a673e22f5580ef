"""A library in plain C with values of each kind, and the WIT that its header becomes."""

VALUES_H = """#ifndef VALUES_H
#define VALUES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define NAME_MAX_SIZE 8

/** How loud. */
typedef enum { LEVEL_LOW = 1, LEVEL_HIGH = 10, LEVEL_TOP = LEVEL_HIGH } level_t;
enum rights { RIGHTS_NONE, RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_RUN = 4 };

/** A place. */
struct point {
    int32_t x, y; /**< in steps */
};

typedef struct {
    const char *title;
    char *note;
    struct point at;
    level_t level;
    char name[NAME_MAX_SIZE];
    uint8_t key[3];
    const double *weights;
    size_t n_weights;
} entry;

int64_t add(int8_t a, uint16_t b, long c, unsigned long long d);
double half(float number);
bool both(bool one, bool other);
level_t louder(level_t level);
enum rights swapped(enum rights given);
struct point moved(struct point from, const struct point *by);

/**
 * Says it again.
 * @param text what to say
 * @return memory of malloc
 */
char *twice(const char *text);
const char *greeting(void);
/** The text after a letter, or NULL. */
const char *after(const char *text, char letter);
/** @param name nobody's where it is NULL */
int letters(const char *name);

uint32_t sum(const uint32_t *values, size_t values_len);
char *joined(const char *const *words, size_t words_len, const char *between);
uint8_t *repeated(const void *data, size_t size, uint8_t times, size_t *out_size);
char **split(const char *text, size_t *out_count);
struct point *line(struct point to, size_t *count);
void reverse(int16_t *values, size_t count);
double dot(int n, const double one[n], const double other[n], const double more[static 3]);
int fill(uint8_t *out, size_t out_size, uint8_t with);
int packed(uint8_t *dest, unsigned *dest_len, const uint8_t *source, size_t source_len);

int divide(int a, int b, int *out_quotient, int *out_rest);
void grow(struct point *where);
int parse(const char *text, struct point *result);
int lookup(int key, char **out);
entry changed(const entry *from);

int corners(int count, struct point **out, size_t *out_len);
typedef struct {
    struct point *corners;
    size_t corner_count, n_corners;
    const struct point *middle;
    enum rights rights[2];
    char *tags[2];
} shape;
shape widened(const shape *from, const shape *others, size_t others_len);

static inline int inside(int a) { return a; }
int _internal(void);
#endif
"""
VALUES_C = r"""#include "values.h"
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
int64_t add(int8_t a, uint16_t b, long c, unsigned long long d) { return a + b + c + (int64_t)d; }
double half(float number) { return number / 2; }
bool both(bool one, bool other) { return one && other; }
level_t louder(level_t level) { return level == LEVEL_LOW ? LEVEL_HIGH : LEVEL_LOW; }
enum rights swapped(enum rights given) { return given ^ 7; }
struct point moved(struct point from, const struct point *by)
{
    return (struct point){from.x + by->x, from.y + by->y};
}
char *twice(const char *text)
{
    char *made = malloc(2 * strlen(text) + 1);
    return strcat(strcpy(made, text), text);
}
const char *greeting(void) { return "hello"; }
const char *after(const char *text, char letter)
{
    const char *found = strchr(text, letter);
    return found ? found + 1 : NULL;
}
int letters(const char *name) { return name ? (int)strlen(name) : -1; }
uint32_t sum(const uint32_t *values, size_t count)
{
    uint32_t sum = 0;
    while (count-- > 0)
        sum += values[count];
    return sum;
}
char *joined(const char *const *words, size_t count, const char *between)
{
    char *made = calloc(1, 1000);
    for (size_t i = 0; i < count; i++)
        strcat(strcat(made, i ? between : ""), words[i]);
    return made;
}
uint8_t *repeated(const void *data, size_t size, uint8_t times, size_t *out_size)
{
    uint8_t *made = malloc(size * times);
    for (int i = 0; i < times; i++)
        memcpy(made + i * size, data, size);
    *out_size = size * times;
    return made;
}
char **split(const char *text, size_t *out_count)
{
    char **made = malloc(strlen(text) * sizeof *made);
    for (*out_count = 0; *text != 0; text++)
        made[(*out_count)++] = strndup(text, 1);
    return made;
}
struct point *line(struct point to, size_t *count)
{
    struct point *made = malloc(to.x * sizeof *made);
    for (int i = 0; i < to.x; i++)
        made[i] = (struct point){i, to.y};
    *count = to.x;
    return made;
}
void reverse(int16_t *values, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        int16_t kept = values[i];
        values[i] = values[count - 1 - i];
        values[count - 1 - i] = kept;
    }
}
double dot(int n, const double *one, const double *other, const double *more)
{
    double sum = more[2];
    for (int i = 0; i < n; i++)
        sum += one[i] * other[i];
    return sum;
}
int fill(uint8_t *out, size_t out_size, uint8_t with)
{
    memset(out, with, out_size);
    return 0;
}
int packed(uint8_t *dest, unsigned *dest_len, const uint8_t *source, size_t source_len)
{
    if (*dest_len < source_len / 2)
        return -1;
    *dest_len = source_len / 2;
    memcpy(dest, source, *dest_len);
    return 0;
}
int divide(int a, int b, int *out_quotient, int *out_rest)
{
    if (b == 0)
        return -1;
    *out_quotient = a / b;
    *out_rest = a % b;
    return 0;
}
void grow(struct point *where) { where->x *= 2, where->y *= 3; }
int parse(const char *text, struct point *result)
{
    return sscanf(text, "%d,%d", &result->x, &result->y) == 2 ? 0 : -1;
}
int lookup(int key, char **out)
{
    if (key < 0)
        return 1;
    *out = strdup("found");
    return 0;
}
int corners(int count, struct point **out, size_t *out_len)
{
    size_t length;
    *out = line((struct point){count, 5}, &length);
    *out_len = length;
    return count;
}
shape widened(const shape *from, const shape *others, size_t others_len)
{
    static struct point middle = {8, 9};
    shape made = {.middle = &middle, .rights = {from->rights[1], from->rights[0] | RIGHT_RUN}};
    made.corner_count = others_len;
    made.corners = line((struct point){from->n_corners, from->middle->y}, &made.n_corners);
    made.tags[0] = twice(from->tags[1]);
    made.tags[1] = twice(others_len ? others[others_len - 1].tags[0] : "");
    return made;
}
entry changed(const entry *from)
{
    static double weights[] = {0.5, 0.25};
    entry made = *from;
    made.note = twice(from->note);
    made.at.x++;
    made.level = louder(from->level);
    strcat(made.name, "!");
    made.key[0] += 1;
    if (from->n_weights == 0)
        made.weights = weights, made.n_weights = 2;
    return made;
}
"""


VALUES_WIT = """  /// How loud.
  enum level {
    low,
    high,
  }
  flags rights {
    read,
    write,
    run,
  }
  /// A place.
  record point {
    /// in steps
    x: s32,
    /// in steps
    y: s32,
  }
  record entry {
    title: string,
    note: string,
    at: point,
    level: level,
    name: string,
    key: list<u8>,
    weights: list<f64>,
  }
  record shape {
    corners: list<point>,
    corner-count: u32,
    middle: point,
    rights: list<rights>,
    tags: list<string>,
  }
  add: func(a: s8, b: u16, c: s32, d: u64) -> s64;
  half: func(number: f32) -> f64;
  both: func(one: bool, other: bool) -> bool;
  louder: func(level: level) -> level;
  swapped: func(given: rights) -> rights;
  moved: func(%from: point, by: point) -> point;
  /// Says it again.
  ///
  /// Returns memory of malloc
  twice: func(text: string) -> string;
  greeting: func() -> string;
  /// The text after a letter, or NULL.
  after: func(text: string, letter: s8) -> option<string>;
  letters: func(name: option<string>) -> s32;
  sum: func(values: list<u32>) -> u32;
  joined: func(words: list<string>, between: string) -> string;
  repeated: func(data: list<u8>, times: u8) -> list<u8>;
  split: func(text: string) -> list<string>;
  line: func(to: point) -> list<point>;
  reverse: func(values: list<s16>) -> list<s16>;
  dot: func(one: list<f64>, other: list<f64>, more: list<f64>) -> f64;
  fill: func(out-size: u32, %with: u8) -> tuple<s32, list<u8>>;
  packed: func(dest-len: u32, source: list<u8>) -> tuple<s32, list<u8>>;
  divide: func(a: s32, b: s32) -> tuple<s32, s32, s32>;
  grow: func(where: point) -> point;
  parse: func(text: string) -> tuple<s32, point>;
  lookup: func(key: s32) -> tuple<s32, option<string>>;
  changed: func(%from: entry) -> entry;
  corners: func(count: s32) -> tuple<s32, list<point>>;
  widened: func(%from: shape, others: list<shape>) -> shape;"""
