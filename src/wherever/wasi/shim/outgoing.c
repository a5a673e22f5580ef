#include "shim.h"

/* wasi:http, as far as it asks others: what it may reach is the host's to say. */

#define HT "wasi:http/types#"

i64 content_length(const Fields *fields);
void put_method(u32 result, Text method);
Text taken_method(u32 number, u32 at, u32 size);
void put_scheme(u32 result, Text scheme);
void put_maybe(u32 result, Text text);
void put_handle(u32 result, int failed, u32 handle);
void put_failure(u32 result, u32 code);

typedef struct {
    Text method, scheme, authority, target;
    Fields *fields;
    Sink sink;
    u8 has_body, is_gone;
} Asked;

typedef struct { u64 time[3]; u8 has[3]; } Options;

typedef struct { u32 status; Fields *fields; Source body; u8 is_taken; } Answer;

struct Future { u32 stream, error; u8 is_ready, is_taken; Answer *answer; };

/* ----- outgoing-request */

EXPORT(HT "[constructor]outgoing-request") u32 asked_new(u32 fields) {
    Fields *header = handle_of(fields, FIELDS);
    Asked *made = take(sizeof *made);
    *made = (Asked){.method = TEXT("GET"), .fields = header};
    made->sink.left = content_length(made->fields);
    made->sink.request = made;
    handle_drop(fields, FIELDS);
    return handle_new(OUT_REQUEST, made);
}

static Asked *asked(u32 self) { return handle_of(self, OUT_REQUEST); }

EXPORT(HT "[method]outgoing-request.body") void asked_body(u32 self, u32 result) {
    Asked *of = asked(self);
    int again = of->has_body;
    of->has_body = 1;
    put_handle(result, again, again ? 0 : handle_new(OUT_BODY, &of->sink));
}

/* What goes into a line of the block for the host has to be one. */
static int is_line(Text text) {
    for (u32 n = 0; n < text.size; n++)
        if (text.at[n] <= 32 || text.at[n] == 127) return 0;
    return 1;
}

EXPORT(HT "[method]outgoing-request.method") void asked_method(u32 self, u32 result) {
    put_method(result, asked(self)->method);
}

EXPORT(HT "[method]outgoing-request.set-method")
u32 asked_set_method(u32 self, u32 number, u32 at, u32 size) {
    Asked *of = asked(self);
    Text method = taken_method(number, at, size);
    if (!method.size || !is_line(method)) return 1;
    of->method = method;
    return 0;
}

EXPORT(HT "[method]outgoing-request.path-with-query") void asked_path(u32 self, u32 result) {
    put_maybe(result, asked(self)->target);
}

EXPORT(HT "[method]outgoing-request.set-path-with-query")
u32 asked_set_path(u32 self, u32 has, u32 at, u32 size) {
    Asked *of = asked(self);
    Text text = has ? got(at, size) : (Text){0, 0};
    if (!is_line(text)) return 1;
    of->target = text;
    return 0;
}

EXPORT(HT "[method]outgoing-request.scheme") void asked_scheme(u32 self, u32 result) {
    put_scheme(result, asked(self)->scheme);
}

EXPORT(HT "[method]outgoing-request.set-scheme")
u32 asked_set_scheme(u32 self, u32 has, u32 number, u32 at, u32 size) {
    Asked *of = asked(self);
    Text text = {0, 0};
    if (has) text = number == 0 ? TEXT("http") : number == 1 ? TEXT("https") : got(at, size);
    if (!is_line(text)) return 1;
    of->scheme = text;
    return 0;
}

EXPORT(HT "[method]outgoing-request.authority") void asked_authority(u32 self, u32 result) {
    put_maybe(result, asked(self)->authority);
}

EXPORT(HT "[method]outgoing-request.set-authority")
u32 asked_set_authority(u32 self, u32 has, u32 at, u32 size) {
    Asked *of = asked(self);
    Text text = has ? got(at, size) : (Text){0, 0};
    if (!is_line(text)) return 1;
    of->authority = text;
    return 0;
}

EXPORT(HT "[method]outgoing-request.headers") u32 asked_headers(u32 self) {
    Asked *of = asked(self);
    Fields *fixed = take(sizeof *fixed);
    *fixed = *of->fields;
    fixed->is_fixed = 1;
    return handle_new(FIELDS, fixed);
}

EXPORT(HT "[resource-drop]outgoing-request") void drop_asked(u32 self) { handle_drop(self, OUT_REQUEST); }

/* ----- request-options: connect, first byte, between bytes */

EXPORT(HT "[constructor]request-options") u32 options_new(void) {
    arena_begin();
    Options *made = take(sizeof *made);
    *made = (Options){{0, 0, 0}, {0, 0, 0}};
    return handle_new(OPTIONS, made);
}

static void option(u32 self, u32 result, int which) {
    Options *of = handle_of(self, OPTIONS);
    u64 both[2] = {of->has[which], of->time[which]};
    border_put(result, both, sizeof both);
}

static u32 set_option(u32 self, u32 has, u64 time, int which) {
    Options *of = handle_of(self, OPTIONS);
    of->has[which] = has != 0;
    of->time[which] = time;
    return 0;
}

EXPORT(HT "[method]request-options.connect-timeout") void connect(u32 self, u32 result) {
    option(self, result, 0);
}
EXPORT(HT "[method]request-options.set-connect-timeout") u32 set_connect(u32 self, u32 has, u64 time) {
    return set_option(self, has, time, 0);
}
EXPORT(HT "[method]request-options.first-byte-timeout") void first(u32 self, u32 result) {
    option(self, result, 1);
}
EXPORT(HT "[method]request-options.set-first-byte-timeout") u32 set_first(u32 self, u32 has, u64 time) {
    return set_option(self, has, time, 1);
}
EXPORT(HT "[method]request-options.between-bytes-timeout") void between(u32 self, u32 result) {
    option(self, result, 2);
}
EXPORT(HT "[method]request-options.set-between-bytes-timeout")
u32 set_between(u32 self, u32 has, u64 time) { return set_option(self, has, time, 2); }

EXPORT(HT "[resource-drop]request-options") void drop_options(u32 self) { handle_drop(self, OPTIONS); }

/* ----- outgoing-handler */

static u8 *put_line(u8 *at, Text text) {
    COPY(at, text.at, text.size);
    at[text.size] = '\n';
    return at + text.size + 1;
}

static u8 *put_number(u8 *at, int has, u64 number) {
    u8 digits[20];
    u32 count = 0;
    while (has && (number || !count)) {
        digits[count++] = (u8)('0' + number % 10);
        number /= 10;
    }
    while (count) *at++ = digits[--count];
    *at++ = '\n';
    return at;
}

EXPORT("wasi:http/outgoing-handler#handle")
void outgoing_handle(u32 self, u32 has_options, u32 handle, u32 result) {
    Options options = {{0, 0, 0}, {0, 0, 0}};
    if (has_options) {
        options = *(Options *)handle_of(handle, OPTIONS);
        handle_drop(handle, OPTIONS);
    }
    Asked *of = asked(self);
    handle_drop(self, OUT_REQUEST);
    u8 *block = take(of->method.size + of->scheme.size + of->authority.size + of->target.size + 128 +
                     fields_size(of->fields));
    u8 *at = put_line(block, of->method);
    at = put_line(at, of->scheme.size ? of->scheme : TEXT("https"));
    at = put_line(at, of->authority);
    at = put_line(at, of->target.size ? of->target : TEXT("/"));
    for (int which = 0; which < 3; which++)
        at = put_number(at, options.has[which], options.time[which]);
    at = put_line(at, of->has_body && !of->sink.is_finished ? TEXT("body") : TEXT(""));
    at += fields_write(of->fields, at);
    i64 stream = host_op(OP_FETCH, 0, block, (u32)(at - block), 0);
    if (stream <= 0) {
        put_failure(result, shim.error);
        return;
    }
    of->sink.stream = (u32)stream;
    Future *made = take(sizeof *made);
    *made = (Future){(u32)stream, 0, 0, 0, 0};
    u32 both[3] = {0, 0, handle_new(FUTURE, made)};
    border_put(result, both, sizeof both);
}

/* ----- future-incoming-response, incoming-response */

u32 future_stream(Future *future) { return future->stream; }

int future_ready(Future *future) {
    if (future->is_ready) return 1;
    i64 size = host_op(OP_ANSWERED, future->stream, large.block, HEAD_MOST, 0);
    if (size == -2) return 0;
    future->is_ready = 1;
    if (size < 0) {
        future->error = shim.error;
        return 1;
    }
    Fields *lines = fields_read(kept((Text){large.block, (u32)size})); /* "status" and its digits first */
    Answer *answer = future->answer = take(sizeof *answer);
    *answer = (Answer){.fields = lines, .body = {.stream = future->stream}};
    if (!lines->count) TRAP();
    for (u32 n = 0; n < lines->all[0].value.size; n++)
        answer->status = 10 * answer->status + lines->all[0].value.at[n] - '0';
    lines->all++;
    lines->count--;
    lines->is_fixed = 1;
    return 1;
}

EXPORT(HT "[method]future-incoming-response.subscribe") u32 future_subscribe(u32 self) {
    return pollable_new(FUTURE, handle_of(self, FUTURE), 0);
}

EXPORT(HT "[method]future-incoming-response.get") void future_get(u32 self, u32 result) {
    Future *future = handle_of(self, FUTURE);
    u64 all[7] = {0, 0, 0, 0, 0, 0, 0};
    if (future_ready(future)) {
        all[0] = 1;
        if (future->is_taken) all[1] = 1;
        else if (future->answer) all[3] = handle_new(ANSWER, future->answer);
        else {
            all[2] = 1;
            all[3] = future->error;
        }
        future->is_taken = 1;
    }
    border_put(result, all, sizeof all);
}

EXPORT(HT "[resource-drop]future-incoming-response") void drop_future(u32 self) {
    if (handle_kind(self) == FUTURE) {
        Future *future = handle_of(self, FUTURE);
        if (!future->is_taken || !future->answer) host_op(OP_CLOSE, future->stream, 0, 0, 0);
    }
    handle_drop(self, FUTURE);
}

EXPORT(HT "[method]incoming-response.status") u32 answer_status(u32 self) {
    return ((Answer *)handle_of(self, ANSWER))->status;
}

EXPORT(HT "[method]incoming-response.headers") u32 answer_headers(u32 self) {
    return handle_new(FIELDS, ((Answer *)handle_of(self, ANSWER))->fields);
}

EXPORT(HT "[method]incoming-response.consume") void answer_consume(u32 self, u32 result) {
    Answer *answer = handle_of(self, ANSWER);
    int again = answer->is_taken;
    answer->is_taken = 1;
    put_handle(result, again, again ? 0 : handle_new(IN_BODY, &answer->body));
}

EXPORT(HT "[resource-drop]incoming-response") void drop_answer(u32 self) {
    if (handle_kind(self) == ANSWER) {
        Answer *answer = handle_of(self, ANSWER);
        if (!answer->is_taken) host_op(OP_CLOSE, answer->body.stream, 0, 0, 0);
    }
    handle_drop(self, ANSWER);
}

EXPORT(HT "http-error-code") void http_error_code(u32 self, u32 result) {
    handle_of(self, ERROR);
    u64 all[2] = {1, 7}; /* connection-terminated: all that a stream's error is */
    border_put(result, all, sizeof all);
}
