#include "shim.h"

/* A request's memory: first the small place where the host wrote the request, then what is behind
   all data, up to what the link allows. */

static u8 quick[QUICK + 4096];

extern u8 __heap_base;
static u32 top, end;

void memory_reset(u32 used) {
    top = (u32)quick + used;
    end = (u32)quick + sizeof quick;
}

void *take(u32 size) {
    u32 at = (top + 7) & ~7u, after = at + size;
    if (after < at) TRAP();
    if (after > end) {
        if (end <= (u32)quick + sizeof quick) {
            at = ((u32)&__heap_base + 7) & ~7u;
            after = at + size;
            if (after < at) TRAP();
        }
        u32 there = (u32)__builtin_wasm_memory_size(0) << 16;
        if (after > there) {
            u32 pages = (after - there + 65535) >> 16;
            if (__builtin_wasm_memory_grow(0, pages) == NONE) TRAP();
        }
        end = (u32)__builtin_wasm_memory_size(0) << 16;
    }
    top = after;
    return (void *)at;
}

u32 quick_place(void) { return (u32)quick; }
