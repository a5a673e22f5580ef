#include "shim.h"

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

void log_write(u32 stream, const u8 *data, u32 size) {
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
