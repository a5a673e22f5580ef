/* A command that asks others by HTTP: `get URL...`, `count URL`, `send URL BYTES`, `both URL URL`,
   `hoard URL TIMES`: without reading any answer; `leave URL TIMES`: reading only its beginning;
   `early URL`: with a body of no known length that is finished, empty, before the request is made. */

#include "wasi.h"

#define RUN "wasi:cli/run@0.2.3#run"

IMPORT(HT, "[constructor]outgoing-request") u32 asked_new(u32 fields);
IMPORT(HT, "[method]outgoing-request.body") void asked_body(u32 self, u32 *result);
IMPORT(HT, "[method]outgoing-request.set-method")
u32 asked_method(u32 self, u32 number, const void *at, u32 size);
IMPORT(HT, "[method]outgoing-request.set-scheme")
u32 asked_scheme(u32 self, u32 has, u32 number, const void *at, u32 size);
IMPORT(HT, "[method]outgoing-request.set-authority")
u32 asked_authority(u32 self, u32 has, const void *at, u32 size);
IMPORT(HT, "[method]outgoing-request.set-path-with-query")
u32 asked_path(u32 self, u32 has, const void *at, u32 size);
IMPORT("wasi:http/outgoing-handler", "handle")
void outgoing(u32 request, u32 has_options, u32 options, u64 *result);
IMPORT(HT, "[method]future-incoming-response.subscribe") u32 future_subscribe(u32 self);
IMPORT(HT, "[method]future-incoming-response.get") void future_get(u32 self, u64 *result);
IMPORT(HT, "[resource-drop]future-incoming-response") void future_drop(u32 self);
IMPORT(HT, "[method]incoming-response.status") u32 answer_status(u32 self);
IMPORT(HT, "[method]incoming-response.headers") u32 answer_headers(u32 self);
IMPORT(HT, "[method]incoming-response.consume") void answer_consume(u32 self, u32 *result);
IMPORT(HT, "[resource-drop]incoming-response") void answer_drop(u32 self);

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    (void)old, (void)size;
    return room(align, wanted);
}

static u32 out;

static void tell(void) {
    out_send(out, said, said_size, R);
    said_size = 0;
}

typedef struct { const u8 *at; u32 size; } Text;

static int starts(Text text, const char *with) {
    for (u32 n = 0; with[n]; n++)
        if (n >= text.size || text.at[n] != (u8)with[n]) return 0;
    return 1;
}

static u32 has_failed, is_early;

/* Asks for a URL; the future, or 0. A body is left in `body` and `stream` where one is wanted. */
static u32 ask(Text url, int method, int with_body, u64 length) {
    u32 fields = fields_new(), is_secure = (u32)starts(url, "https://");
    static const char AGENT[] = "user-agent", ASKS[] = "fetches";
    fields_append(fields, AGENT, sizeof AGENT - 1, ASKS, sizeof ASKS - 1, R);
    if (with_body && !is_early) {
        u32 before = said_size;
        say_number(length);
        fields_append(fields, "content-length", 14, said + before, said_size - before, R);
        said_size = before;
    }
    url.at += is_secure ? 8 : 7;
    url.size -= is_secure ? 8 : 7;
    u32 host = 0;
    while (host < url.size && url.at[host] != '/') host++;
    u32 request = asked_new(fields);
    asked_method(request, (u32)method, 0, 0);
    asked_scheme(request, 1, is_secure, 0, 0);
    asked_authority(request, 1, url.at, host);
    asked_path(request, host < url.size, url.at + host, url.size - host);
    if (with_body) {
        asked_body(request, R);
        body = R[1];
        out_body_write(body, R);
        stream = R[1];
        if (is_early) {
            u64 result[5];
            out_drop(stream);
            out_body_finish(body, 0, 0, (u32 *)result);
        }
    }
    u64 found[5];
    outgoing(request, 0, 0, found);
    if (!(u8)found[0]) return (u32)found[1];
    say("error ");
    say_number((u8)found[1]);
    say("\n");
    tell();
    has_failed = 1;
    return 0;
}

/* Waits for a response; its handle, or 0. */
static u32 answered(u32 future) {
    u64 found[7];
    u32 pollable = future_subscribe(future), mark = top;
    pollable_block(pollable);
    pollable_drop(pollable);
    future_get(future, found);
    future_drop(future);
    top = mark;
    if (!(u8)found[2]) return (u32)found[3];
    say("error ");
    say_number((u8)found[3]);
    say("\n");
    tell();
    has_failed = 1;
    return 0;
}

/* Reads a body, and prints it where `shown`; how many bytes it has. */
static u64 read_all(u32 answer, int shown) {
    u64 size = 0;
    answer_consume(answer, R);
    u32 from = R[1], input;
    in_body_stream(from, R);
    input = R[1];
    for (;;) {
        u32 mark = top;
        in_read(input, 65536, R);
        if ((u8)R[0]) {
            if (!(u8)R[1]) {
                say("broken ");
                error_drop(R[2]);
                has_failed = 1;
            }
            break;
        }
        size += R[2];
        if (shown) out_send(out, (void *)R[1], R[2] < 4096 ? R[2] : 4096, R);
        top = mark;
    }
    in_drop(input);
    u32 trailers = in_body_finish(from);
    trailers_drop(trailers);
    return size;
}

static void show(u32 future, int shown) {
    u32 answer = future ? answered(future) : 0;
    if (!answer) return;
    say_number(answer_status(answer));
    say(" ");
    u32 fields = answer_headers(answer), mark = top;
    fields_get(fields, "location", 8, R);
    if (R[1]) {
        u32 *first = (u32 *)R[0];
        say_bytes((void *)first[0], first[1]);
        say(" ");
    }
    top = mark;
    fields_drop(fields);
    tell();
    u64 size = read_all(answer, shown);
    answer_drop(answer);
    if (!shown) say_number(size);
    say("\n");
    tell();
}

static void send_all(Text url, u64 left) {
    static u8 piece[4096];
    u32 future = ask(url, 2, 1, left);
    if (!future) return;
    while (left) {
        u32 size = left < sizeof piece ? (u32)left : sizeof piece;
        out_send(stream, piece, size, R);
        if ((u8)R[0]) break;
        left -= size;
    }
    out_drop(stream);
    u64 result[5];
    out_body_finish(body, 0, 0, (u32 *)result);
    show(future, 1);
}

EXPORT(RUN) u32 run(void) {
    u32 all[2];
    out = get_stdout();
    get_arguments(all);
    Text *words = (Text *)all[0];
    u32 count = all[1];
    if (count < 2) return 1;
    if (starts(words[1], "send")) send_all(words[2], number_of(words[3].at, words[3].size));
    else if (starts(words[1], "both")) {
        u32 first = ask(words[2], 0, 0, 0), second = ask(words[3], 0, 0, 0);
        show(second, 1);
        show(first, 1);
    } else if (starts(words[1], "hoard")) {
        u64 left = number_of(words[3].at, words[3].size);
        for (u32 future; left && (future = ask(words[2], 0, 0, 0)) && answered(future); left--) {}
        say_number(left);
        say(" left\n");
        tell();
    } else if (starts(words[1], "leave")) {
        for (u64 left = number_of(words[3].at, words[3].size); left; left--) {
            u32 mark = top, future = ask(words[2], 0, 0, 0), answer = future ? answered(future) : 0;
            if (!answer) break;
            answer_consume(answer, R);
            u32 from = R[1];
            in_body_stream(from, R);
            in_drop(R[1]);
            trailers_drop(in_body_finish(from));
            answer_drop(answer);
            top = mark;
        }
        say("done\n");
        tell();
    } else if (starts(words[1], "early")) {
        is_early = 1;
        show(ask(words[2], 2, 1, 0), 1);
    } else if (starts(words[1], "many")) {
        for (u64 left = number_of(words[3].at, words[3].size); left; left--) {
            u32 mark = top;
            u32 answer = answered(ask(words[2], 0, 0, 0));
            if (!answer) break;
            read_all(answer, 0);
            answer_drop(answer);
            top = mark;
        }
        say("done\n");
        tell();
    } else
        for (u32 n = 2; n < count; n++) show(ask(words[n], 0, 0, 0), starts(words[1], "get"));
    out_drop(out);
    return has_failed;
}
