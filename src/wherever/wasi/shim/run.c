#include "shim.h"

/* One request: what the host calls. The guest's own functions are in slots of our table that the
   link leaves free. */

#define SLOT_HANDLE 61
#define SLOT_AFTER 62

Shim shim;

u32 quick_place(void);

EXPORT("shim") Shim *the_shim(void) {
    shim.quick = quick_place();
    shim.large_head = (u32)large.head;
    shim.large_body = (u32)large.body;
    return &shim;
}

/* ----- what is asked of the host

   `host_ask` lets the epoch's deadline pass, so that the next function that is entered gives way:
   the whole call is suspended there, until the host has done what it was asked. */

__attribute__((import_module("host"), import_name("ask"))) void host_ask(void);

__attribute__((noinline)) static void give_way(void) {
    while (*(volatile u32 *)&shim.op) {}
}

i64 host_op(u32 kind, u32 stream, const void *buffer, u32 size, i64 arg) {
    may_call();
    shim.op = kind;
    shim.stream = stream;
    shim.buffer = (u32)buffer;
    shim.size = size;
    shim.arg = arg;
    host_ask();
    give_way();
    return *(volatile i64 *)&shim.result;
}

/* Method, scheme, authority, target, client, number of parameters; those; then the header. */
static void begin(void) {
    u32 place = quick_place(), used = 0;
    if (shim.in_head == place) used = shim.in_head_size;
    if (shim.in_body - place < QUICK && shim.in_body_size != NONE)
        used = shim.in_body + shim.in_body_size - place;
    memory_reset(used);
    pair = 0;
    handles_end_request(); /* those of a start function: their memory is the request's now */
    const u8 *at = (const u8 *)shim.in_head, *end = at + shim.in_head_size;
    Text count;
    request = (struct Request){0};
    at = line(at, end, &request.method);
    at = line(at, end, &request.scheme);
    at = line(at, end, &request.authority);
    at = line(at, end, &request.target);
    at = line(at, end, &request.client);
    at = line(at, end, &count);
    request.params = fields_new();
    u32 left = 0;
    for (u32 n = 0; n < count.size; n++) left = 10 * left + count.at[n] - '0';
    while (left--) {
        Text name, value;
        at = line(at, end, &name);
        at = line(at, end, &value);
        fields_add(request.params, name, value);
    }
    request.headers = fields_read((Text){at, (u32)(end - at)});
    int is_held = shim.in_body_size != NONE;
    request.body = (Source){.held = (const u8 *)shim.in_body,
                            .is_held = (u8)is_held,
                            .size = is_held ? shim.in_body_size : 0};
    response = 0;
    response_sink = 0;
    shim.status = shim.out_head_size = shim.out_body = shim.out_body_size = 0;
    shim.is_sent = shim.is_whole = 0;
}

/* What is still here of a short answer the host takes itself. */
static void leave_request(void) {
    if (shim.is_sent) push();
    else log_out();
    handles_end_request();
}

typedef void Handle(u32, u32);
typedef void Done(void);

EXPORT("run-wasi") void run_wasi(void) {
    begin();
    u32 asked = handle_new(REQUEST, &request), answered = handle_new(OUTPARAM, &request);
    ((Handle *)SLOT_HANDLE)(asked, answered);
    ((Done *)SLOT_AFTER)();
    leave_request();
}

/* ----- the plain interface: wherever:http/handler */

typedef u32 Plain(u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);
typedef void After(u32);

static u32 give_fields(const Fields *fields) {
    u32 *all = take(16 * fields->count), list = border_room(4, 16 * fields->count);
    for (u32 n = 0; n < fields->count; n++) {
        all[4 * n] = given(fields->all[n].name);
        all[4 * n + 1] = fields->all[n].name.size;
        all[4 * n + 2] = given(fields->all[n].value);
        all[4 * n + 3] = fields->all[n].value.size;
    }
    border_put(list, all, 16 * fields->count);
    return list;
}

/* The body, whole: the host says before how large it is. */
static u32 give_body(u32 *size) {
    *size = shim.in_body_size == NONE ? shim.in_body_total : shim.in_body_size;
    u32 content = border_room(1, *size), at = 0;
    if (request.body.is_held) border_put(content, request.body.held, *size);
    else while (at < *size) {
        u32 count = source_read(&request.body, large.piece, BODY_MOST, 1);
        if (count == NONE || !count || count > *size - at) TRAP();
        border_put(content + at, large.piece, count);
        at += count;
    }
    return content;
}

/* What the guest gave as a header, where it is one; else the answer is an error of the guest. */
static Fields *get_fields(u32 list, u32 count) {
    if (count > 4096) TRAP();
    u32 *all = take(16 * count);
    border_get(all, list, 16 * count);
    Fields *made = fields_new();
    for (u32 n = 0; n < count; n++) {
        Text name = got(all[4 * n], all[4 * n + 1]), value = got(all[4 * n + 2], all[4 * n + 3]);
        int error = field_check(&name, value);
        if (error == HEADER_SYNTAX) return 0;
        if (error == HEADER_GOOD) fields_add(made, name, value);
    }
    return made;
}

EXPORT("run-plain") void run_plain(void) {
    begin();
    struct { u32 status, headers, headers_count, body, body_size; } found;
    u32 method = given(request.method), scheme = given(request.scheme);
    u32 authority = given(request.authority), target = given(request.target);
    u32 client = given(request.client), headers = give_fields(request.headers);
    u32 params = give_fields(request.params), size, content = give_body(&size);
    u32 result = ((Plain *)SLOT_HANDLE)(
        method, request.method.size, scheme, request.scheme.size, authority, request.authority.size,
        target, request.target.size, client, request.client.size, headers, request.headers->count,
        params, request.params->count, content, size);
    pair = 0; /* the first is that of the call itself */
    border_get(&found, result, sizeof found);
    u32 status = found.status & 0xffff;
    Fields *fields = get_fields(found.headers, found.headers_count);
    Sink whole = {.left = -1};
    response_sink = &whole;
    if (!fields || status < 200 || status > 599) {
        static const Text words = TEXT("the answer's status or header is not one of HTTP");
        host_op(OP_LOG, 2, words.at, words.size, 0);
        shim.status = 0; /* no answer, which the host tells the client and counts as an error */
    } else {
        answer_with(status, fields);
        sink_take_theirs(&whole, found.body, found.body_size);
        shim.is_whole = !whole.is_broken;
    }
    ((After *)SLOT_AFTER)(result);
    leave_request();
}
