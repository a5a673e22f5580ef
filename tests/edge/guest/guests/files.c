/* A guest that does with files what the lines of its request say, and answers with a line for each.
   What it has open is kept in places by number, from one request to the next: 0 is its first folder. */

#include "wasi.h"
#include "files.h"

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    (void)old, (void)size;
    return room(align, wanted);
}

static u32 place[1000], is_begun;

/* ----- the words of a line */

static const u8 *words[12];
static u32 sizes[12];

static u64 number(u32 n) { return number_of(words[n], sizes[n]); }
static u32 at(u32 n) { return place[number(n)]; }
static int is(const char *text) { return same(words[0], sizes[0], text); }

/* ----- what came of it */

static void say_error(u32 code) { say("error "), say_number(code); }

static void say_done(void) {
    if ((u8)R[0]) say_error(((u8 *)R)[1]);
    else say("ok");
}

/* A new handle, which goes to the place that a word says. */
static void say_handle(u32 n) {
    if ((u8)R[0]) {
        say_error((u8)R[1]);
        return;
    }
    place[number(n)] = R[1];
    say("ok");
}

static void say_stream_error(u32 *error) {
    if ((u8)error[0]) {
        say("closed");
        return;
    }
    u8 found[2];
    file_error(error[1], found);
    say("failed ");
    if (found[0]) say_number(found[1]);
    else say("otherwise");
    error_drop(error[1]);
}

static void say_sent(void) {
    if ((u8)R[0]) say_stream_error(R + 1);
    else say("ok");
}

static void say_stat(const u64 *found) {
    if ((u8)found[0]) {
        say_error((u8)found[1]);
        return;
    }
    say("type "), say_number((u8)found[1]), say(" links "), say_number(found[2]);
    say(" size "), say_number(found[3]), say(" times");
    for (u32 n = 0; n < 3; n++) {
        const u64 *time = found + 4 + 3 * n;
        say(" ");
        if ((u8)time[0]) say_number(time[1]), say("."), say_number((u32)time[2]);
    }
}

static void say_hash(const u64 *found) {
    if ((u8)found[0]) say_error((u8)found[1]);
    else say_number(found[1]), say(" "), say_number(found[2]);
}

static void say_folders(void) {
    directories(R);
    u32 *all = (u32 *)R[0], count = R[1];
    for (u32 n = 0; n < count; n++) {
        if (!is_begun) place[n] = all[3 * n];
        say(n ? " " : ""), say_bytes((u8 *)all[3 * n + 1], all[3 * n + 2]);
        if (is_begun) file_drop(all[3 * n]);
    }
    is_begun = 1;
}

static void say_entries(u32 of) {
    for (u32 n = 0;; n++) {
        entries_next(of, R);
        if ((u8)R[0] || !(u8)R[1]) break;
        say(n ? " " : ""), say_number((u8)R[2]), say(":"), say_bytes((u8 *)R[3], R[4]);
    }
    if ((u8)R[0]) say(" "), say_error((u8)R[1]);
}

static void say_read(u32 stream) {
    in_read_now(stream, number(2), R);
    if ((u8)R[0]) say_stream_error(R + 1);
    else say("read "), say_bytes((u8 *)R[1], R[2]);
}

static void say_spliced(void) {
    u64 found[3];
    out_splice(at(1), at(2), number(3), found);
    if ((u8)found[0]) say_stream_error((u32 *)(found + 1));
    else say("spliced "), say_number(found[1]);
}

/* The letters of `guests/reach.wat`: "+" where it was done, "-" where not. */
static int tried(u8 op, const u8 *path, u32 size) {
    u64 found[16];
    u32 of = place[0];
    switch (op) {
    case 'r': open_at(of, 1, path, size, 0, 1, R); break;
    case 'w': open_at(of, 1, path, size, 1, 2, R); break;
    case 'o': open_at(of, 1, path, size, 2, 1, R); break;
    case 's': return stat_at(of, 1, path, size, found), !(u8)found[0];
    case 'l': readlink_at(of, path, size, R); break;
    case 'm': make_at(of, path, size, R); break;
    case 'd': remove_at(of, path, size, R); break;
    case 'u': unlink_at(of, path, size, R); break;
    case 'f': rename_at(of, path, size, of, "moved", 5, R); break;
    case 't': rename_at(of, "file", 4, of, path, size, R); break;
    case 'h': link_at(of, 0, path, size, of, "hard", 4, R); break;
    case 'k': link_at(of, 0, "file", 4, of, path, size, R); break;
    case 'z':
        symlink_at(of, path, size, "made", 4, R);
        if ((u8)R[0]) return 0;
        found[0] = (u64)tried('r', (const u8 *)"made", 4);
        unlink_at(of, "made", 4, R);
        return (int)found[0];
    default: __builtin_trap();
    }
    if ((u8)R[0]) return 0;
    if (op == 'r' || op == 'w' || op == 'o') file_drop(R[1]);
    return 1;
}

/* Addresses that are none: of paths, of bytes, and of where an answer goes. */
static void try_far(u32 which) {
    void *far = (void *)0xfffffff0;
    switch (which) {
    case 0: open_at(place[0], 1, far, 100, 0, 1, R); break;
    case 1: open_at(place[0], 1, far, 0xffffffff, 0, 1, R); break;
    case 2: rename_at(place[0], "x", 1, place[0], far, 10, R); break;
    case 3: symlink_at(place[0], far, 60000, "x", 1, R); break;
    case 4: file_write(place[9], far, 100, 0, R); break;
    case 5: file_write(place[9], "x", 0xfffffff0, 0, R); break;
    case 6: out_send(place[10], far, 100, R); break;
    case 7: file_stat(place[0], far); break;
    case 8: file_read(place[9], 10, 0, far); break;
    case 9: directories(far); break;
    case 10: file_list(place[0], far); break;
    case 11: file_flags(place[0], far); break;
    }
}

/* Makes, writes, reads, lists and removes, for ever. */
static void churn(void) {
    static u8 some[65536];
    for (u32 kept = top;; top = kept) {
        open_at(place[0], 1, "churned", 7, 1 | 8, 3, R);
        u32 file = R[1];
        file_write(file, some, sizeof some, 0, R);
        file_read(file, sizeof some, 0, R);
        file_drop(file);
        file_list(place[0], R);
        u32 of = R[1];
        do entries_next(of, R);
        while (!(u8)R[0] && (u8)R[1]);
        entries_drop(of);
        unlink_at(place[0], "churned", 7, R);
    }
}

/* ----- one line */

static void do_file(void) {
    u64 found[16];
    if (is("read")) {
        file_read(at(1), number(2), number(3), R);
        if ((u8)R[0]) say_error((u8)R[1]);
        else say((u8)R[3] ? "end " : "read "), say_bytes((u8 *)R[1], R[2]);
    } else if (is("write")) {
        file_write(at(1), words[3], sizes[3], number(2), (u32 *)found);
        if ((u8)found[0]) say_error((u8)found[1]);
        else say("wrote "), say_number(found[1]);
    } else if (is("in")) file_in(at(1), number(3), R), say_handle(2);
    else if (is("out")) file_out(at(1), number(3), R), say_handle(2);
    else if (is("append")) file_append(at(1), R), say_handle(2);
    else if (is("next")) say_read(at(1));
    else if (is("skip")) {
        in_skip(at(1), number(2), (u32 *)found);
        if ((u8)found[0]) say_stream_error((u32 *)(found + 1));
        else say("skipped "), say_number(found[1]);
    } else if (is("send")) out_send(at(1), words[2], sizes[2], R), say_sent();
    else if (is("zeroes")) out_zeroes(at(1), number(2), R), say_sent();
    else if (is("splice")) say_spliced();
    else if (is("ready")) say_number(pollable_ready(in_subscribe(at(1))));
    else if (is("writable")) say_number(pollable_ready(out_subscribe(at(1))));
    else if (is("in-drop")) in_drop(at(1)), say("ok");
    else if (is("out-drop")) out_drop(at(1)), say("ok");
    else if (is("drop")) file_drop(at(1)), say("ok");
    else if (is("stat")) file_stat(at(1), found), say_stat(found);
    else if (is("hash")) file_hash(at(1), found), say_hash(found);
    else if (is("same")) say_number(file_same(at(1), at(2)));
    else if (is("type") || is("flags")) {
        if (is("type")) file_type(at(1), R);
        else file_flags(at(1), R);
        if ((u8)R[0]) say_error(((u8 *)R)[1]);
        else say_number(((u8 *)R)[1]);
    } else if (is("size")) file_size(at(1), number(2), R), say_done();
    else if (is("sync")) file_sync(at(1), R), say_done();
    else if (is("sync-data")) file_sync_data(at(1), R), say_done();
    else if (is("advise")) file_advise(at(1), number(2), number(3), (u32)number(4), R), say_done();
    else if (is("times"))
        file_times(at(1), (u32)number(2), number(3), (u32)number(4), (u32)number(5), number(6),
                   (u32)number(7), R), say_done();
    else if (is("list")) file_list(at(1), R), say_handle(2);
    else if (is("entries")) say_entries(at(1));
    else if (is("list-drop")) entries_drop(at(1)), say("ok");
    else say("what?");
}

static void do_line(void) {
    u64 found[16];
    if (is("folders")) say_folders();
    else if (is("far")) try_far((u32)number(1)), say("done");
    else if (is("try")) say(tried(*words[1], words[2], sizes[2]) ? "+" : "-");
    else if (is("open"))
        open_at(at(1), (u32)number(3), words[6], sizes[6], (u32)number(4), (u32)number(5), R), say_handle(2);
    else if (is("stat-at")) stat_at(at(1), (u32)number(2), words[3], sizes[3], found), say_stat(found);
    else if (is("hash-at")) hash_at(at(1), (u32)number(2), words[3], sizes[3], found), say_hash(found);
    else if (is("times-at"))
        times_at(at(1), (u32)number(2), words[9], sizes[9], (u32)number(3), number(4), (u32)number(5),
                 (u32)number(6), number(7), (u32)number(8), R), say_done();
    else if (is("make")) make_at(at(1), words[2], sizes[2], R), say_done();
    else if (is("remove")) remove_at(at(1), words[2], sizes[2], R), say_done();
    else if (is("unlink")) unlink_at(at(1), words[2], sizes[2], R), say_done();
    else if (is("rename")) rename_at(at(1), words[2], sizes[2], at(3), words[4], sizes[4], R), say_done();
    else if (is("link"))
        link_at(at(1), (u32)number(2), words[3], sizes[3], at(4), words[5], sizes[5], R), say_done();
    else if (is("symlink")) symlink_at(at(1), words[2], sizes[2], words[3], sizes[3], R), say_done();
    else if (is("readlink")) {
        readlink_at(at(1), words[2], sizes[2], R);
        if ((u8)R[0]) say_error((u8)R[1]);
        else say("says "), say_bytes((u8 *)R[1], R[2]);
    } else do_file();
}

static void do_lines(const u8 *text, u32 size) {
    const u8 *end = text + size;
    while (text < end) {
        u32 count = 0, kept = top;
        for (u32 n = 0; n < 12; n++) words[n] = text, sizes[n] = 0;
        for (; text < end && *text != '\n'; text++) {
            if (*text == ' ') words[++count] = text + 1;
            else sizes[count]++;
        }
        text++;
        do_line();
        say("\n");
        top = kept;
    }
}

/* ----- bodies */

/* Sends a file as the body of an answer; by splices, or piece by piece. */
static void send_file(u32 out, int is_spliced) {
    say_folders();
    open_at(place[0], 1, query, query_size, 0, 1, R);
    if ((u8)R[0]) {
        said_size = 0;
        say_error((u8)R[1]), answer(out, 404);
        return;
    }
    u32 file = R[1], in;
    u64 found[3] = {0};
    file_in(file, 0, R);
    in = R[1];
    file_drop(file);
    begin(out, 200);
    u32 kept = top;
    do {
        top = kept;
        if (is_spliced) out_splice(stream, in, 65536, found);
        else in_read(in, 65536, R), found[0] = (u8)R[0] || !send((void *)R[1], R[2]);
    } while (!(u8)found[0]);
    in_drop(in);
    end();
}

/* Keeps the body of a request in a file, waiting for the two of them in turn. */
static void keep_file(u32 request, u32 out) {
    u32 in, to;
    say_folders();
    said_size = 0;
    open_at(place[0], 1, query, query_size, 1 | 8, 2, R);
    if ((u8)R[0]) {
        say_error((u8)R[1]), answer(out, 403);
        return;
    }
    file_out(R[1], 0, R);
    to = R[1];
    request_consume(request, R);
    in_body_stream(R[1], R);
    in = R[1];
    u64 size = 0;
    u32 kept = top;
    for (;;) {
        u32 both[] = {out_subscribe(to), in_subscribe(in)};
        poll(both, 2, R);
        pollable_block(both[1]);
        pollable_drop(both[0]), pollable_drop(both[1]);
        in_read_now(in, 65536, R);
        if ((u8)R[0]) break;
        size += R[2];
        out_send(to, (void *)R[1], R[2], R);
        if ((u8)R[0]) break;
        top = kept;
    }
    say_number(size), say(" ");
    if ((u8)R[0]) say_stream_error(R + 1);
    answer(out, 200);
}

EXPORT("wasi:http/incoming-handler@0.2.3#handle") void handle(u32 request, u32 out) {
    top = said_size = 0;
    read_path(request);
    if (is_path("send") || is_path("splice")) send_file(out, is_path("splice"));
    else if (is_path("keep")) keep_file(request, out);
    else if (is_path("churn")) say_folders(), churn();
    else {
        request_consume(request, R);
        in_body_stream(R[1], R);
        u32 in = R[1];
        static u8 text[1 << 19];
        u32 size = 0, kept = top;
        for (; top = kept, in_read(in, 65536, R), !(u8)R[0]; size += R[2])
            memcpy(text + size, (void *)R[1], R[2]);
        do_lines(text, size);
        if (is_path("trap")) __builtin_trap();
        answer(out, 200);
    }
}
