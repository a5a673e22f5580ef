/* A guest that breaks the rules of the canonical ABI, one at a time: `/KIND?NUMBER`. */

#include "wasi.h"

static u32 mode, victim, calls;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 size, u32 align, u32 wanted) {
    u32 there = (u32)__builtin_wasm_memory_size(0) << 16;
    (void)old, (void)size;
    calls++;
    switch (mode) {
    case 1: return (void *)0xfffffff0;                        /* beyond all memory */
    case 2: return (void *)(there - 1);                       /* its last byte */
    case 3: return (u8 *)room(8, wanted + 8) + 1;             /* at no even place */
    case 4: return said;                                      /* always the same */
    case 5: return R;                                         /* where the result is written */
    case 6: return 0;
    case 7: __builtin_trap();
    case 8: for (volatile u32 n = 0;; n++) {}
    case 9: __builtin_wasm_memory_grow(0, 1); break;          /* the memory moves meanwhile */
    case 10: fields_append(victim, "x-more", 6, "1", 1, R + 8); break;
    case 11: fields_drop(victim); break;
    case 12: fields_entries(victim, R + 8); break;
    case 13: random_bytes(10, R + 8); break;
    case 14: random_word(); break;
    case 15: pollable_block(sleeping(1)); break;
    case 16: exit_with(0); break;
    case 17: out_send(get_stdout(), "x", 1, R + 8); break;
    case 18: get_environment(R + 8); break;
    case 19: monotonic_now(); break;                          /* nothing that could be harmed */
    }
    return room(align, wanted);
}

static void make_room_badly(u32 request) {
    mode = (u32)number_of(query, query_size);
    victim = request_headers(request);
    victim = fields_clone(victim);
    for (u32 n = 0; n < 8; n++) fields_append(victim, "x-a", 3, "some value", 10, R);
    fields_entries(victim, R);
    mode = 0;
}

/* ----- handles that are none, or of another kind */

static void use_wrongly(u32 handle, u32 number) {
    switch (number) {
    case 0: fields_entries(handle, R); break;
    case 1: fields_append(handle, "x", 1, "y", 1, R); break;
    case 2: fields_drop(handle); break;
    case 3: fields_clone(handle); break;
    case 4: request_method(handle, R); break;
    case 5: request_consume(handle, R); break;
    case 6: request_drop(handle); break;
    case 7: in_body_stream(handle, R); break;
    case 8: in_body_finish(handle); break;
    case 9: in_body_drop(handle); break;
    case 10: trailers_get(handle, R); break;
    case 11: response_new(handle); break;
    case 12: response_body(handle, R); break;
    case 13: response_status(handle, 200); break;
    case 14: out_body_write(handle, R); break;
    case 15: out_body_finish(handle, 0, 0, R); break;
    case 16: outparam_set(handle, 1, 0, 0, 0, 0, 0, 0, 0); break;
    case 17: outparam_drop(handle); break;
    case 18: in_read(handle, 10, R); break;
    case 19: in_subscribe(handle); break;
    case 20: in_drop(handle); break;
    case 21: out_check(handle, (u64 *)R); break;
    case 22: out_send(handle, "x", 1, R); break;
    case 23: out_splice(handle, handle, 10, (u64 *)R); break;
    case 24: out_drop(handle); break;
    case 25: error_text(handle, R); break;
    case 26: error_drop(handle); break;
    case 27: pollable_ready(handle); break;
    case 28: pollable_block(handle); break;
    case 29: pollable_drop(handle); break;
    case 30: poll(&handle, 1, R); break;
    case 31: fields_delete(handle, "x", 1, R); break;
    case 32: fields_get(handle, "x", 1, R); break;
    case 33: request_path(handle, R); break;
    case 34: request_headers(handle); break;
    case 35: response_drop(handle); break;
    case 36: out_flush(handle, R); break;
    case 37: in_skip(handle, 10, R); break;
    }
}

/* ----- addresses and sizes of what is not there */

static void point_wrongly(u32 request, u32 out, u32 number) {
    u32 *far = (u32 *)0xfffffff0, fields = fields_new(), huge = 0x7fffffff;
    u32 list[4] = {0xfffffff0, 100, 0, 0};
    switch (number) {
    case 0: fields_entries(request_headers(request), far); break;
    case 1: request_method(request, far); break;
    case 2: fields_append(fields, far, 100, "x", 1, R); break;
    case 3: fields_append(fields, "x", 1, far, 100, R); break;
    case 4: fields_append(fields, "x", huge, "x", 1, R); break;
    case 5: fields_append(fields, "x", 1, "x", 1, far); break;
    case 6: fields_from_list(far, 1, R); break;
    case 7: fields_from_list(list, 1, R); break;
    case 8: fields_from_list(list, huge, R); break;
    case 9: fields_from_list(list, 0x10000001, R); break;
    case 10: fields_set(fields, "x", 1, list, 0x20000001, R); break;
    case 11: fields_set(fields, "x", 1, far, 10, R); break;
    case 12: poll(far, 10, R); break;
    case 13: poll(list, huge, R); break;
    case 14: poll(list, 0x40000001, R); break;
    case 15: poll(list, 0, R); break;
    case 16: fields_has(fields, far, 100); break;
    case 17: fields_get(fields, "x", 0xffffffff, R); break;
    case 18: random_bytes(~0ull, R); break;
    case 19: random_bytes(1ull << 32, R); break;
    case 20: random_bytes(10, far); break;
    case 21: wall_now((u64 *)far); break;
    case 22: get_environment(far); break;
    case 23: begin(out, 200), out_send(stream, far, 100, R); break;
    case 24: begin(out, 200), out_send(stream, "x", 0xffffffff, R); break;
    case 25: begin(out, 200), out_send(stream, "x", huge, R); break;
    case 26: out_send(get_stdout(), far, 100, R); break;
    case 27: out_send(get_stdout(), "x", 0xffffffff, R); break;
    case 28: request_consume(request, far); break;
    case 29: in_read(get_stdin(), 10, far); break;
    case 30: get_arguments(far); break;
    case 31: request_consume(request, R), in_body_stream(R[1], R), in_read(R[1], 10, far); break;
    }
}

/* ----- too much of everything */

static void take_too_much(u32 number) {
    static u8 value[30000];
    u32 fields = fields_new();
    memset(value, 'v', sizeof value);
    switch (number) {
    case 0: for (;;) fields_new();
    case 1: for (;;) fields_append(fields, "x", 1, "y", 1, R);
    case 2: for (;;) fields_append(fields, "x", 1, value, sizeof value, R);
    case 3: for (;;) fields_clone(fields);
    case 4: for (;;) sleeping(0);
    case 5: for (;;) get_stdout();
    case 6: for (;;) top = 0, random_bytes(1 << 20, R);
    case 7: while (__builtin_wasm_memory_grow(0, 1) != -1ul) {}
    }
}

/* Header bombs: an answer whose header is larger than one may be. */
static void answer_with_bomb(u32 out, u32 number) {
    static u8 value[30000];
    u32 fields = fields_new();
    memset(value, 'v', sizeof value);
    if (number == 0)
        for (u32 n = 0; n < 2; n++) fields_append(fields, "x-large", 7, value, sizeof value, R);
    else
        for (u32 n = 0; n < 4000 * number; n++) fields_append(fields, "x-many", 6, "12345", 5, R);
    begin_with(out, 200, fields);
    send("small", 5);
    end();
}

EXPORT("wasi:http/incoming-handler@0.2.3#handle") void handle(u32 request, u32 out) {
    top = said_size = mode = 0;
    read_path(request);
    u32 number = (u32)number_of(query, query_size);
    if (is_path("room")) make_room_badly(request);
    else if (is_path("forged")) use_wrongly(12345, number);
    else if (is_path("zero")) use_wrongly(0, number);
    else if (is_path("largest")) use_wrongly(0xffffffff, number);
    else if (is_path("pollable")) use_wrongly(sleeping(0), number);
    else if (is_path("other")) use_wrongly(out, number);
    else if (is_path("fields")) use_wrongly(fields_new(), number);
    else if (is_path("dropped")) {
        u32 handle = fields_new();
        fields_drop(handle);
        use_wrongly(handle, number);
    } else if (is_path("far")) point_wrongly(request, out, number);
    else if (is_path("much")) take_too_much(number);
    else if (is_path("bomb")) return answer_with_bomb(out, number);
    say("got through ");
    say_number(calls);
    answer(out, 200);
}
