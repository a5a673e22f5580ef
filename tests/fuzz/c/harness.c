/* Writes random bytes into a library that takes them for values, and looks at all that comes out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "fuzz.h"

extern void __sanitizer_set_death_callback(void (*)(void));

static unsigned long long seed, turn, calls, kept, refused;
static const char *now = "";
static volatile unsigned long long seen;
static int sinks;

static void dying(void) { fprintf(stderr, "seed %llu turn %llu: %s\n", seed, turn, now); }

#define check(what)                                   \
    do {                                              \
        if (!(what)) {                                \
            fprintf(stderr, "%s: not %s\n", now, #what); \
            dying();                                  \
            abort();                                  \
        }                                             \
    } while (0)
#define look(it) (seen += (unsigned long long)(it))

static void truth(const bool *it) { check(*(const unsigned char *)it < 2); }

static void text(const char *data, size_t length)
{
    check(data[length] == 0);
    for (size_t at = 0; at < length; at++)
        seen += (unsigned char)data[at];
}

static void owned(fuzz_t *h, fuzz_thing_t thing)
{
    uint32_t value;
    (void)fuzz_thing_value(h, thing, &value); /* an instance may have ended in between */
    (void)fuzz_thing_drop(h, thing);
    check(fuzz_thing_drop(h, thing) != FUZZ_OK);
}

/* What the library calls: each looks at what it is given. */
/* SINKS */

static int named(fuzz_t *handle, void *context, fuzz_string_t *result)
{
    (void)context;
    char *data = fuzz_alloc(handle, 300);
    calls++;
    memset(data, 'x', 300);
    *result = (fuzz_string_t){data, turn % 300};
    return 0;
}

static int numbers(fuzz_t *handle, void *context, fuzz_list_u64_t *result)
{
    static const uint64_t some[] = {1, 2, 3, UINT64_MAX};
    (void)handle, (void)context;
    calls++;
    *result = (fuzz_list_u64_t){some, turn % 4};
    return 0;
}

static int pairs(fuzz_t *handle, void *context, fuzz_list_types_pair_t *result)
{
    static const fuzz_types_pair_t some[] = {{{"one", 3}, 0}, {{"", 0}, 2}};
    (void)handle, (void)context;
    calls++;
    *result = (fuzz_list_types_pair_t){some, turn % 3};
    return 0;
}

static int sink_write(fuzz_t *handle, void *context, fuzz_host_sink_t self, fuzz_string_t said,
    uint32_t *result)
{
    (void)handle, (void)context;
    calls++;
    text(said.data, said.length);
    *result = (uint32_t)*(char *)self; /* faults where it is not there any more */
    return 0;
}

static void sink_drop(void *context, fuzz_host_sink_t self)
{
    (void)context;
    sinks--;
    free(self);
}

static fuzz_host_sink_t sink(void)
{
    sinks++;
    return calloc(1, 1);
}

static const fuzz_imports_t imports = {
    .sink_write = sink_write, .sink_drop = sink_drop, .name = named, .numbers = numbers,
    .pairs = pairs,
/* GIVEN */
};

/* Chance */

static unsigned long long state;

static uint32_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

#define DATA 65536u
#define END (3u * 65536u)

static uint32_t number(void)
{
    switch (chance() % 10) {
    case 0: return chance();
    case 1: return 0xffffffffu - chance() % 9;
    case 2: return END - chance() % 17;
    case 3: return 0x80000000u >> chance() % 32;
    case 4: case 5: return DATA + chance() % 512;
    case 6: return DATA + (chance() % 64) * 8;
    default: return chance() % 5;
    }
}

static void fill(uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at += 4) {
        uint32_t value = number();
        memcpy(data + at, &value, 4);
    }
    if (chance() % 4)
        data[0] &= (uint8_t)~1u; /* results are found */
    if (chance() % 3)
        data[0] &= (uint8_t)~2u; /* there is room */
}

static bool tried(int error)
{
    error == FUZZ_OK ? kept++ : refused++;
    return error == FUZZ_OK;
}

static void again(fuzz_t *h, uint8_t *data, size_t size)
{
    check(fuzz_reset(h) == FUZZ_OK);
    fill(data, size);
    check(fuzz_set(h, (fuzz_list_u8_t){data, size}) == FUZZ_OK);
}

static void all(fuzz_t *h)
{
    uint8_t data[1024];
#define h_again again(h, data, sizeof data)
#define tried(call) (h_again, (tried)(call))
/* TRIES */
    now = "call";
    (void)tried(fuzz_call(h));
    now = "ask";
    (void)tried(fuzz_ask(h));
    now = "handles";
    h_again;
    fuzz_thing_t one, other;
    if (fuzz_thing_new(h, 1, &one) == FUZZ_OK && fuzz_thing_new(h, 2, &other) == FUZZ_OK) {
        fuzz_host_sink_t lent = sink();
        (void)(tried)(fuzz_handles(h, one, lent, sink(), other));
        sink_drop(NULL, lent);
    }
    now = "strings";
    static const fuzz_string_t texts[] = {{"a", 1}, {"bcd", 3}};
    static const fuzz_types_pair_t named_pairs[] = {{{"one", 3}, 0}, {{"", 0}, 2}};
    static const uint64_t many[] = {1, 2, 3};
    fuzz_types_many_t value = {.tag = 3};
    uint32_t number_of;
    (void)tried(fuzz_strings(h, texts[1], (fuzz_list_string_t){texts, 2},
        (fuzz_list_types_pair_t){named_pairs, 2}, (fuzz_list_u64_t){many, 3}, &value, &number_of));
    now = "reset";
    check(fuzz_reset(h) == FUZZ_OK);
    check(sinks == 0);
}

int main(int count, char **words)
{
    if (count != 4)
        return 2;
    seed = strtoull(words[1], NULL, 10);
    double seconds = atof(words[2]);
    unsigned long long turns = strtoull(words[3], NULL, 10);
    __sanitizer_set_death_callback(dying);
    fuzz_options_t options = {.size = sizeof options, .imports = &imports,
        .memory_limit = 4 << 20, .timeout_ms = 2000};
    fuzz_t *h;
    check(fuzz_open(&options, &h, NULL) == FUZZ_OK);
    for (time_t end = time(NULL) + (time_t)seconds; turns ? turn < turns : time(NULL) < end; turn++) {
        state = (seed + 1) * 0x9e3779b97f4a7c15ull ^ (turn + 1) * 0xbf58476d1ce4e5b9ull;
        state = state ? state : 1;
        chance(), chance();
        all(h);
    }
    check(fuzz_close(h) == FUZZ_OK);
    printf("%llu turns: %llu values taken, %llu refused, %llu callbacks\n", turn, kept, refused,
        calls);
    return 0;
}
