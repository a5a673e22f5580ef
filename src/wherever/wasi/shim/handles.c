#include "shim.h"

/* A guest that asks for more handles than these is broken. */
#ifndef MOST_HANDLES
#define MOST_HANDLES 2000
#endif

typedef struct { void *of; u16 link; u8 kind; } Slot; /* link: the next free one, or its arena */

static Slot slots[MOST_HANDLES + 1];
static u32 used;
static u16 free_slots;

/* What may outlive a request has no memory of its own, or lies here. */
static int is_lasting(u8 kind) {
    return kind == NETWORK || kind == STDIN || kind == STDOUT || kind == STDERR || kind == TERMINAL ||
           kind == DESCRIPTOR || kind == FILE_IN || kind == FILE_OUT
#ifndef COMMAND
           || kind == ENTRIES
#endif
        ;
}

u32 handle_new(u8 kind, void *of) {
    may_call();
    u32 handle = free_slots;
    if (handle) free_slots = slots[handle].link;
    else if (used < MOST_HANDLES) handle = ++used;
    else TRAP();
    slots[handle] = (Slot){of, is_lasting(kind) ? 0 : arena_join(), kind};
    return handle;
}

u8 handle_kind(u32 handle) {
    may_call();
    return handle && handle <= used ? slots[handle].kind : FREE;
}

void *handle_of(u32 handle, u8 kind) {
    if (handle_kind(handle) != kind || kind == FREE) TRAP();
    arena_enter(slots[handle].link);
    return slots[handle].of;
}

u16 handle_arena(u32 handle) { return slots[handle].link; }

void handle_drop(u32 handle, u8 kind) {
    u8 is = handle_kind(handle);
    if (is == FREE || (is != kind && is != DEAD)) TRAP();
    arena_leave(slots[handle].link);
    slots[handle] = (Slot){0, free_slots, FREE};
    free_slots = (u16)handle;
}

void handles_end_request(void) {
    u32 left = 0;
    for (u32 handle = 1; handle <= used; handle++) {
        u8 kind = slots[handle].kind;
        if (kind == FREE) continue;
        if (!is_lasting(kind)) slots[handle] = (Slot){0, 0, DEAD};
        left++;
    }
    shim.is_worn = left > MOST_HANDLES / 2;
}
