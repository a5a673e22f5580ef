#include "shim.h"

/* What answers requests has an empty stdin, a log for what it says, and files of the host's. */

int own_in(u8 kind) { return kind == STDIN || kind == FILE_IN; }

/* What a file's call came to, which tells an error by its number and one more, less than 0. */
static u32 came_in(i64 came) {
    if (came >= 0) return (u32)came;
    last_error = (u32)-came;
    return NONE;
}

u32 own_read(u32 self, u8 *to, u32 size, int wait) {
    (void)wait;
    return size && handle_kind(self) == FILE_IN ? came_in(file_in(self, to, size)) : 0;
}

int stdin_ready(void) { return 1; }

u32 own_subscribe(u32 self) {
    (void)self;
    return pollable_new(FREE, 0, 0);
}

int own_out(u8 kind) { return kind == STDOUT || kind == STDERR || kind == FILE_OUT; }

void own_drop(u32 self, u8 kind) {
    if (kind == FILE_IN) file_in_drop(self);
    else if (kind == FILE_OUT) file_out_drop(self);
    else handle_drop(self, kind);
}

/* As the host tells them. */
Text texts(u32 which) {
    i64 size = host_op(OP_ENVIRON, which, large.block, HEAD_MOST, 0);
    if (size < 0 || size > HEAD_MOST) TRAP();
    return (Text){large.block, (u32)size};
}

int is_terminal(u32 stream) {
    (void)stream;
    return 0;
}

/* An answer that is complete and short is still here, and the host takes it. */
void leave(u32 code) {
    if (shim.is_sent) push();
    else log_out();
    host_op(OP_EXIT, 0, 0, 0, code);
    TRAP();
}

int own_write(u32 self, const u8 *data, u32 size) {
    u8 kind = handle_kind(self);
    if (kind == FILE_OUT) return size && came_in(file_out(self, data, size)) == NONE ? -1 : 0;
    log_write(kind == STDERR ? 2 : 1, data, size);
    return 0;
}

int own_write_theirs(u32 self, u32 at, u32 size) {
    u8 own[512];
    int is_file = handle_kind(self) == FILE_OUT;
    u32 most = is_file ? PIECE : sizeof own;
    border_check(at, size);
    while (size) {
        u32 part = size < most ? size : most;
        u8 *to = is_file ? large.piece : own;
        border_get(to, at, part);
        if (own_write(self, to, part) < 0) return -1;
        at += part;
        size -= part;
    }
    return 0;
}
