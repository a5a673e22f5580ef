#include "shim.h"

/* wasi:http, as far as it answers a request. */

#define HT "wasi:http/types#"

struct Request request;
Response *response;
Sink *response_sink;

static const Text METHODS[] = {TEXT("GET"), TEXT("HEAD"), TEXT("POST"), TEXT("PUT"), TEXT("DELETE"),
                               TEXT("CONNECT"), TEXT("OPTIONS"), TEXT("TRACE"), TEXT("PATCH")};

static int same(Text a, Text b) {
    if (a.size != b.size) return 0;
    for (u32 n = 0; n < a.size; n++)
        if (a.at[n] != b.at[n]) return 0;
    return 1;
}

/* ----- variants that more than one function gives or takes */

void put_method(u32 result, Text method) {
    u32 all[3] = {0, 0, 0}, number = 0;
    while (number < 9 && !same(method, METHODS[number])) number++;
    all[0] = number;
    if (number == 9) {
        all[1] = given(method);
        all[2] = method.size;
    }
    border_put(result, all, sizeof all);
}

Text taken_method(u32 number, u32 at, u32 size) {
    return number < 9 ? METHODS[number] : got(at, size);
}

void put_scheme(u32 result, Text scheme) {
    u32 all[4] = {1, 0, 0, 0};
    if (!scheme.size) all[0] = 0;
    else if (same_name(scheme, TEXT("http"))) all[1] = 0;
    else if (same_name(scheme, TEXT("https"))) all[1] = 1;
    else {
        all[1] = 2;
        all[2] = given(scheme);
        all[3] = scheme.size;
    }
    border_put(result, all, sizeof all);
}

void put_maybe(u32 result, Text text) {
    u32 all[3] = {text.size != 0, 0, 0};
    if (text.size) {
        all[1] = given(text);
        all[2] = text.size;
    }
    border_put(result, all, sizeof all);
}

void put_handle(u32 result, int failed, u32 handle) {
    u32 both[2] = {failed != 0, failed ? 0 : handle};
    border_put(result, both, sizeof both);
}

/* ----- incoming-request */

EXPORT(HT "[method]incoming-request.method") void request_method(u32 self, u32 result) {
    handle_of(self, REQUEST);
    put_method(result, request.method);
}

EXPORT(HT "[method]incoming-request.path-with-query") void request_path(u32 self, u32 result) {
    handle_of(self, REQUEST);
    put_maybe(result, request.target);
}

EXPORT(HT "[method]incoming-request.scheme") void request_scheme(u32 self, u32 result) {
    handle_of(self, REQUEST);
    put_scheme(result, request.scheme);
}

EXPORT(HT "[method]incoming-request.authority") void request_authority(u32 self, u32 result) {
    handle_of(self, REQUEST);
    put_maybe(result, request.authority);
}

EXPORT(HT "[method]incoming-request.headers") u32 request_headers(u32 self) {
    handle_of(self, REQUEST);
    request.headers->is_fixed = 1;
    return handle_new(FIELDS, request.headers);
}

EXPORT(HT "[method]incoming-request.consume") void request_consume(u32 self, u32 result) {
    handle_of(self, REQUEST);
    int again = request.is_taken;
    request.is_taken = 1;
    put_handle(result, again, again ? 0 : handle_new(IN_BODY, &request.body));
}

EXPORT(HT "[resource-drop]incoming-request") void drop_request(u32 self) { handle_drop(self, REQUEST); }

/* ----- incoming-body, its trailers */

/* Nobody wants the rest: the host keeps an answer until then, also one that has ended. */
static void source_leave(Source *source) {
    if (source->stream) host_op(OP_CLOSE, source->stream, 0, 0, 0);
}

EXPORT(HT "[method]incoming-body.stream") void body_stream(u32 self, u32 result) {
    Source *source = handle_of(self, IN_BODY);
    int again = source->is_taken;
    source->is_taken = 1;
    put_handle(result, again, again ? 0 : handle_new(IN_STREAM, source));
}

typedef struct { Source *source; int is_taken; } Trailers;

EXPORT(HT "[static]incoming-body.finish") u32 body_finish(u32 self) {
    Source *source = handle_of(self, IN_BODY);
    Trailers *made = take(sizeof *made);
    *made = (Trailers){source, 0};
    handle_drop(self, IN_BODY);
    return handle_new(TRAILERS, made);
}

EXPORT(HT "[resource-drop]incoming-body") void drop_body(u32 self) {
    if (handle_kind(self) == IN_BODY) source_leave(handle_of(self, IN_BODY));
    handle_drop(self, IN_BODY);
}

EXPORT(HT "[method]future-trailers.subscribe") u32 trailers_subscribe(u32 self) {
    handle_of(self, TRAILERS);
    return pollable_new(FREE, 0, 0);
}

EXPORT(HT "[method]future-trailers.get") void trailers_get(u32 self, u32 result) {
    Trailers *trailers = handle_of(self, TRAILERS);
    u32 all[8] = {1, 0, 0, 0, 0, 0, 0, 0};
    if (trailers->is_taken) all[2] = 1;
    trailers->is_taken = 1;
    while (!all[2] && !trailers->source->has_ended)
        if (source_read(trailers->source, large.piece, BODY_MOST, 1) == NONE) {
            all[4] = 1; /* an error-code */
            all[6] = 7; /* connection-terminated */
            break;
        }
    if (!all[2] && !all[4]) {
        i64 size = host_op(OP_TRAILERS, trailers->source->stream, large.block, HEAD_MOST, 0);
        if (size > 0) {
            Fields *fields = fields_read(kept((Text){large.block, (u32)size}));
            fields->is_fixed = 1;
            all[6] = 1;
            all[7] = handle_new(FIELDS, fields);
        }
    }
    border_put(result, all, sizeof all);
}

EXPORT(HT "[resource-drop]future-trailers") void drop_trailers(u32 self) {
    if (handle_kind(self) == TRAILERS) source_leave(((Trailers *)handle_of(self, TRAILERS))->source);
    handle_drop(self, TRAILERS);
}

/* ----- outgoing-response, outgoing-body */

EXPORT(HT "[constructor]outgoing-response") u32 response_new(u32 fields) {
    Fields *header = handle_of(fields, FIELDS);
    Response *made = take(sizeof *made);
    *made = (Response){header, 200, 0};
    handle_drop(fields, FIELDS);
    return handle_new(RESPONSE, made);
}

EXPORT(HT "[method]outgoing-response.status-code") u32 response_status(u32 self) {
    return ((Response *)handle_of(self, RESPONSE))->status;
}

EXPORT(HT "[method]outgoing-response.set-status-code") u32 response_set_status(u32 self, u32 status) {
    Response *of = handle_of(self, RESPONSE);
    if (status < 200 || status > 599) return 1;
    of->status = status;
    return 0;
}

EXPORT(HT "[method]outgoing-response.headers") u32 response_headers(u32 self) {
    Response *of = handle_of(self, RESPONSE);
    Fields *fixed = take(sizeof *fixed);
    *fixed = *of->fields;
    fixed->is_fixed = 1;
    return handle_new(FIELDS, fixed);
}

i64 content_length(const Fields *fields) {
    for (u32 n = 0; n < fields->count; n++) {
        if (!same_name(fields->all[n].name, TEXT("content-length"))) continue;
        Text value = fields->all[n].value;
        i64 length = 0;
        if (!value.size || value.size > 18) return -1;
        for (u32 at = 0; at < value.size; at++) {
            if (value.at[at] < '0' || value.at[at] > '9') return -1;
            length = 10 * length + value.at[at] - '0';
        }
        return length;
    }
    return -1;
}

EXPORT(HT "[method]outgoing-response.body") void response_body(u32 self, u32 result) {
    Response *of = handle_of(self, RESPONSE);
    int again = of->body != 0;
    if (!again) {
        of->body = take(sizeof *of->body);
        *of->body = (Sink){.left = content_length(of->fields)};
    }
    put_handle(result, again, again ? 0 : handle_new(OUT_BODY, of->body));
}

EXPORT(HT "[resource-drop]outgoing-response") void drop_response(u32 self) { handle_drop(self, RESPONSE); }

EXPORT(HT "[method]outgoing-body.write") void out_body_write(u32 self, u32 result) {
    Sink *sink = handle_of(self, OUT_BODY);
    int again = sink->is_taken;
    sink->is_taken = 1;
    put_handle(result, again, again ? 0 : handle_new(OUT_STREAM, sink));
}

void put_failure(u32 result, u32 code) {
    u64 all[5] = {1, code, 0, 0, 0};
    border_put(result, all, sizeof all);
}

static int finish_response(Sink *sink, const u8 *trailers, u32 size) {
    if (size) {
        push();
        if (!shim.is_sent && shim.status && host_op(OP_HEAD, 0, 0, 0, 0) >= 0) shim.is_sent = 1;
        if (!shim.is_sent || sink->is_broken) return -1;
        if (host_op(OP_FINISH, 0, trailers, size, 0) < 0) return -1;
    }
    shim.is_whole = 1;
    return 0;
}

EXPORT(HT "[static]outgoing-body.finish")
void out_body_finish(u32 self, u32 has_trailers, u32 handle, u32 result) {
    /* The memory of the one that was asked for last is what stays when both are dropped. */
    Fields *trailers = has_trailers ? handle_of(handle, FIELDS) : 0;
    Sink *sink = handle_of(self, OUT_BODY);
    u32 size = trailers ? fields_size(trailers) : 0;
    u8 *block = take(size);
    if (trailers) fields_write(trailers, block);
    if (has_trailers) handle_drop(handle, FIELDS);
    handle_drop(self, OUT_BODY);
    if (sink->left > 0) {
        put_failure(result, sink->request ? 17 : 28); /* a body of another size */
        return;
    }
    int failed = sink->is_broken;
    if (!failed && !sink->request) {
        if (!shim.status) sink_choose(sink);
        if (sink == response_sink) failed = finish_response(sink, block, size) < 0;
    }
    else if (!failed && sink->stream) failed = host_op(OP_FINISH, sink->stream, block, size, 0) < 0;
    sink->is_finished = 1;
    u8 tag = 0;
    if (failed) put_failure(result, 7); /* connection-terminated */
    else border_put(result, &tag, 1);
}

EXPORT(HT "[resource-drop]outgoing-body") void drop_out_body(u32 self) { handle_drop(self, OUT_BODY); }

/* ----- response-outparam */

void answer_with(u32 status, const Fields *fields) {
    u32 size = fields_size(fields);
    if (size > HEAD_MOST) {
        status = 500;
        fields = fields_new();
        size = 0;
    }
    u8 *block = take(size);
    shim.out_head = (u32)block;
    shim.out_head_size = fields_write(fields, block);
    shim.status = status;
}

/* The status that tells an error-code. */
static u32 status_of(u32 error) {
    if (error == 33) return 504;
    return error <= 14 ? 502 : 500;
}

EXPORT(HT "[static]response-outparam.set")
void outparam_set(u32 self, u32 failed, u32 given, u32 a, u64 b, u32 c, u32 d, u32 e, u32 f) {
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    handle_of(self, OUTPARAM);
    handle_drop(self, OUTPARAM);
    if (failed) {
        answer_with(status_of(given), fields_new());
        shim.is_whole = 1;
        response_sink = 0;
        shim.out_body_size = 0;
        return;
    }
    response = handle_of(given, RESPONSE);
    handle_drop(given, RESPONSE);
    answer_with(response->status, response->fields);
    if (response_sink != response->body) sink_choose(response->body);
    if (!response->body) shim.is_whole = 1;
}

EXPORT(HT "[resource-drop]response-outparam") void drop_outparam(u32 self) { handle_drop(self, OUTPARAM); }
