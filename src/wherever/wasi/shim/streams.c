#include "shim.h"

#define IO "wasi:io/streams#"

/* The most that is read at a time. */
#define PIECE BODY_MOST
#define LOGGED 2048
#define SMALL 2048

/* ----- bodies that come */

u32 source_read(Source *source, u8 *to, u32 size, int wait) {
    if (source->is_broken) return NONE;
    if (source->has_ended) return 0;
    if (source->is_held) {
        u32 left = source->size - source->at;
        if (size > left) size = left;
        if (to != source->held + source->at) __builtin_memmove(to, source->held + source->at, size);
        source->at += size;
        if (size == left) source->has_ended = 1;
        return size;
    }
    u32 ahead = source->ahead_size - source->ahead_at;
    if (ahead) {
        if (size > ahead) size = ahead;
        COPY(to, source->ahead + source->ahead_at, size);
        source->ahead_at += size;
        return size;
    }
    if (!size) return 0;
    if (wait) push();
    i64 count = host_op(OP_READ, source->stream, to, size, wait);
    if (count > 0) return (u32)count;
    if (count == 0) source->has_ended = 1;
    if (count == -1) {
        source->is_broken = 1;
        return NONE;
    }
    return 0;
}

int source_ready(Source *source) {
    if (source->is_held || source->has_ended || source->is_broken) return 1;
    if (source->ahead_at < source->ahead_size) return 1;
    if (!source->ahead) source->ahead = take(PIECE / 4);
    source->ahead_at = source->ahead_size = 0;
    u32 count = source_read(source, source->ahead, PIECE / 4, 0);
    if (count != NONE) source->ahead_size = count;
    return count || source->has_ended;
}

/* ----- bodies that go */

static int refused(Sink *sink) {
    sink->is_broken = 1;
    return -1;
}

static int send_buffered(void) {
    u32 size = shim.out_body_size;
    if (!shim.is_sent) {
        if (!shim.status) return -1;
        if (host_op(OP_HEAD, 0, 0, 0, 0) < 0) return -1;
        shim.is_sent = 1;
    }
    shim.out_body_size = 0;
    return size && host_op(OP_WRITE, 0, (void *)shim.out_body, size, 0) < 0 ? -1 : 0;
}

/* Room for more of the answer's body, behind what is buffered; how much there is. It is small
   until that is too small. */
static u32 out_room(u32 wanted) {
    static u32 room;
    if (!shim.out_body) {
        room = SMALL;
        shim.out_body = wanted <= SMALL ? (u32)take(SMALL) : (u32)large.out;
        if (wanted > SMALL) room = BODY_MOST;
    } else if (wanted > room - shim.out_body_size && room == SMALL) {
        COPY(large.out, (void *)shim.out_body, shim.out_body_size);
        shim.out_body = (u32)large.out;
        room = BODY_MOST;
    }
    return room - shim.out_body_size;
}

void sink_choose(Sink *sink) {
    if (sink == response_sink) return;
    if (response_sink) response_sink->is_broken = 1;
    response_sink = sink;
    shim.out_body_size = shim.is_whole = 0;
}

/* Takes bytes of the guest's memory, where `theirs`, or of ours. */
static int sink_take(Sink *sink, u32 at, u32 size, int theirs) {
    if (sink->is_broken || sink->is_finished) return -1;
    if (sink->left >= 0) {
        if (size > sink->left) return refused(sink);
        sink->left -= size;
    }
    if (!sink->stream) {
        if (sink->request || (shim.status && sink != response_sink)) return refused(sink);
        sink_choose(sink);
    }
    if (theirs && size > PIECE) border_check(at, size);
    while (size) {
        u32 room = sink->stream ? PIECE : out_room(size), part = size < room ? size : room;
        u8 *to = sink->stream ? large.piece : (u8 *)shim.out_body + shim.out_body_size;
        if (theirs) border_get(to, at, part);
        else COPY(to, (void *)at, part);
        at += part;
        size -= part;
        if (sink->stream) {
            if (host_op(OP_WRITE, sink->stream, to, part, 0) < 0) return refused(sink);
        } else {
            shim.out_body_size += part;
            if (shim.out_body_size == BODY_MOST && send_buffered() < 0) return refused(sink);
        }
    }
    return 0;
}

int sink_write(Sink *sink, const u8 *data, u32 size) { return sink_take(sink, (u32)data, size, 0); }

int sink_take_theirs(Sink *sink, u32 at, u32 size) { return sink_take(sink, at, size, 1); }

static u8 logged[LOGGED];
static u32 logged_size, logged_stream;

void log_out(void) {
    if (logged_size) host_op(OP_LOG, logged_stream, logged, logged_size, 0);
    logged_size = 0;
}

static void log_write(u32 stream, const u8 *data, u32 size) {
    if (stream != logged_stream) log_out();
    logged_stream = stream;
    while (size) {
        u32 part = LOGGED - logged_size < size ? LOGGED - logged_size : size;
        COPY(logged + logged_size, data, part);
        logged_size += part;
        data += part;
        size -= part;
        if (logged_size == LOGGED) log_out();
    }
    /* What a guest says last before it traps. */
    if (stream == 2 && logged_size && logged[logged_size - 1] == '\n') log_out();
}

void push(void) {
    log_out();
    Sink *sink = response_sink;
    if (!shim.status || !sink || sink->is_broken) return;
    if ((shim.out_body_size || (!shim.is_sent && !shim.is_whole)) && send_buffered() < 0) refused(sink);
}

/* ----- wasi:io/error */

typedef struct { int is_broken; } Error;

static Error broken_error = {1};

EXPORT("wasi:io/error#[method]error.to-debug-string") void to_debug_string(u32 self, u32 result) {
    handle_of(self, ERROR);
    Text text = TEXT("the other side broke off");
    put_list(result, given(text), text.size);
}

EXPORT("wasi:io/error#[resource-drop]error") void drop_error(u32 self) { handle_drop(self, ERROR); }

/* Writes the case `err` of a result; its payload lies at `offset`. */
void stream_error(u32 result, u32 offset, int is_closed) {
    u8 tag = 1, kind = is_closed != 0;
    border_put(result, &tag, 1);
    border_put(result + offset, &kind, 1);
    if (!is_closed) {
        u32 error = handle_new(ERROR, &broken_error);
        border_put(result + offset + 4, &error, 4);
    }
}

/* ----- input streams */

static void read(u32 self, u64 wanted, u32 result, int wait) {
    if (handle_kind(self) == STDIN) {
        stream_error(result, 4, 1);
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
    Source *source = handle_of(self, IN_STREAM);
    u32 count = source_read(source, large.piece, wanted < PIECE ? (u32)wanted : PIECE, wait);
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
    if (handle_kind(self) == STDIN) return pollable_new(FREE, 0, 0);
    return pollable_new(IN_STREAM, handle_of(self, IN_STREAM), 0);
}

EXPORT(IO "[resource-drop]input-stream") void drop_in(u32 self) {
    handle_drop(self, handle_kind(self) == STDIN ? STDIN : IN_STREAM);
}

/* ----- output streams */

static int put(u32 self, const u8 *data, u32 size) {
    u8 kind = handle_kind(self);
    if (kind == STDOUT || kind == STDERR) {
        log_write(kind == STDERR ? 2 : 1, data, size);
        return 0;
    }
    return sink_write(handle_of(self, OUT_STREAM), data, size);
}

static int is_open(u32 self) {
    u8 kind = handle_kind(self);
    if (kind == STDOUT || kind == STDERR) return 1;
    Sink *sink = handle_of(self, OUT_STREAM);
    return !sink->is_broken && !sink->is_finished;
}

static void done(u32 result, int failed) {
    u8 tag = 0;
    if (failed) stream_error(result, 4, 1);
    else border_put(result, &tag, 1);
}

static void write(u32 self, u32 at, u32 size, u32 result) {
    u8 kind = handle_kind(self);
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
    is_open(self);
    return pollable_new(FREE, 0, 0);
}

EXPORT(IO "[method]output-stream.write-zeroes") void out_zeroes(u32 self, u64 size, u32 result) {
    zeroes(self, size, result);
}

EXPORT(IO "[method]output-stream.blocking-write-zeroes-and-flush")
void out_zeroes_now(u32 self, u64 size, u32 result) { zeroes(self, size, result); }

static void splice(u32 self, u32 from, u64 wanted, u32 result, int wait) {
    u8 own[1024];
    u32 size = wanted < sizeof own ? (u32)wanted : sizeof own;
    if (handle_kind(from) == STDIN) {
        stream_error(result, 8, 1);
        return;
    }
    Source *source = handle_of(from, IN_STREAM);
    u32 count = source_read(source, own, size, wait);
    if (count == NONE) stream_error(result, 8, 0);
    else if ((!count && source->has_ended && size) || put(self, own, count) < 0)
        stream_error(result, 8, 1);
    else counted(result, count);
}

EXPORT(IO "[method]output-stream.splice")
void out_splice(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 0); }

EXPORT(IO "[method]output-stream.blocking-splice")
void out_splice_now(u32 self, u32 from, u64 size, u32 result) { splice(self, from, size, result, 1); }

EXPORT(IO "[resource-drop]output-stream") void drop_out(u32 self) {
    u8 kind = handle_kind(self);
    handle_drop(self, kind == STDOUT || kind == STDERR ? kind : OUT_STREAM);
}
