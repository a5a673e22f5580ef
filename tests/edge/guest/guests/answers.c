/* A guest that does what its path says, with what WASI has for it. */

#include "wasi.h"

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    void *made = room(align, wanted);
    if (old && size) memcpy(made, old, size < wanted ? size : wanted);
    return made;
}

#include "told.h"

/* ----- bodies */

static u32 incoming;

static u32 body_of(u32 request) {
    request_consume(request, R);
    incoming = R[1];
    in_body_stream(incoming, R);
    return R[1];
}

/* A piece of a body in R[1] and R[2], or 0 at its end; 2 where it broke off. */
static int piece(u32 in) {
    top = 0; /* nothing that came before is needed */
    in_read(in, 65536, R);
    if (!(u8)R[0]) return 1;
    return (u8)R[1] ? 0 : 2;
}

static void echo(u32 request, u32 out) {
    u32 in = body_of(request);
    begin(out, 200);
    while (piece(in) == 1)
        if (!send((void *)R[1], R[2])) break;
    in_drop(in);
    u32 found = in_body_finish(incoming);
    trailers_get(found, R);
    out_drop(stream);
    if ((u8)R[0] && !(u8)R[2] && !(u8)R[4] && (u8)R[6]) out_body_finish(body, 1, R[7], R);
    else out_body_finish(body, 0, 0, R);
    trailers_drop(found);
}

static void splice(u32 request, u32 out) {
    u32 in = body_of(request);
    u64 found[3];
    begin(out, 200);
    do out_splice(stream, in, 1 << 20, found);
    while (!(u8)found[0]);
    end();
}

static void count(u32 request, u32 out) {
    u32 in = body_of(request);
    u64 size = 0;
    while (piece(in) == 1) size += R[2];
    say_number(size);
    answer(out, 200);
}

static void send_many(u32 out) {
    static u8 some[65536];
    u64 left = number_of(query, query_size);
    for (u32 n = 0; n < sizeof some; n++) some[n] = (u8)('a' + n % 26);
    begin(out, 200);
    while (left) {
        u32 part = left < sizeof some ? (u32)left : sizeof some;
        if (!send(some, part)) break;
        left -= part;
    }
    end();
}

static void log_to(u32 to, const char *text) { out_send(to, text, size_of(text), R); }

/* Promises so many bytes, and sends five. */
static void promise(u32 out) {
    u32 fields = fields_new();
    fields_append(fields, "content-length", 14, query, query_size, R);
    begin_with(out, 200, fields);
    int taken = send("hello", 5);
    log_to(get_stderr(), taken ? "written\n" : "not written\n");
    out_drop(stream);
    u64 found[5];
    out_body_finish(body, 0, 0, (u32 *)found);
    if (!(u8)found[0]) return log_to(get_stderr(), "finished\n");
    say("error ");
    say_number((u8)found[1]);
    say("\n");
    said[said_size] = 0;
    log_to(get_stderr(), (char *)said);
}

static void with_trailers(u32 out) {
    begin(out, 200);
    send("body\n", 5);
    u32 fields = fields_new();
    append(fields, "X-Sum", "1");
    append(fields, "x-sum", "2");
    out_drop(stream);
    out_body_finish(body, 1, fields, R);
}

/* ----- time */

static void sleep_ms(u32 milliseconds) {
    u32 until = sleeping(1000000ull * milliseconds);
    pollable_block(until);
    pollable_drop(until);
}

static void poll_some(u32 out) {
    u32 all[] = {sleeping(60000000000), sleeping(2000000), sleeping(0), sleeping(~0ull)};
    say_number(pollable_ready(all[0])), say_number(pollable_ready(all[2])), say(" then");
    poll(all, 4, R);
    for (u32 n = 0; n < R[1]; n++) say(" "), say_number(((u32 *)R[0])[n]);
    say(" then");
    all[2] = all[3];
    poll(all, 3, R);
    for (u32 n = 0; n < R[1]; n++) say(" "), say_number(((u32 *)R[0])[n]);
    answer(out, 200);
}

/* Waits for a body that comes late, beside a clock that does not. */
static void poll_body(u32 request, u32 out) {
    u32 in = body_of(request), all[] = {sleeping(60000000000), in_subscribe(in)};
    begin(out, 200);
    send("waiting\n", 8);
    poll(all, 2, R);
    u32 which = ((u32 *)R[0])[0];
    say_number(which), say(" ");
    in_read_now(in, 100, R);
    if (!(u8)R[0]) say_bytes((u8 *)R[1], R[2]);
    send(said, said_size);
    end();
}

/* Waits for a body beside a clock that goes on, and then for the body alone. */
static void poll_and_count(u32 request, u32 out) {
    u32 in = body_of(request), all[] = {sleeping(100000000), in_subscribe(in)};
    u64 size = 0;
    begin(out, 200);
    send("waiting\n", 8);
    poll(all, 2, R);
    while (piece(in) == 1) size += R[2];
    said_size = 0;
    say_number(size);
    send(said, said_size);
    end();
}

/* ----- clients that leave */

static void write_until_gone(u32 out) {
    static u8 some[65536];
    begin(out, 200);
    while (send(some, sizeof some)) {}
    log_to(get_stderr(), (u8)R[1] ? "writing ended: closed\n" : "writing ended: failed\n");
}

static void read_until_gone(u32 request, u32 out) {
    u32 in = body_of(request);
    int last;
    begin(out, 200);
    send("reading\n", 8);
    while ((last = piece(in)) == 1) {}
    if (last == 2) {
        u32 error = R[2];
        error_text(error, R);
        error_drop(error);
    }
    log_to(get_stderr(), last == 2 ? "reading ended: failed\n" : "reading ended: closed\n");
}

/* ----- ends */

static void answer_twice(u32 out) {
    say("first");
    answer(out, 200);
    outparam_set(out, 1, 38, 0, 0, 0, 0, 0, 0);
}

/* An answer that is thrown away, and then the true one. */
static void answer_anew(u32 out) {
    u32 response = response_new(fields_new());
    response_body(response, R);
    u32 unused = R[1];
    out_body_write(unused, R);
    stream = R[1];
    send("unused", 6);
    out_drop(stream);
    out_body_drop(unused);
    response_drop(response);
    say("true");
    answer(out, 500);
}

static void spin(void) {
    for (volatile u32 n = 0;; n++) {}
}

static void spin_asking(void) {
    while (random_word() != 1) {}
}

static void flood(void) {
    static u8 line[1024];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    u32 to = get_stdout();
    for (;;) out_send(to, line, sizeof line, R);
}

static void grow(u32 out) {
    while (__builtin_wasm_memory_grow(0, 16) != -1ul) {}
    say("full");
    answer(out, 200);
}

/* ----- what it finds around it */

static void say_around(void) {
    get_arguments(R);
    u32 *all = (u32 *)R[0], some = R[1];
    for (u32 n = 0; n < some; n++) say_bytes((u8 *)all[2 * n], all[2 * n + 1]), say(" ");
    say("\n");
    get_environment(R);
    all = (u32 *)R[0], some = R[1];
    for (u32 n = 0; n < some; n++) {
        say_bytes((u8 *)all[4 * n], all[4 * n + 1]), say("=");
        say_bytes((u8 *)all[4 * n + 2], all[4 * n + 3]), say("\n");
    }
    u32 in = get_stdin();
    in_read(in, 10, R);
    say((u8)R[0] && (u8)R[1] ? "stdin is closed" : "stdin has something");
    in_drop(in);
}

static void say_time_and_chance(void) {
    u64 wall[2], before = monotonic_now();
    sleep_ms(3);
    say_number(monotonic_now() - before), say(" ");
    wall_now(wall);
    say_number(wall[0]), say(" ");
    say_number((u32)wall[1]), say(" ");
    say_number(random_word()), say(" ");
    say_number(random_word()), say(" ");
    random_bytes(1000, R);
    u32 seen[8] = {0}, different = 0;
    for (u32 n = 0; n < R[1]; n++) {
        u8 byte = ((u8 *)R[0])[n];
        if (!(seen[byte >> 5] >> (byte & 31) & 1)) different++;
        seen[byte >> 5] |= 1u << (byte & 31);
    }
    say_number(different);
}

/* ----- what stays from one request to the next */

static u8 secret[256];
static u32 secret_size, visits, kept[8];

/* Says the secret that it had, and remembers another. */
static void swap_secrets(void) {
    say_bytes(secret, secret_size);
    secret_size = query_size < sizeof secret ? query_size : sizeof secret;
    memcpy(secret, query, secret_size);
}

static void keep(u32 request) {
    kept[0] = request_headers(request);
    kept[1] = fields_new();
    kept[2] = sleeping(1);
    request_consume(request, R);
    kept[3] = R[1];
    in_body_stream(kept[3], R);
    kept[4] = R[1];
    kept[5] = get_stdout();
}

static void use_kept(u32 which) {
    switch (which) {
    case 0: fields_entries(kept[0], R); break;
    case 1: append(kept[1], "x", "y"); break;
    case 2: pollable_ready(kept[2]); break;
    case 3: in_body_stream(kept[3], R); break;
    case 4: in_read(kept[4], 10, R); break;
    case 5: log_to(kept[5], "still here\n"); break;
    case 6: fields_drop(kept[0]), fields_drop(kept[1]), pollable_drop(kept[2]); break;
    case 7: fields_drop(kept[0]), fields_drop(kept[0]); break;
    }
}

/* ----- one request */

EXPORT("wasi:http/incoming-handler@0.2.3#handle") void handle(u32 request, u32 out) {
    top = said_size = 0;
    visits++;
    read_path(request);
    if (is_path("request")) say_request(request), answer(out, 200);
    else if (is_path("errors")) say_header_errors(request), answer(out, 200);
    else if (is_path("fields")) say_fields_done(), answer(out, 200);
    else if (is_path("headers")) answer_with_headers(out);
    else if (is_path("status")) {
        u32 response = response_new(fields_new()), to = (u32)number_of(query, query_size);
        u32 refused = response_status(response, to);
        say(refused ? "refused" : "taken");
        answer(out, refused ? 200 : to);
    } else if (is_path("echo")) echo(request, out);
    else if (is_path("splice")) splice(request, out);
    else if (is_path("count")) count(request, out);
    else if (is_path("send")) send_many(out);
    else if (is_path("promise")) promise(out);
    else if (is_path("trailers")) with_trailers(out);
    else if (is_path("slowly")) {
        begin(out, 200), send("at once\n", 8), sleep_ms(60000), end();
    } else if (is_path("head-first")) begin(out, 200), sleep_ms(60000), end();
    else if (is_path("poll")) poll_some(out);
    else if (is_path("poll-body")) poll_body(request, out);
    else if (is_path("poll-and-count")) poll_and_count(request, out);
    else if (is_path("write-until-gone")) write_until_gone(out);
    else if (is_path("read-until-gone")) read_until_gone(request, out);
    else if (is_path("silent")) {}
    else if (is_path("dropped")) outparam_drop(out);
    else if (is_path("failed"))
        outparam_set(out, 1, (u32)number_of(query, query_size), 0, 0, 0, 0, 0, 0);
    else if (is_path("twice")) answer_twice(out);
    else if (is_path("anew")) answer_anew(out);
    else if (is_path("unfinished"))
        begin(out, 200), send("part", 4), out_drop(stream), out_body_drop(body);
    else if (is_path("empty")) outparam_set(out, 0, response_new(fields_new()), 0, 0, 0, 0, 0, 0);
    else if (is_path("exit")) exit_with(1);
    else if (is_path("answer-and-exit")) say("good bye"), answer(out, 200), exit_with(0);
    else if (is_path("trap")) log_to(get_stderr(), "it went wrong\n"), __builtin_trap();
    else if (is_path("begin-and-trap"))
        begin(out, 200), send("part", 4), sleep_ms(1), __builtin_trap();
    else if (is_path("spin")) spin();
    else if (is_path("spin-asking")) spin_asking();
    else if (is_path("sleep")) pollable_block(sleeping(~0ull));
    else if (is_path("flood")) flood();
    else if (is_path("grow")) grow(out);
    else if (is_path("around")) say_around(), answer(out, 200);
    else if (is_path("time")) say_time_and_chance(), answer(out, 200);
    else if (is_path("log")) {
        log_to(get_stdout(), "one\ntwo\n"), log_to(get_stderr(), "three");
        log_to(get_stdout(), "four");
        answer(out, 200);
    } else if (is_path("secret")) swap_secrets(), answer(out, 200);
    else if (is_path("visits")) say_number(visits), answer(out, 200);
    else if (is_path("keep")) keep(request), answer(out, 200);
    else if (is_path("use")) use_kept((u32)number_of(query, query_size)), answer(out, 200);
    else if (is_path("leak")) {
        for (u32 n = 0; n < 10; n++) fields_new();
        say_number(visits), answer(out, 200);
    } else say("hello"), answer(out, 200);
    if (!is_path("leak") && !is_path("keep")) request_drop(request);
}
