/* A guest that asks others before it answers: what stands behind the `?` is whom.

   `/ask?AUTHORITY/PATH` gets that and says its status and body; `/late?...` waits for 200 ms at
   most; `/post?...` sends the body of the request on; `/twice?...` asks two times at once. All else
   is passed on to `next.internal`, and what comes back is said in brackets.                    */

#include "wasi.h"

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    void *made = room(align, wanted);
    if (old && size) memcpy(made, old, size < wanted ? size : wanted);
    return made;
}

IMPORT(HT, "[constructor]outgoing-request") u32 asking_new(u32 fields);
IMPORT(HT, "[method]outgoing-request.body") void asking_body(u32 self, u32 *result);
IMPORT(HT, "[method]outgoing-request.set-method")
u32 asking_method(u32 self, u32 which, const void *name, u32 size);
IMPORT(HT, "[method]outgoing-request.set-path-with-query")
u32 asking_path(u32 self, u32 given, const void *at, u32 size);
IMPORT(HT, "[method]outgoing-request.set-scheme")
u32 asking_scheme(u32 self, u32 given, u32 which, const void *name, u32 size);
IMPORT(HT, "[method]outgoing-request.set-authority")
u32 asking_authority(u32 self, u32 given, const void *at, u32 size);
IMPORT(HT, "[constructor]request-options") u32 options_new(void);
IMPORT(HT, "[method]request-options.set-first-byte-timeout")
u32 options_first_byte(u32 self, u32 given, u64 nanoseconds);
IMPORT(HT, "[method]future-incoming-response.subscribe") u32 future_subscribe(u32 self);
IMPORT(HT, "[method]future-incoming-response.get") void future_get(u32 self, u64 *result);
IMPORT(HT, "[resource-drop]future-incoming-response") void future_drop(u32 self);
IMPORT(HT, "[method]incoming-response.status") u32 answered_status(u32 self);
IMPORT(HT, "[method]incoming-response.consume") void answered_consume(u32 self, u32 *result);
IMPORT(HT, "[resource-drop]incoming-response") void answered_drop(u32 self);
IMPORT("wasi:http/outgoing-handler", "handle")
void ask(u32 request, u32 has_options, u32 options, u64 *result);

enum { GET = 0, POST = 2, HTTP = 0 };

static u64 G[8];

static void say_error(u64 code) { say("error "), say_number((u8)code); }

/* Begins to ask; the call that will be answered, or 0 where it was refused, which is said. */
static u32 begin_to_ask(const void *to, u32 to_size, const void *what, u32 what_size, u64 patience, u32 from) {
    u32 request = asking_new(fields_new()), options = 0;
    asking_method(request, from ? POST : GET, 0, 0);
    asking_scheme(request, 1, HTTP, 0, 0);
    asking_authority(request, 1, to, to_size);
    asking_path(request, 1, what, what_size);
    u32 sent = 0;
    if (from) asking_body(request, R), sent = R[1];
    if (patience) options = options_new(), options_first_byte(options, 1, patience);
    ask(request, patience != 0, options, G);
    if ((u8)G[0]) {
        say_error(G[1]);
        return 0;
    }
    u32 call = (u32)G[1];
    if (sent) {
        request_consume(from, R);
        u32 given = R[1];
        in_body_stream(given, R);
        u32 in = R[1];
        out_body_write(sent, R);
        u32 to_it = R[1];
        for (in_read(in, 4096, R); !(u8)R[0]; in_read(in, 4096, R)) {
            out_send(to_it, (void *)R[1], R[2], R);
            if ((u8)R[0]) break;
        }
        in_drop(in), out_drop(to_it), in_body_drop(given);
        out_body_finish(sent, 0, 0, R);
    }
    return call;
}

/* Says what came of a call; its status, or 0 where it failed. */
static u32 say_what_came(u32 call, int with_status) {
    u32 ready = future_subscribe(call);
    pollable_block(ready);
    pollable_drop(ready);
    future_get(call, G);
    future_drop(call);
    if ((u8)G[2]) {
        say_error(G[3]);
        return 0;
    }
    u32 response = (u32)G[3], status = answered_status(response);
    if (with_status) say_number(status), say(" ");
    answered_consume(response, R);
    u32 given = R[1];
    in_body_stream(given, R);
    u32 in = R[1];
    for (in_read(in, 4096, R); !(u8)R[0]; in_read(in, 4096, R)) say_bytes((void *)R[1], R[2]);
    if ((u8)R[1] == 0) say(" and it broke off"), error_drop(R[2]);
    in_drop(in), in_body_drop(given), answered_drop(response);
    return status;
}

EXPORT("wasi:http/incoming-handler@0.2.3#handle") void handle(u32 request, u32 out) {
    top = said_size = 0;
    read_path(request);
    u32 to_size = 0, status = 200;
    while (to_size < query_size && query[to_size] != '/') to_size++;
    const u8 *what = query + to_size;
    u32 what_size = query_size - to_size;
    int known = is_path("ask") || is_path("late") || is_path("post") || is_path("twice");
    if (known) {
        u64 patience = is_path("late") ? 200000000 : 0;
        u32 from = is_path("post") ? request : 0;
        u32 call = begin_to_ask(query, to_size, what, what_size, patience, from), other = 0;
        if (is_path("twice")) other = begin_to_ask(query, to_size, what, what_size, 0, 0);
        if (call) say_what_came(call, 1);
        if (other) say(", "), say_what_came(other, 1);
    } else {
        u32 whole = path_size + (query_size ? query_size + 1 : 0);
        u32 call = begin_to_ask("next.internal", 13, path - 1, whole + 1, 0, 0);
        say("[");
        if (call) status = say_what_came(call, 0);
        say("]");
    }
    answer(out, status ? status : 502);
    request_drop(request);
}
