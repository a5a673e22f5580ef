#include "shim.h"

#define IO "wasi:io/streams#"

/* ----- wasi:io/error */

/* An error of a file is the number of its error-code and one more; of anything else it is 0. */
u32 last_error;

EXPORT("wasi:io/error#[method]error.to-debug-string") void to_debug_string(u32 self, u32 result) {
    Text text = TEXT("the other side broke off");
    if (handle_of(self, ERROR)) text = TEXT("a file cannot be read or written");
    put_list(result, given(text), text.size);
}

EXPORT("wasi:filesystem/types#filesystem-error-code")
void filesystem_error_code(u32 self, u32 result) {
    u32 error = (u32)handle_of(self, ERROR);
    u8 both[2] = {error != 0, (u8)(error - 1)};
    border_put(result, both, error ? 2 : 1);
}

EXPORT("wasi:io/error#[resource-drop]error") void drop_error(u32 self) { handle_drop(self, ERROR); }

/* Writes the case `err` of a result; its payload lies at `offset`. */
void stream_error(u32 result, u32 offset, int is_closed) {
    u8 tag = 1, kind = is_closed != 0;
    border_put(result, &tag, 1);
    border_put(result + offset, &kind, 1);
    if (!is_closed) {
        u32 error = handle_new(ERROR, (void *)last_error);
        last_error = 0;
        border_put(result + offset + 4, &error, 4);
    }
}

/* ----- input streams */

static void give_read(const u8 *from, u32 count, u32 result) {
    u32 list[3] = {0, border_room(1, count), count};
    border_put(list[1], from, count);
    border_put(result, list, sizeof list);
}

static void read(u32 self, u64 wanted, u32 result, int wait) {
    u8 kind = handle_kind(self);
    if (own_in(kind)) {
        u32 size = wanted < PIECE ? (u32)wanted : PIECE, count = own_read(self, large.piece, size, wait);
        if (count == NOT_YET) count = 0;
        else if (count == NONE || (!count && size)) {
            stream_error(result, 4, count != NONE);
            return;
        }
        give_read(large.piece, count, result);
        return;
    }
    Source *source = handle_of(self, IN_STREAM);
    if (source->has_ended && source->ahead_at == source->ahead_size) {
        stream_error(result, 4, 1);
        return;
    }
    u32 size = wanted < PIECE ? (u32)wanted : PIECE, count;
    const u8 *from = large.piece;
    if (source->is_held) { /* straight from where it lies */
        u32 left = source->size - source->at;
        count = size < left ? size : left;
        from = source->held + source->at;
        source->at += count;
        if (!count && size) source->has_ended = 1;
    } else count = source_read(source, large.piece, size, wait && size);
    if (count == NONE) stream_error(result, 4, 0);
    else if (!count && source->has_ended) stream_error(result, 4, 1);
    else give_read(from, count, result);
}

static void counted(u32 result, u64 count) {
    u64 both[2] = {0, count};
    border_put(result, both, sizeof both);
}

/* At most so many bytes of a stream of either kind; NOT_YET, 0 at the end, NONE where it is broken. */
static u32 take_in(u32 self, u8 *to, u32 size, int wait) {
    if (own_in(handle_kind(self))) return own_read(self, to, size, wait);
    Source *source = handle_of(self, IN_STREAM);
    u32 count = source_read(source, to, size, wait);
    return !count && !source->has_ended ? NOT_YET : count;
}

static void skip(u32 self, u64 wanted, u32 result, int wait) {
    u32 count = take_in(self, large.piece, wanted < PIECE ? (u32)wanted : PIECE, wait);
    if (count == NOT_YET || (!count && !wanted)) counted(result, 0);
    else if (count == NONE || !count) stream_error(result, 8, count != NONE);
    else counted(result, count);
}

EXPORT(IO "[method]input-stream.read") void in_read(u32 self, u64 size, u32 result) {
    read(self, size, result, 0);
}

EXPORT(IO "[method]input-stream.blocking-read") void in_read_now(u32 self, u64 size, u32 result) {
    read(self, size, result, 1);
}

EXPORT(IO "[method]input-stream.skip") void in_skip(u32 self, u64 size, u32 result) {
    skip(self, size, result, 0);
}

EXPORT(IO "[method]input-stream.blocking-skip") void in_skip_now(u32 self, u64 size, u32 result) {
    skip(self, size, result, 1);
}

EXPORT(IO "[method]input-stream.subscribe") u32 in_subscribe(u32 self) {
    if (own_in(handle_kind(self))) return own_subscribe(self);
    return pollable_new(IN_STREAM, handle_of(self, IN_STREAM), 0);
}

EXPORT(IO "[resource-drop]input-stream") void drop_in(u32 self) {
    u8 kind = handle_kind(self);
    if (own_in(kind)) own_drop(self, kind);
    else handle_drop(self, IN_STREAM);
}

/* ----- output streams */

static int put(u32 self, const u8 *data, u32 size) {
    if (own_out(handle_kind(self))) return own_write(self, data, size);
    return sink_write(handle_of(self, OUT_STREAM), data, size);
}

static int is_open(u32 self) {
    if (own_out(handle_kind(self))) return 1;
    Sink *sink = handle_of(self, OUT_STREAM);
    return !sink->is_broken && !sink->is_finished;
}

static void done(u32 result, int failed) {
    u8 tag = 0;
    if (failed) stream_error(result, 4, !last_error);
    else border_put(result, &tag, 1);
}

static void write(u32 self, u32 at, u32 size, u32 result) {
    if (own_out(handle_kind(self))) done(result, own_write_theirs(self, at, size) < 0);
    else done(result, sink_take_theirs(handle_of(self, OUT_STREAM), at, size) < 0);
}

static void zeroes(u32 self, u64 size, u32 result) {
    if (size > PIECE) TRAP();
    __builtin_memset(large.piece, 0, (u32)size);
    done(result, put(self, large.piece, (u32)size) < 0);
}

EXPORT(IO "[method]output-stream.check-write") void check_write(u32 self, u32 result) {
    if (is_open(self)) counted(result, PIECE);
    else stream_error(result, 8, 1);
}

EXPORT(IO "[method]output-stream.write") void out_write(u32 self, u32 at, u32 size, u32 result) {
    write(self, at, size, result);
}

EXPORT(IO "[method]output-stream.blocking-write-and-flush")
void out_write_now(u32 self, u32 at, u32 size, u32 result) { write(self, at, size, result); }

EXPORT(IO "[method]output-stream.flush") void out_flush(u32 self, u32 result) {
    done(result, !is_open(self));
}

EXPORT(IO "[method]output-stream.blocking-flush") void out_flush_now(u32 self, u32 result) {
    done(result, !is_open(self));
}

EXPORT(IO "[method]output-stream.subscribe") u32 out_subscribe(u32 self) {
    arena_begin();
    is_open(self);
    return pollable_new(FREE, 0, 0);
}

EXPORT(IO "[method]output-stream.write-zeroes") void out_zeroes(u32 self, u64 size, u32 result) {
    zeroes(self, size, result);
}

EXPORT(IO "[method]output-stream.blocking-write-zeroes-and-flush")
void out_zeroes_now(u32 self, u64 size, u32 result) { zeroes(self, size, result); }

static void splice(u32 self, u32 from, u64 wanted, u32 result, int wait) {
    u8 own[1024], *to = wanted <= sizeof own ? own : large.piece;
    u32 size = wanted < PIECE ? (u32)wanted : PIECE;
    is_open(self); /* traps where it is none, before anything is taken */
    u32 count = take_in(from, to, size, wait);
    if (count == NOT_YET || (!count && !size)) counted(result, 0);
    else if (count == NONE) stream_error(result, 8, 0);
    else if (!count || put(self, to, count) < 0) stream_error(result, 8, !last_error);
    else counted(result, count);
}

EXPORT(IO "[method]output-stream.splice")
void out_splice(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 0); }

EXPORT(IO "[method]output-stream.blocking-splice")
void out_splice_now(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 1); }

EXPORT(IO "[resource-drop]output-stream") void drop_out(u32 self) {
    u8 kind = handle_kind(self);
    if (own_out(kind)) own_drop(self, kind);
    else handle_drop(self, OUT_STREAM);
}
