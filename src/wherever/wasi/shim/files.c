#include "shim.h"

/* wasi:filesystem. The host has every file that is open under a number of its own, and resolves
   every path; what a handle of ours stands for is that number and nothing else. So a handle may
   outlive its request, as libraries keep them.                                                 */

#define TYPES "wasi:filesystem/types#"
#define METHOD TYPES "[method]descriptor."

/* No path of a host is this long. */
#define MOST_PATH 65535

enum { NAME_TOO_LONG = 18, OVERFLOW = 30 };

/* The numbers are those of `wasi/filesystem/calls.py`. */
enum {
    BASE, CLOSE, OPEN, READ, WRITE, STREAM, NEXT, SEND, ADVISE, SYNC, FLAGS, TYPE, RESIZE, TIMES,
    LIST, ENTRY, MAKE, STAT, LINK, READ_LINK, REMOVE_FOLDER, RENAME, MAKE_LINK, REMOVE, SAME, HASH
};

/* What the host is told. Where `path` is 0 it is about the descriptor itself. */
typedef struct {
    u32 number, path, path_size, other, other_path, other_size;
    u32 follow, open, flags;
    u32 data, data_size, unused;
    u64 at, length;
} Call;

static u32 number_of(u32 handle, u8 kind) { return (u32)handle_of(handle, kind); }

static u32 descriptor(u32 handle) { return number_of(handle, DESCRIPTOR); }

/* What came of it, or an error code's number, less than 0 by one more. */
static i64 ask(u32 what, const Call *call) { return host_op(OP_FILE, what, call, sizeof *call, 0); }

static u32 code_of(i64 failed) { return (u32)(-1 - failed); }

/* The case `err`; its payload lies at `offset`. */
static void refuse(u32 result, u32 offset, u32 error) {
    u8 tag = 1, code = (u8)error;
    border_put(result, &tag, 1);
    border_put(result + offset, &code, 1);
}

/* A result without a value, or with one of a byte. */
static void tell(u32 result, i64 came) {
    if (came < 0) return refuse(result, 1, code_of(came));
    u8 both[2] = {0, (u8)came};
    border_put(result, both, 2);
}

static void tell_handle(u32 result, u8 kind, i64 came) {
    if (came < 0) return refuse(result, 4, code_of(came));
    u32 both[2] = {0, handle_new(kind, (void *)(u32)came)};
    border_put(result, both, sizeof both);
}

/* Two paths may be held at a time; they are the request's memory. */
static int path_read(u32 at, u32 size, u32 *path, u32 *path_size) {
    if (size > MOST_PATH) return -1;
    *path = (u32)got(at, size).at;
    *path_size = size;
    return 0;
}

/* A call about a path; 0 where it is too long, which is told at `offset`. */
static int about(Call *call, u32 self, u32 at, u32 size, u32 result, u32 offset) {
    *call = (Call){.number = descriptor(self)};
    if (!path_read(at, size, &call->path, &call->path_size)) return 1;
    refuse(result, offset, NAME_TOO_LONG);
    return 0;
}

static void tell_path(u32 what, u32 self, u32 at, u32 size, u32 result) {
    Call call;
    if (about(&call, self, at, size, result, 1)) tell(result, ask(what, &call));
}

/* ----- preopens */

EXPORT("wasi:filesystem/preopens#get-directories") void get_directories(u32 result) {
    u32 count = shim.folders, *list = take(12 * count);
    for (u32 n = 0; n < count; n++) {
        Call call = {.number = n + 1, .data = (u32)large.piece, .data_size = MOST_PATH};
        i64 size = ask(BASE, &call);
        if (size < 0 || size > MOST_PATH) TRAP();
        list[3 * n] = handle_new(DESCRIPTOR, (void *)(n + 1));
        list[3 * n + 1] = given((Text){large.piece, (u32)size});
        list[3 * n + 2] = (u32)size;
    }
    u32 to = border_room(4, 12 * count);
    border_put(to, list, 12 * count);
    put_list(result, to, count);
}

/* ----- streams of files */

static void drop(u32 self, u8 kind) {
    Call call = {.number = handle_kind(self) == kind ? number_of(self, kind) : 0};
    handle_drop(self, kind);
    if (call.number) ask(CLOSE, &call);
}

static void open_stream(u32 self, u32 how, u64 at, u32 result) {
    Call call = {.number = descriptor(self), .flags = how, .at = at};
    tell_handle(result, how ? FILE_OUT : FILE_IN, ask(STREAM, &call));
}

EXPORT(METHOD "read-via-stream") void read_via_stream(u32 self, u64 at, u32 result) {
    open_stream(self, 0, at, result);
}

EXPORT(METHOD "write-via-stream") void write_via_stream(u32 self, u64 at, u32 result) {
    open_stream(self, 1, at, result);
}

EXPORT(METHOD "append-via-stream") void append_via_stream(u32 self, u32 result) {
    open_stream(self, 2, 0, result);
}

i64 file_in(u32 stream, u8 *to, u32 size) {
    Call call = {.number = number_of(stream, FILE_IN), .data = (u32)to, .data_size = size};
    return ask(NEXT, &call);
}

i64 file_out(u32 stream, const u8 *data, u32 size) {
    Call call = {.number = number_of(stream, FILE_OUT), .data = (u32)data, .data_size = size};
    return ask(SEND, &call);
}

void file_in_drop(u32 stream) { drop(stream, FILE_IN); }
void file_out_drop(u32 stream) { drop(stream, FILE_OUT); }

/* ----- descriptors */

EXPORT(TYPES "[resource-drop]descriptor") void drop_descriptor(u32 self) { drop(self, DESCRIPTOR); }

EXPORT(METHOD "advise") void advise(u32 self, u64 at, u64 length, u32 advice, u32 result) {
    Call call = {.number = descriptor(self), .flags = advice, .at = at, .length = length};
    tell(result, ask(ADVISE, &call));
}

static void synchronise(u32 self, u32 is_all, u32 result) {
    Call call = {.number = descriptor(self), .flags = is_all};
    tell(result, ask(SYNC, &call));
}

EXPORT(METHOD "sync-data") void sync_data(u32 self, u32 result) { synchronise(self, 0, result); }

EXPORT(METHOD "sync") void sync(u32 self, u32 result) { synchronise(self, 1, result); }

EXPORT(METHOD "get-flags") void get_flags(u32 self, u32 result) {
    Call call = {.number = descriptor(self)};
    tell(result, ask(FLAGS, &call));
}

EXPORT(METHOD "get-type") void get_type(u32 self, u32 result) {
    Call call = {.number = descriptor(self)};
    tell(result, ask(TYPE, &call));
}

EXPORT(METHOD "set-size") void set_size(u32 self, u64 size, u32 result) {
    Call call = {.number = descriptor(self), .at = size};
    tell(result, ask(RESIZE, &call));
}

/* A moment's nanoseconds: 0 where there are more than can be told. */
static int moment(u64 seconds, u32 nanoseconds, u64 *found) {
    if (seconds > 9000000000 || nanoseconds > 999999999) return 0;
    *found = seconds * 1000000000 + nanoseconds;
    return 1;
}

static void set_both(Call *call, u32 access, u64 seconds, u32 nanoseconds, u32 modification,
                     u64 other_seconds, u32 other_nanoseconds, u32 result) {
    call->flags = access | modification << 4;
    if ((access == 2 && !moment(seconds, nanoseconds, &call->at)) ||
        (modification == 2 && !moment(other_seconds, other_nanoseconds, &call->length)))
        return refuse(result, 1, OVERFLOW);
    tell(result, ask(TIMES, call));
}

EXPORT(METHOD "set-times")
void set_times(u32 self, u32 access, u64 seconds, u32 nanoseconds, u32 modification,
               u64 other_seconds, u32 other_nanoseconds, u32 result) {
    Call call = {.number = descriptor(self)};
    set_both(&call, access, seconds, nanoseconds, modification, other_seconds, other_nanoseconds,
             result);
}

EXPORT(METHOD "set-times-at")
void set_times_at(u32 self, u32 follow, u32 at, u32 size, u32 access, u64 seconds, u32 nanoseconds,
                  u32 modification, u64 other_seconds, u32 other_nanoseconds, u32 result) {
    Call call;
    if (!about(&call, self, at, size, result, 1)) return;
    call.follow = follow & 1;
    set_both(&call, access, seconds, nanoseconds, modification, other_seconds, other_nanoseconds,
             result);
}

EXPORT(METHOD "read") void file_read(u32 self, u64 wanted, u64 at, u32 result) {
    Call call = {.number = descriptor(self), .data = (u32)large.piece, .at = at};
    call.data_size = wanted < BODY_MOST ? (u32)wanted : BODY_MOST;
    i64 count = ask(READ, &call);
    if (count < 0) return refuse(result, 4, code_of(count));
    struct { u32 tag, at, size; u8 has_ended; } told = {0, border_room(1, (u32)count), (u32)count, !count};
    border_put(told.at, large.piece, told.size);
    border_put(result, &told, 13);
}

EXPORT(METHOD "write") void file_write(u32 self, u32 from, u32 size, u64 at, u32 result) {
    Call call = {.number = descriptor(self), .data = (u32)large.piece, .at = at};
    border_check(from, size);
    call.data_size = size < BODY_MOST ? size : BODY_MOST;
    border_get(large.piece, from, call.data_size);
    i64 count = ask(WRITE, &call);
    if (count < 0) return refuse(result, 8, code_of(count));
    u64 both[2] = {0, (u64)count};
    border_put(result, both, sizeof both);
}

/* ----- what lies in a folder */

EXPORT(METHOD "read-directory") void read_directory(u32 self, u32 result) {
    Call call = {.number = descriptor(self)};
    tell_handle(result, ENTRIES, ask(LIST, &call));
}

EXPORT(TYPES "[method]directory-entry-stream.read-directory-entry")
void read_directory_entry(u32 self, u32 result) {
    Call call = {.number = number_of(self, ENTRIES), .data = (u32)large.piece, .data_size = MOST_PATH};
    i64 came = ask(ENTRY, &call); /* 0 at the end; else the type and one more, and the name's size */
    if (came < 0) return refuse(result, 4, code_of(came));
    struct { u32 tag, is_some, type, at, size; } told = {.is_some = came != 0};
    if (came) {
        told.type = (u32)(came & 0xff) - 1;
        told.size = (u32)(came >> 8);
        told.at = given((Text){large.piece, told.size});
    }
    border_put(result, &told, sizeof told);
}

EXPORT(TYPES "[resource-drop]directory-entry-stream") void drop_entries(u32 self) {
    drop(self, ENTRIES);
}

/* ----- paths */

EXPORT(METHOD "open-at")
void open_at(u32 self, u32 follow, u32 at, u32 size, u32 open, u32 flags, u32 result) {
    Call call;
    if (!about(&call, self, at, size, result, 4)) return;
    call.follow = follow & 1;
    call.open = open;
    call.flags = flags;
    tell_handle(result, DESCRIPTOR, ask(OPEN, &call));
}

EXPORT(METHOD "create-directory-at")
void create_directory_at(u32 self, u32 at, u32 size, u32 result) {
    tell_path(MAKE, self, at, size, result);
}

EXPORT(METHOD "remove-directory-at")
void remove_directory_at(u32 self, u32 at, u32 size, u32 result) {
    tell_path(REMOVE_FOLDER, self, at, size, result);
}

EXPORT(METHOD "unlink-file-at") void unlink_file_at(u32 self, u32 at, u32 size, u32 result) {
    tell_path(REMOVE, self, at, size, result);
}

EXPORT(METHOD "readlink-at") void readlink_at(u32 self, u32 at, u32 size, u32 result) {
    Call call;
    if (!about(&call, self, at, size, result, 4)) return;
    call.data = (u32)large.piece;
    call.data_size = MOST_PATH;
    i64 count = ask(READ_LINK, &call);
    if (count < 0) return refuse(result, 4, code_of(count));
    u32 told[3] = {0, given((Text){large.piece, (u32)count}), (u32)count};
    border_put(result, told, sizeof told);
}

static void with_other(u32 what, u32 self, u32 follow, u32 at, u32 size, u32 other, u32 other_at,
                       u32 other_size, u32 result) {
    Call call;
    u32 number = descriptor(other);
    if (!about(&call, self, at, size, result, 1)) return;
    call.follow = follow & 1;
    call.other = number;
    if (path_read(other_at, other_size, &call.other_path, &call.other_size))
        return refuse(result, 1, NAME_TOO_LONG);
    tell(result, ask(what, &call));
}

EXPORT(METHOD "link-at")
void link_at(u32 self, u32 follow, u32 at, u32 size, u32 other, u32 to, u32 to_size, u32 result) {
    with_other(LINK, self, follow, at, size, other, to, to_size, result);
}

EXPORT(METHOD "rename-at")
void rename_at(u32 self, u32 at, u32 size, u32 other, u32 to, u32 to_size, u32 result) {
    with_other(RENAME, self, 0, at, size, other, to, to_size, result);
}

EXPORT(METHOD "symlink-at")
void symlink_at(u32 self, u32 target, u32 target_size, u32 at, u32 size, u32 result) {
    with_other(MAKE_LINK, self, 0, at, size, self, target, target_size, result);
}

/* ----- what is known of a file */

static void put_stat(Call *call, u32 result) {
    struct { u64 type, links, size, times[3]; } found;
    call->data = (u32)&found;
    call->data_size = sizeof found;
    i64 came = ask(STAT, call);
    if (came < 0) return refuse(result, 8, code_of(came));
    struct {
        u64 tag, type, links, size;
        struct { u64 is_some, seconds, nanoseconds; } times[3];
    } told = {.type = found.type, .links = found.links, .size = found.size};
    for (u32 n = 0; n < 3; n++) {
        told.times[n].is_some = 1;
        told.times[n].seconds = found.times[n] / 1000000000;
        told.times[n].nanoseconds = found.times[n] % 1000000000;
    }
    border_put(result, &told, sizeof told);
}

EXPORT(METHOD "stat") void stat(u32 self, u32 result) {
    Call call = {.number = descriptor(self)};
    put_stat(&call, result);
}

EXPORT(METHOD "stat-at") void stat_at(u32 self, u32 follow, u32 at, u32 size, u32 result) {
    Call call;
    if (!about(&call, self, at, size, result, 8)) return;
    call.follow = follow & 1;
    put_stat(&call, result);
}

static void put_hash(Call *call, u32 result) {
    u64 told[3] = {0};
    call->data = (u32)(told + 1);
    call->data_size = 16;
    i64 came = ask(HASH, call);
    if (came < 0) return refuse(result, 8, code_of(came));
    border_put(result, told, sizeof told);
}

EXPORT(METHOD "metadata-hash") void metadata_hash(u32 self, u32 result) {
    Call call = {.number = descriptor(self)};
    put_hash(&call, result);
}

EXPORT(METHOD "metadata-hash-at")
void metadata_hash_at(u32 self, u32 follow, u32 at, u32 size, u32 result) {
    Call call;
    if (!about(&call, self, at, size, result, 8)) return;
    call.follow = follow & 1;
    put_hash(&call, result);
}

EXPORT(METHOD "is-same-object") u32 is_same_object(u32 self, u32 other) {
    Call call = {.number = descriptor(self), .other = descriptor(other)};
    return ask(SAME, &call) > 0;
}
