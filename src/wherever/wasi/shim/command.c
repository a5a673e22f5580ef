#include "shim.h"
#include "preview1.h"

/* A command: what it asks of the host is preview 1, but for the network. Its main function is in the
   slot of our table that the link leaves free for it. */

#define SLOT_HANDLE 61
#define SLICE_NS 20000000

Shim shim;

__attribute__((import_module("wherever:net"), import_name("op")))
i64 net_op(u32 kind, u32 stream, const void *buffer, u32 size, i64 arg);

/* Failures of the network come as -100 less the number of an error-code. */
static i64 ask_net(u32 kind, u32 stream, const void *buffer, u32 size, i64 arg) {
    i64 result = net_op(kind, stream, buffer, size, arg);
    if (result > -100) return result;
    shim.error = (u32)(-100 - result);
    return -1;
}

u64 host_now(u32 wall) {
    u64 found = 0;
    p1_clock_time_get(wall ? P1_REALTIME : P1_MONOTONIC, 1, &found);
    return found;
}

/* Waits for a moment, for stdin, or for both; a negative time has no end. */
static void wait_here(i64 nanoseconds, int for_stdin) {
    P1Subscription all[2];
    P1Event events[2];
    u32 count = 0;
    if (nanoseconds >= 0)
        all[count++] = (P1Subscription){
            .tag = P1_CLOCK, .clock = P1_MONOTONIC, .timeout = (u64)nanoseconds};
    if (for_stdin) all[count++] = (P1Subscription){.tag = P1_FD_READ};
    u32 found;
    if (count) p1_poll_oneoff(all, events, count, &found);
}

int stdin_ready(void) {
    P1Subscription all[2] = {{.tag = P1_CLOCK, .clock = P1_MONOTONIC}, {.tag = P1_FD_READ}};
    P1Event events[2];
    u32 count = 0;
    if (p1_poll_oneoff(all, events, 2, &count)) return 1;
    for (u32 n = 0; n < count; n++)
        if (events[n].tag == P1_FD_READ) return 1;
    return 0;
}

static i64 wait_for(u32 is_own, const void *streams, u32 size, i64 until) {
    i64 left = -1;
    if (until >= 0) {
        u64 now = host_now(0);
        left = (u64)until > now ? until - (i64)now : 0;
    }
    if (!size) {
        if (left < 0 && !is_own) TRAP(); /* for nothing, for ever */
        wait_here(left, (int)is_own);
        return 0;
    }
    /* Nobody waits for both: what comes on stdin is looked for again and again. */
    if (is_own && (left < 0 || left > SLICE_NS)) left = SLICE_NS;
    return ask_net(OP_WAIT, 0, streams, size, left);
}

i64 host_op(u32 kind, u32 stream, const void *buffer, u32 size, i64 arg) {
    may_call();
    switch (kind) {
    case OP_WAIT: return wait_for(stream, buffer, size, arg);
    case OP_RANDOM: return p1_random_get((void *)buffer, size) ? -1 : 0;
    case OP_READ: case OP_WRITE: case OP_FINISH: case OP_TRAILERS:
        return stream ? ask_net(kind, stream, buffer, size, arg) : -1;
    case OP_FETCH: case OP_ANSWERED: case OP_CLOSE: return ask_net(kind, stream, buffer, size, arg);
    default: return -1;
    }
}

Text texts(u32 which) {
    u32 count, size, error;
    error = which ? p1_args_sizes_get(&count, &size) : p1_environ_sizes_get(&count, &size);
    if (error) TRAP();
    u8 **at = take(4 * count), *all = take(size);
    if (which ? p1_args_get(at, all) : p1_environ_get(at, all)) TRAP();
    /* A variable's name is one text, its value is another. */
    for (u32 n = 0; !which && n < count; n++)
        for (u8 *letter = at[n];; letter++)
            if (!*letter || *letter == '=') {
                *letter = 0;
                break;
            }
    return (Text){all, size};
}

int is_terminal(u32 stream) {
    P1Fdstat stat;
    return !p1_fd_fdstat_get(stream, &stat) && stat.filetype == P1_CHARACTER_DEVICE;
}

void leave(u32 code) {
    p1_proc_exit(code);
    TRAP();
}

typedef u32 Run(void);

EXPORT("_start") void start(void) {
    if (((Run *)SLOT_HANDLE)()) leave(1);
}
