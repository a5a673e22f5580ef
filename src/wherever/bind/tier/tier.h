/* What the glue of each module and the functions over it know of each other. */
#ifndef TIER_H
#define TIER_H

#include <stddef.h>
#include <stdint.h>

#include "support.h"
#include "wasm-rt-exceptions.h"

/* A value that crosses. */
typedef union {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
} slot;

typedef void (*any_code)(void);

/* A function of a guest or of the host.

   type: kinds of its parameters, ">", and of its results.
   enter: calls it with slots.
   code: calls it as C does, with `self` before its parameters. */
struct function {
    const char *type;
    void (*enter)(const struct function *function, slot *slots);
    any_code code;
    void *self;
    void *(*callback)(void *environment, void *caller, slot *slots, size_t count);
    void *environment;
};

/* How functions of a type are called, and how C calls one of the host that has it. */
struct shape {
    const char *type;
    void (*enter)(const struct function *function, slot *slots);
    any_code host;
};

struct wanted {
    const char *name, *type;
    uint8_t kind;
    uint64_t low, high; /* limits of a memory's pages, or of a table's elements */
};

struct exported {
    const char *name;
    size_t name_size;
    uint8_t kind;
    const char *type;
    void (*enter)(const struct function *function, slot *slots);
    any_code code;
    uint64_t high; /* what it may grow to; of a global, its type */
};

struct module {
    size_t size, given_size;
    const struct wanted *wanted;
    size_t wanted_count;
    const struct exported *exports;
    size_t export_count;
    void (*begin)(void *self, void *given, void *const *items);
    void (*end)(void *self);
};

extern const struct shape tier_shapes[];
extern const struct module *const tier_modules[];
extern const size_t tier_module_count;

void tier_call_host(const struct function *function, slot *slots, size_t count);

typedef struct rt_handle rt_handle;

#endif
