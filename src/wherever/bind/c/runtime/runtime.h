/* A handle's own parts, which are the same in every library: what runtime.c and wasi.c work on. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "wasm-rt-exceptions.h"

/* As the header has them, where each has the library's name before it. */
enum {
    RT_OK, RT_TRAP, RT_INTERRUPTED, RT_TIMEOUT, RT_STACK, RT_MEMORY, RT_INVALID, RT_EXIT,
    RT_IMPORT, RT_ENDED, RT_BUSY, RT_ARGUMENT, RT_SYSTEM
};

enum { RT_IDLE, RT_ENTERING, RT_RUNNING, RT_STOPPING, RT_STOPPED };

#define RT_INSTANCES 16

/* Memory that is taken bit by bit and given back at once. */
struct rt_block {
    struct rt_block *next;
    size_t size, used;
    _Alignas(16) unsigned char data[];
};
struct rt_arena {
    struct rt_block *blocks;
    uint64_t total;
};

/* What a number that stands for a resource means. */
struct rt_slot {
    uint8_t what; /* RT_FREE ... */
    uint32_t type;
    uint32_t turn; /* how often it was given out */
    uint32_t lent; /* the callback that has it for as long as it runs */
    union {
        uint32_t guest;
        void *host;
    } is;
};
enum { RT_FREE, RT_OWN, RT_BORROW };
struct rt_table {
    struct rt_slot *slots;
    uint32_t count, free;
};

typedef struct rt_handle {
    _Atomic int state, why;
    int ended;
    jmp_buf jump;
    wasm_rt_jmp_buf thrown;
    wasm_rt_jmp_buf *outer_thrown;
    struct rt_handle *outer;
    guest_limit *limits[RT_INSTANCES];
    wasm_rt_memory_t *memory;
    uint32_t (*realloc)(struct rt_handle *, uint32_t align, uint32_t size);
    /* How much it may use. */
    uint64_t memory_most, memory_used;
    size_t stack_most;
    uint32_t timeout_ms;
    void (*output)(void *context, int stream, const char *data, size_t length);
    void *context;
    /* What callers get, until the next result; what callbacks get, until they return. */
    struct rt_arena results, scratch;
    struct rt_table guests, hosts; /* as the guest numbers resources, and as callers do */
    uint32_t borrowed, callbacks;
    bool lowering, is_alone; /* alone: where the guest must not call out */
    /* While a call has a deadline. */
    uint64_t deadline;
    struct rt_handle *before, *after;
    bool is_watched;
    char message[256];
} rt_handle;

WASM_RT_NO_RETURN static void rt_fail(rt_handle *h, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
