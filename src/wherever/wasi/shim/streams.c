#include "shim.h"

#define IO "wasi:io/streams#"

/* ----- wasi:io/error */

/* An error of a file is the number of its error-code and one more; of anything else it is 0. */

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
static void put_error(u32 result, u32 offset, int is_closed, u32 file_error) {
    u8 tag = 1, kind = is_closed != 0;
    border_put(result, &tag, 1);
    border_put(result + offset, &kind, 1);
    if (!is_closed) {
        u32 error = handle_new(ERROR, (void *)file_error);
        border_put(result + offset + 4, &error, 4);
    }
}

void stream_error(u32 result, u32 offset, int is_closed) { put_error(result, offset, is_closed, 0); }

/* A file's end is 0, an error less than that. */
static void file_error(u32 result, u32 offset, i64 came) {
    put_error(result, offset, !came, (u32)-came);
}

/* ----- input streams */

static void read_file(u32 self, u64 wanted, u32 result) {
    u32 size = wanted < PIECE ? (u32)wanted : PIECE;
    i64 count = size ? file_in(self, large.piece, size) : 0;
    if (size && count <= 0) {
        file_error(result, 4, count);
        return;
    }
    u32 list[3] = {0, border_room(1, (u32)count), (u32)count};
    border_put(list[1], large.piece, (u32)count);
    border_put(result, list, sizeof list);
}

static void read(u32 self, u64 wanted, u32 result, int wait) {
    if (handle_kind(self) == STDIN) {
        stream_error(result, 4, 1);
        return;
    }
    if (handle_kind(self) == FILE_IN) {
        read_file(self, wanted, result);
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
    else {
        u32 list[3] = {0, border_room(1, count), count};
        border_put(list[1], from, count);
        border_put(result, list, sizeof list);
    }
}

static void counted(u32 result, u64 count) {
    u64 both[2] = {0, count};
    border_put(result, both, sizeof both);
}

static void skip(u32 self, u64 wanted, u32 result, int wait) {
    if (handle_kind(self) == STDIN) {
        stream_error(result, 8, 1);
        return;
    }
    u32 size = wanted < PIECE ? (u32)wanted : PIECE;
    if (handle_kind(self) == FILE_IN) {
        i64 come = size ? file_in(self, large.piece, size) : 0;
        if (size && come <= 0) file_error(result, 8, come);
        else counted(result, (u64)come);
        return;
    }
    Source *source = handle_of(self, IN_STREAM);
    u32 count = source_read(source, large.piece, size, wait);
    if (count == NONE) stream_error(result, 8, 0);
    else if (!count && source->has_ended && wanted) stream_error(result, 8, 1);
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
    u8 kind = handle_kind(self);
    if (kind == STDIN || kind == FILE_IN) return pollable_new(FREE, 0, 0);
    return pollable_new(IN_STREAM, handle_of(self, IN_STREAM), 0);
}

EXPORT(IO "[resource-drop]input-stream") void drop_in(u32 self) {
    u8 kind = handle_kind(self);
    if (kind == FILE_IN) file_in_drop(self);
    else handle_drop(self, kind == STDIN ? STDIN : IN_STREAM);
}

/* ----- output streams */

/* Less than 0 where it failed: by the number of a file's error and one more, or by -1 of another. */
static i64 put(u32 self, const u8 *data, u32 size) {
    u8 kind = handle_kind(self);
    if (kind == FILE_OUT) return size ? file_out(self, data, size) : 0;
    if (kind == STDOUT || kind == STDERR) {
        log_write(kind == STDERR ? 2 : 1, data, size);
        return 0;
    }
    return sink_write(handle_of(self, OUT_STREAM), data, size);
}

static int is_open(u32 self) {
    u8 kind = handle_kind(self);
    if (kind == STDOUT || kind == STDERR || kind == FILE_OUT) return 1;
    Sink *sink = handle_of(self, OUT_STREAM);
    return !sink->is_broken && !sink->is_finished;
}

static void done(u32 result, int failed) {
    u8 tag = 0;
    if (failed) stream_error(result, 4, 1);
    else border_put(result, &tag, 1);
}

static void wrote(u32 self, i64 came, u32 result) {
    if (came < 0 && handle_kind(self) == FILE_OUT) file_error(result, 4, came);
    else done(result, came < 0);
}

static void write_file(u32 self, u32 at, u32 size, u32 result) {
    i64 came = 0;
    border_check(at, size);
    while (size && came >= 0) {
        u32 part = size < PIECE ? size : PIECE;
        border_get(large.piece, at, part);
        came = file_out(self, large.piece, part);
        at += part;
        size -= part;
    }
    wrote(self, came, result);
}

static void write(u32 self, u32 at, u32 size, u32 result) {
    u8 kind = handle_kind(self);
    if (kind == FILE_OUT) {
        write_file(self, at, size, result);
        return;
    }
    if (kind != STDOUT && kind != STDERR) {
        done(result, sink_take_theirs(handle_of(self, OUT_STREAM), at, size) < 0);
        return;
    }
    border_check(at, size);
    while (size) {
        u8 own[512];
        u32 part = size < sizeof own ? size : sizeof own;
        border_get(own, at, part);
        log_write(kind == STDERR ? 2 : 1, own, part);
        at += part;
        size -= part;
    }
    done(result, 0);
}

static void zeroes(u32 self, u64 size, u32 result) {
    if (size > PIECE) TRAP();
    __builtin_memset(large.piece, 0, (u32)size);
    wrote(self, put(self, large.piece, (u32)size), result);
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
    if (handle_kind(from) == STDIN) {
        stream_error(result, 8, 1);
        return;
    }
    i64 count;
    int is_file = handle_kind(from) == FILE_IN, has_ended;
    is_open(self); /* traps where it is none, before anything is taken */
    if (is_file) {
        count = size ? file_in(from, to, size) : 0;
        has_ended = !count;
    } else {
        Source *source = handle_of(from, IN_STREAM);
        u32 found = source_read(source, to, size, wait);
        count = found == NONE ? -1 : (i64)found;
        has_ended = !count && source->has_ended;
    }
    if (count < 0 && is_file) file_error(result, 8, count);
    else if (count < 0) stream_error(result, 8, 0);
    else if (has_ended && size) stream_error(result, 8, 1);
    else {
        i64 came = put(self, to, (u32)count);
        if (came < 0 && handle_kind(self) == FILE_OUT) file_error(result, 8, came);
        else if (came < 0) stream_error(result, 8, 1);
        else counted(result, (u64)count);
    }
}

EXPORT(IO "[method]output-stream.splice")
void out_splice(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 0); }

EXPORT(IO "[method]output-stream.blocking-splice")
void out_splice_now(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 1); }

EXPORT(IO "[resource-drop]output-stream") void drop_out(u32 self) {
    u8 kind = handle_kind(self);
    if (kind == FILE_OUT) file_out_drop(self);
    else handle_drop(self, kind == STDOUT || kind == STDERR ? kind : OUT_STREAM);
}
