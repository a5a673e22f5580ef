/* What the guest `answers` tells of requests and of fields. */

/* ----- requests as they came */

static const char *METHODS[] = {"get", "head", "post", "put", "delete",
                                "connect", "options", "trace", "patch"};

static void say_fields(u32 fields) {
    fields_entries(fields, R);
    u32 *all = (u32 *)R[0], count = R[1];
    for (u32 n = 0; n < count; n++) {
        say_bytes((u8 *)all[4 * n], all[4 * n + 1]);
        say("=");
        say_bytes((u8 *)all[4 * n + 2], all[4 * n + 3]);
        say("\n");
    }
}

static void say_request(u32 request) {
    request_method(request, R);
    if ((u8)R[0] < 9) say(METHODS[(u8)R[0]]);
    else say("other "), say_bytes((u8 *)R[1], R[2]);
    request_scheme(request, R);
    say((u8)R[0] ? ((u8)R[1] == 0 ? " http " : (u8)R[1] == 1 ? " https " : " other ") : " none ");
    request_authority(request, R);
    if ((u8)R[0]) say_bytes((u8 *)R[1], R[2]);
    say(" ");
    request_path(request, R);
    if ((u8)R[0]) say_bytes((u8 *)R[1], R[2]);
    say("\n");
    u32 fields = request_headers(request);
    say_fields(fields);
    fields_drop(fields);
}

/* ----- fields */

static const char *ERRORS[] = {"invalid-syntax", "forbidden", "immutable"};

static void say_done(const char *what) {
    say(what);
    say(": ");
    say((u8)R[0] ? ERRORS[((u8 *)R)[1]] : "done");
    say("\n");
}

static void append(u32 fields, const char *name, const char *value) {
    fields_append(fields, name, size_of(name), value, size_of(value), R);
}

static void say_header_errors(u32 request) {
    static const char *NAMES[] = {
        "connection", "Keep-Alive", "proxy-connection", "transfer-encoding", "upgrade", "HOST",
        "http2-settings", "", "two words", "line\nend", "colon:", "caf\xc3\xa9", "x-good"};
    static const char *VALUES[] = {
        "", "tab\tis good", "caf\xe9", "line\nend", "line\rend", "\x01", "\x7f"};
    u32 fields = fields_new();
    for (u32 n = 0; n < sizeof NAMES / sizeof *NAMES; n++) {
        append(fields, NAMES[n], "value");
        say_done(NAMES[n]);
    }
    for (u32 n = 0; n < sizeof VALUES / sizeof *VALUES; n++) {
        append(fields, "x-value", VALUES[n]);
        say_done(VALUES[n]);
    }
    fields_append(fields, "x-value", 7, "nul\0", 4, R);
    say_done("nul");
    u32 theirs = request_headers(request);
    append(theirs, "x-more", "1");
    say_done("append to a request's");
    fields_delete(theirs, "accept", 6, R);
    say_done("delete from a request's");
    fields_set(theirs, "accept", 6, 0, 0, R);
    say_done("set of a request's");
    u32 copy = fields_clone(theirs);
    append(copy, "x-more", "1");
    say_done("append to a copy of them");
    say_fields(fields);
}

static void say_fields_done(void) {
    u32 entries[] = {(u32)"X-One", 5, (u32)"1", 1, (u32)"x-two", 5, (u32)"2", 1,
                     (u32)"x-ONE", 5, (u32)"3", 1};
    fields_from_list(entries, 3, R);
    u32 fields = R[1], values[] = {(u32)"4", 1, (u32)"5", 1};
    say_fields(fields);
    fields_get(fields, "x-one", 5, R);
    say_number(R[1]), say(" of x-one, ");
    fields_get(fields, "x-none", 6, R);
    say_number(R[1]), say(" of x-none, ");
    say_number(fields_has(fields, "X-TWO", 5)), say_number(fields_has(fields, "x-none", 6));
    say("\n");
    fields_set(fields, "x-one", 5, values, 2, R);
    say_fields(fields);
    fields_delete(fields, "X-One", 5, R);
    say_fields(fields);
    entries[4] = (u32)"host";
    entries[5] = 4;
    fields_from_list(entries, 3, R);
    say((u8)R[0] ? ERRORS[(u8)R[1]] : "done");
    u32 response = response_new(fields);
    fields = response_headers(response);
    say("\n");
    append(fields, "x-more", "1");
    say_done("append to a response's");
    fields_drop(fields);
    response_drop(response);
}

static void answer_with_headers(u32 out) {
    u32 fields = fields_new();
    append(fields, "Set-Cookie", "a=1");
    append(fields, "x-between", "yes");
    append(fields, "set-cookie", "b=2");
    append(fields, "X-Empty", "");
    begin_with(out, 207, fields);
    end();
}
