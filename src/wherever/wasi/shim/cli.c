#include "shim.h"

#define CLI "wasi:cli/"

/* Gives them in lists of so many; the result is how many lists, and where. */
static void give_texts(u32 which, u32 each, u32 result) {
    arena_begin();
    Text all = texts(which);
    u32 count = 0, at = 0;
    for (u32 n = 0; n < all.size; n++) count += !all.at[n];
    u32 *list = take(8 * count);
    for (u32 n = 0; n < count; n++) {
        u32 size = 0;
        while (all.at[at + size]) size++;
        list[2 * n] = given((Text){all.at + at, size});
        list[2 * n + 1] = size;
        at += size + 1;
    }
    count -= count % each;
    u32 to = border_room(4, 8 * count);
    border_put(to, list, 8 * count);
    put_list(result, to, count / each);
}

EXPORT(CLI "environment#get-environment") void get_environment(u32 result) { give_texts(0, 2, result); }

EXPORT(CLI "environment#get-arguments") void get_arguments(u32 result) { give_texts(1, 1, result); }

static void put_none(u32 result) {
    u8 tag = 0;
    border_put(result, &tag, 1);
}

EXPORT(CLI "environment#initial-cwd") void initial_cwd(u32 result) { put_none(result); }

EXPORT(CLI "exit#exit") void exit(u32 failed) { leave(failed != 0); }

EXPORT(CLI "exit#exit-with-code") void exit_with_code(u32 code) { leave(code & 0xff); }

EXPORT(CLI "stdin#get-stdin") u32 get_stdin(void) { return handle_new(STDIN, 0); }
EXPORT(CLI "stdout#get-stdout") u32 get_stdout(void) { return handle_new(STDOUT, 0); }
EXPORT(CLI "stderr#get-stderr") u32 get_stderr(void) { return handle_new(STDERR, 0); }

static void put_terminal(u32 stream, u32 result) {
    u32 both[2] = {is_terminal(stream) != 0, 0};
    if (both[0]) both[1] = handle_new(TERMINAL, 0);
    border_put(result, both, sizeof both);
}

EXPORT(CLI "terminal-stdin#get-terminal-stdin") void terminal_stdin(u32 result) {
    put_terminal(0, result);
}
EXPORT(CLI "terminal-stdout#get-terminal-stdout") void terminal_stdout(u32 result) {
    put_terminal(1, result);
}
EXPORT(CLI "terminal-stderr#get-terminal-stderr") void terminal_stderr(u32 result) {
    put_terminal(2, result);
}

EXPORT(CLI "terminal-input#[resource-drop]terminal-input")
void drop_terminal_input(u32 self) { handle_drop(self, TERMINAL); }

EXPORT(CLI "terminal-output#[resource-drop]terminal-output")
void drop_terminal_output(u32 self) { handle_drop(self, TERMINAL); }

/* ----- clocks, random bytes */

static void put_time(u32 result, u64 nanoseconds) {
    struct { u64 seconds; u32 nanoseconds; } time = {
        nanoseconds / 1000000000, (u32)(nanoseconds % 1000000000)};
    border_put(result, &time, 12);
}

EXPORT("wasi:clocks/wall-clock#now") void wall_now(u32 result) {
    put_time(result, host_now(1));
}

EXPORT("wasi:clocks/wall-clock#resolution") void wall_resolution(u32 result) { put_time(result, 1000); }

static u64 random_word(void) {
    u64 word = 0;
    host_op(OP_RANDOM, 0, &word, sizeof word, 0);
    return word;
}

static void random_bytes(u64 size, u32 result) {
    if (size > 16 << 20) TRAP();
    u32 left = (u32)size, at = border_room(1, left);
    put_list(result, at, left);
    while (left) {
        u32 part = left < BODY_MOST ? left : BODY_MOST;
        host_op(OP_RANDOM, 0, large.piece, part, 0);
        border_put(at, large.piece, part);
        at += part;
        left -= part;
    }
}

EXPORT("wasi:random/random#get-random-bytes") void get_random(u64 size, u32 result) {
    random_bytes(size, result);
}
EXPORT("wasi:random/random#get-random-u64") u64 get_random_word(void) { return random_word(); }
EXPORT("wasi:random/insecure#get-insecure-random-bytes") void get_insecure(u64 size, u32 result) {
    random_bytes(size, result);
}
EXPORT("wasi:random/insecure#get-insecure-random-u64") u64 get_insecure_word(void) { return random_word(); }
EXPORT("wasi:random/insecure-seed#insecure-seed") void insecure_seed(u32 result) {
    u64 both[2] = {random_word(), random_word()};
    border_put(result, both, sizeof both);
}

/* ----- sockets: there are none. What needs a handle of one is never called. */

EXPORT("wasi:sockets/instance-network#instance-network") u32 instance_network(void) {
    return handle_new(NETWORK, 0);
}

EXPORT("wasi:sockets/network#[resource-drop]network") void drop_network(u32 self) {
    handle_drop(self, NETWORK);
}

static void denied(u32 result, u32 offset) {
    u8 tag = 1, access_denied = 1;
    border_put(result, &tag, 1);
    border_put(result + offset, &access_denied, 1);
}

EXPORT("wasi:sockets/tcp-create-socket#create-tcp-socket") void create_tcp(u32 family, u32 result) {
    (void)family;
    denied(result, 4);
}
EXPORT("wasi:sockets/udp-create-socket#create-udp-socket") void create_udp(u32 family, u32 result) {
    (void)family;
    denied(result, 4);
}
EXPORT("wasi:sockets/ip-name-lookup#resolve-addresses")
void resolve_addresses(u32 network, u32 at, u32 size, u32 result) {
    (void)at;
    (void)size;
    handle_of(network, NETWORK);
    denied(result, 4);
}
