#include "shim.h"
#include "preview1.h"

/* A command's streams that are no bodies: stdin, stdout, stderr, and those of files. */

/* A stream of a file: what it is of, and where it is; by its handle. */
typedef struct { u32 file; u64 at; u8 appends; } Flow;

static Flow flows[MOST_HANDLES + 1];

void file_hold(u32 file);
void file_let_go(u32 file);
u8 code_of(u32 error);

u32 flow_new(u8 kind, u32 file, u64 at, int appends) {
    u32 handle = handle_new(kind, 0);
    flows[handle] = (Flow){file, at, (u8)appends};
    file_hold(file);
    return handle;
}

int own_in(u8 kind) { return kind == STDIN || kind == FILE_IN; }

int own_out(u8 kind) { return kind == STDOUT || kind == STDERR || kind == FILE_OUT; }

void own_drop(u32 self, u8 kind) {
    if (kind == FILE_IN || kind == FILE_OUT) file_let_go(flows[self].file);
    handle_drop(self, kind);
}

u32 own_subscribe(u32 self) {
    arena_begin();
    return pollable_new(handle_kind(self) == STDIN ? STDIN : FREE, 0, 0);
}

static u32 broken(u32 error) {
    last_error = code_of(error) + 1u;
    return NONE;
}

u32 own_read(u32 self, u8 *to, u32 size, int wait) {
    P1Buffer buffer = {to, size};
    u32 count = 0, error;
    if (handle_kind(self) == STDIN) {
        if (!size || (!wait && !stdin_ready())) return NOT_YET;
        error = p1_fd_read(0, &buffer, 1, &count);
        return error ? broken(error) : count;
    }
    Flow *flow = &flows[self];
    if (!size) return NOT_YET;
    error = p1_fd_pread(flow->file, &buffer, 1, flow->at, &count);
    if (error) return broken(error);
    flow->at += count;
    return count;
}

int own_write(u32 self, const u8 *data, u32 size) {
    u8 kind = handle_kind(self);
    Flow *flow = &flows[self];
    while (size) {
        P1Buffer buffer = {data, size};
        u32 count = 0, error;
        if (kind == STDOUT || kind == STDERR)
            error = p1_fd_write(kind == STDERR ? 2 : 1, &buffer, 1, &count);
        else {
            P1Filestat stat;
            if (flow->appends) {
                error = p1_fd_filestat_get(flow->file, &stat);
                if (error) return (int)broken(error);
                flow->at = stat.size;
            }
            error = p1_fd_pwrite(flow->file, &buffer, 1, flow->at, &count);
            flow->at += error ? 0 : count;
        }
        if (error) {
            /* Nobody reads stdout any more: the stream is closed. */
            if (kind == FILE_OUT) broken(error);
            return -1;
        }
        data += count;
        size -= count;
    }
    return 0;
}

int own_write_theirs(u32 self, u32 at, u32 size) {
    border_check(at, size);
    while (size) {
        u32 part = size < BODY_MOST ? size : BODY_MOST;
        border_get(large.piece, at, part);
        if (own_write(self, large.piece, part) < 0) return -1;
        at += part;
        size -= part;
    }
    return 0;
}
