#include "shim.h"

#define PO "wasi:io/poll#"
#define MC "wasi:clocks/monotonic-clock#"

/* More than these cannot be waited for at a time. */
#define MOST_WAITED 1024

u32 pollable_new(u8 kind, void *of, u64 when) {
    Pollable *made = take(sizeof *made);
    u32 handle = handle_new(POLLABLE, made);
    *made = (Pollable){when, kind, handle_arena(handle), of};
    return handle;
}

static u64 now(void) { return host_now(0); }

static int is_ready(Pollable *pollable) {
    switch (pollable->kind) {
    case CLOCK: return now() >= pollable->when;
    case STDIN: return stdin_ready();
    case IN_STREAM: arena_enter(pollable->arena); return source_ready(pollable->of);
    case FUTURE: arena_enter(pollable->arena); return future_ready(pollable->of);
    default: return 1;
    }
}

/* Waits until one of them may be ready; the host wakes us for less than that, too. */
static void wait(Pollable **all, u32 count) {
    arena_enter(0);
    Mark mark = arena_mark();
    u32 *streams = take(4 * count), waited = 0, is_own = 0;
    i64 until = -1;
    for (u32 n = 0; n < count; n++) {
        if (all[n]->kind == CLOCK) {
            i64 when = all[n]->when > 0x7fffffffffffffff ? 0x7fffffffffffffff : (i64)all[n]->when;
            if (until < 0 || when < until) until = when;
        } else if (all[n]->kind == IN_STREAM) streams[waited++] = ((Source *)all[n]->of)->stream;
        else if (all[n]->kind == FUTURE) streams[waited++] = future_stream(all[n]->of);
        else if (all[n]->kind == STDIN) is_own = 1;
    }
    push();
    host_op(OP_WAIT, is_own, streams, 4 * waited, until);
    arena_back(mark);
}

EXPORT(PO "[method]pollable.ready") u32 ready(u32 self) { return is_ready(handle_of(self, POLLABLE)); }

EXPORT(PO "[method]pollable.block") void block(u32 self) {
    Pollable *pollable = handle_of(self, POLLABLE);
    while (!is_ready(pollable)) wait(&pollable, 1);
}

EXPORT(PO "poll") void poll(u32 list, u32 count, u32 result) {
    if (!count || count > MOST_WAITED) TRAP();
    arena_begin();
    u32 *handles = take(4 * count), *found = take(4 * count), ready = 0;
    Pollable **all = take(count * sizeof *all);
    border_get(handles, list, 4 * count);
    for (u32 n = 0; n < count; n++) all[n] = handle_of(handles[n], POLLABLE);
    for (;;) {
        for (u32 n = 0; n < count; n++)
            if (is_ready(all[n])) found[ready++] = n;
        if (ready) break;
        wait(all, count);
    }
    u32 at = border_room(4, 4 * ready);
    border_put(at, found, 4 * ready);
    put_list(result, at, ready);
}

EXPORT(PO "[resource-drop]pollable") void drop_pollable(u32 self) { handle_drop(self, POLLABLE); }

EXPORT(MC "now") u64 monotonic_now(void) { return now(); }

EXPORT(MC "resolution") u64 monotonic_resolution(void) { return 1000; }

EXPORT(MC "subscribe-instant") u32 subscribe_instant(u64 when) {
    arena_begin();
    return pollable_new(CLOCK, 0, when);
}

EXPORT(MC "subscribe-duration") u32 subscribe_duration(u64 nanoseconds) {
    u64 when = now() + nanoseconds;
    arena_begin();
    return pollable_new(CLOCK, 0, when < nanoseconds ? ~0ull : when);
}
