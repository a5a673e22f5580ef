/* WASI 0.2 as core functions: what the guests of these tests import, by the canonical ABI.
   Lists and strings are an address and a number; results are written where the last one says. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module "@0.2.3"), import_name(name)))

#define HT "wasi:http/types"
#define IO "wasi:io/streams"
#define PO "wasi:io/poll"

IMPORT(HT, "[constructor]fields") u32 fields_new(void);
IMPORT(HT, "[static]fields.from-list") void fields_from_list(const void *list, u32 count, u32 *result);
IMPORT(HT, "[method]fields.get") void fields_get(u32 self, const void *name, u32 size, u32 *result);
IMPORT(HT, "[method]fields.has") u32 fields_has(u32 self, const void *name, u32 size);
IMPORT(HT, "[method]fields.set")
void fields_set(u32 self, const void *name, u32 size, const void *list, u32 count, u32 *result);
IMPORT(HT, "[method]fields.delete") void fields_delete(u32 self, const void *name, u32 size, u32 *result);
IMPORT(HT, "[method]fields.append")
void fields_append(u32 self, const void *name, u32 size, const void *value, u32 length, u32 *result);
IMPORT(HT, "[method]fields.entries") void fields_entries(u32 self, u32 *result);
IMPORT(HT, "[method]fields.clone") u32 fields_clone(u32 self);
IMPORT(HT, "[resource-drop]fields") void fields_drop(u32 self);

IMPORT(HT, "[method]incoming-request.method") void request_method(u32 self, u32 *result);
IMPORT(HT, "[method]incoming-request.path-with-query") void request_path(u32 self, u32 *result);
IMPORT(HT, "[method]incoming-request.scheme") void request_scheme(u32 self, u32 *result);
IMPORT(HT, "[method]incoming-request.authority") void request_authority(u32 self, u32 *result);
IMPORT(HT, "[method]incoming-request.headers") u32 request_headers(u32 self);
IMPORT(HT, "[method]incoming-request.consume") void request_consume(u32 self, u32 *result);
IMPORT(HT, "[resource-drop]incoming-request") void request_drop(u32 self);

IMPORT(HT, "[method]incoming-body.stream") void in_body_stream(u32 self, u32 *result);
IMPORT(HT, "[static]incoming-body.finish") u32 in_body_finish(u32 self);
IMPORT(HT, "[resource-drop]incoming-body") void in_body_drop(u32 self);
IMPORT(HT, "[method]future-trailers.get") void trailers_get(u32 self, u32 *result);
IMPORT(HT, "[resource-drop]future-trailers") void trailers_drop(u32 self);

IMPORT(HT, "[constructor]outgoing-response") u32 response_new(u32 fields);
IMPORT(HT, "[method]outgoing-response.set-status-code") u32 response_status(u32 self, u32 status);
IMPORT(HT, "[method]outgoing-response.headers") u32 response_headers(u32 self);
IMPORT(HT, "[method]outgoing-response.body") void response_body(u32 self, u32 *result);
IMPORT(HT, "[resource-drop]outgoing-response") void response_drop(u32 self);
IMPORT(HT, "[method]outgoing-body.write") void out_body_write(u32 self, u32 *result);
IMPORT(HT, "[static]outgoing-body.finish")
void out_body_finish(u32 self, u32 has_trailers, u32 trailers, u32 *result);
IMPORT(HT, "[resource-drop]outgoing-body") void out_body_drop(u32 self);
IMPORT(HT, "[static]response-outparam.set")
void outparam_set(u32 self, u32 failed, u32 given, u32 a, u64 b, u32 c, u32 d, u32 e, u32 f);
IMPORT(HT, "[resource-drop]response-outparam") void outparam_drop(u32 self);

IMPORT(IO, "[method]input-stream.read") void in_read_now(u32 self, u64 size, u32 *result);
IMPORT(IO, "[method]input-stream.blocking-read") void in_read(u32 self, u64 size, u32 *result);
IMPORT(IO, "[method]input-stream.blocking-skip") void in_skip(u32 self, u64 size, u32 *result);
IMPORT(IO, "[method]input-stream.subscribe") u32 in_subscribe(u32 self);
IMPORT(IO, "[resource-drop]input-stream") void in_drop(u32 self);
IMPORT(IO, "[method]output-stream.check-write") void out_check(u32 self, u64 *result);
IMPORT(IO, "[method]output-stream.write") void out_write(u32 self, const void *at, u32 size, u32 *result);
IMPORT(IO, "[method]output-stream.blocking-write-and-flush")
void out_send(u32 self, const void *at, u32 size, u32 *result);
IMPORT(IO, "[method]output-stream.blocking-flush") void out_flush(u32 self, u32 *result);
IMPORT(IO, "[method]output-stream.blocking-splice")
void out_splice(u32 self, u32 from, u64 size, u64 *result);
IMPORT(IO, "[resource-drop]output-stream") void out_drop(u32 self);

IMPORT("wasi:io/error", "[method]error.to-debug-string") void error_text(u32 self, u32 *result);
IMPORT("wasi:io/error", "[resource-drop]error") void error_drop(u32 self);
IMPORT(PO, "[method]pollable.ready") u32 pollable_ready(u32 self);
IMPORT(PO, "[method]pollable.block") void pollable_block(u32 self);
IMPORT(PO, "[resource-drop]pollable") void pollable_drop(u32 self);
IMPORT(PO, "poll") void poll(const void *list, u32 count, u32 *result);

IMPORT("wasi:clocks/monotonic-clock", "now") u64 monotonic_now(void);
IMPORT("wasi:clocks/monotonic-clock", "subscribe-duration") u32 sleeping(u64 nanoseconds);
IMPORT("wasi:clocks/wall-clock", "now") void wall_now(u64 *result);
IMPORT("wasi:random/random", "get-random-bytes") void random_bytes(u64 size, u32 *result);
IMPORT("wasi:random/random", "get-random-u64") u64 random_word(void);
IMPORT("wasi:cli/environment", "get-environment") void get_environment(u32 *result);
IMPORT("wasi:cli/environment", "get-arguments") void get_arguments(u32 *result);
IMPORT("wasi:cli/exit", "exit") void exit_with(u32 failed);
IMPORT("wasi:cli/stdin", "get-stdin") u32 get_stdin(void);
IMPORT("wasi:cli/stdout", "get-stdout") u32 get_stdout(void);
IMPORT("wasi:cli/stderr", "get-stderr") u32 get_stderr(void);

/* ----- memory: all of it is free again when the next request begins */

extern u8 __heap_base;
static u32 top;

void *memcpy(void *to, const void *from, unsigned long size) {
    u8 *a = to;
    const u8 *b = from;
    while (size--) *a++ = *b++;
    return to;
}

void *memset(void *to, int value, unsigned long size) {
    u8 *a = to;
    while (size--) *a++ = (u8)value;
    return to;
}

static u32 size_of(const char *text) {
    u32 size = 0;
    while (text[size]) size++;
    return size;
}

static void *room(u32 align, u32 size) {
    if (!top) top = (u32)&__heap_base;
    u32 at = (top + align - 1) & ~(align - 1);
    u32 there = (u32)__builtin_wasm_memory_size(0) << 16;
    if (at + size > there && __builtin_wasm_memory_grow(0, (at + size - there + 65535) >> 16) == -1ul)
        __builtin_trap();
    top = at + size;
    return (void *)at;
}

/* ----- a text that grows */

static u8 said[1 << 16];
static u32 said_size;

static void say_bytes(const void *at, u32 size) {
    if (size > sizeof said - said_size) size = sizeof said - said_size;
    memcpy(said + said_size, at, size);
    said_size += size;
}

static void say(const char *text) { say_bytes(text, size_of(text)); }

static void say_number(u64 number) {
    u8 digits[20];
    u32 count = 0;
    do digits[19 - count++] = (u8)('0' + number % 10);
    while (number /= 10);
    say_bytes(digits + 20 - count, count);
}

/* ----- the request: its path, without the slash, and what comes after a `?` */

static u32 R[16]; /* where results are written */
static const u8 *path, *query;
static u32 path_size, query_size;

static void read_path(u32 request) {
    request_path(request, R);
    path = (const u8 *)R[1] + 1;
    path_size = R[2] - 1;
    query = path + path_size;
    query_size = 0;
    for (u32 n = 0; n < path_size; n++)
        if (path[n] == '?') {
            query = path + n + 1;
            query_size = path_size - n - 1;
            path_size = n;
        }
}

static int same(const u8 *at, u32 size, const char *text) {
    for (u32 n = 0; n < size; n++)
        if (at[n] != (u8)text[n]) return 0;
    return !text[size];
}

static int is_path(const char *text) { return same(path, path_size, text); }

static u64 number_of(const u8 *at, u32 size) {
    u64 number = 0;
    for (u32 n = 0; n < size && at[n] >= '0' && at[n] <= '9'; n++) number = 10 * number + at[n] - '0';
    return number;
}

/* ----- the answer */

static u32 body, stream;

/* Begins an answer, and leaves its body in `body` and `stream`. */
static void begin_with(u32 out, u32 status, u32 fields) {
    u32 response = response_new(fields);
    response_status(response, status);
    response_body(response, R);
    body = R[1];
    outparam_set(out, 0, response, 0, 0, 0, 0, 0, 0);
    out_body_write(body, R);
    stream = R[1];
}

static void begin(u32 out, u32 status) { begin_with(out, status, fields_new()); }

/* Whether the bytes were taken. */
static int send(const void *at, u32 size) {
    out_send(stream, at, size, R);
    return !(u8)R[0];
}

static void end(void) {
    out_drop(stream);
    out_body_finish(body, 0, 0, R);
}

/* Answers with what was said. */
static void answer(u32 out, u32 status) {
    begin(out, status);
    for (u32 at = 0; at < said_size; at += 4096) send(said + at, said_size - at < 4096 ? said_size - at : 4096);
    end();
}
