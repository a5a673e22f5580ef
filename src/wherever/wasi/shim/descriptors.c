#include "shim.h"
#include "preview1.h"

/* wasi:filesystem over preview 1: a descriptor is one of preview 1, with what it was opened for. */

#define FS "wasi:filesystem/types#"
#define DE FS "[method]descriptor."

enum { MAY_READ = 1, MAY_WRITE = 2, FILE_SYNC = 4, DATA_SYNC = 8, WRITE_SYNC = 16, MAY_MUTATE = 32 };

#define MOST_FILES MOST_HANDLES
#define ALL_RIGHTS 0x1fffffff

typedef struct { u16 holders; u8 flags; } File;

static File files[MOST_FILES];

u32 flow_new(u8 kind, u32 file, u64 at, int appends);

void file_hold(u32 file) { files[file].holders++; }

void file_let_go(u32 file) {
    if (!--files[file].holders) p1_fd_close(file);
}

static u32 descriptor_new(u32 file, u32 flags) {
    if (file >= MOST_FILES) TRAP();
    files[file].flags = (u8)flags;
    file_hold(file);
    return handle_new(DESCRIPTOR, (void *)file);
}

static u32 file_of(u32 self) { return (u32)handle_of(self, DESCRIPTOR); }

static Text path_at(u32 at, u32 size) {
    arena_begin();
    return got(at, size);
}

/* ----- results */

/* Cases of `error-code` by the numbers of preview 1; what has no case is `io`. */
static const u8 CODES[77] = {
    13, 12, 0,  13, 13, 13, 1,  2,  3,  13, 4,  11, 13, 13, 13, 13, 5,  13, 13, 6,  7,  13, 8,  13, 13, 9,
    10, 11, 12, 13, 13, 14, 15, 22, 16, 17, 13, 18, 13, 13, 13, 22, 13, 19, 20, 13, 21, 13, 22, 13, 13, 23,
    27, 13, 24, 25, 26, 13, 27, 28, 29, 30, 13, 31, 32, 13, 13, 13, 30, 33, 34, 13, 13, 13, 35, 36, 31};

u8 code_of(u32 error) { return error < sizeof CODES ? CODES[error] : 13; }

static int put_error(u32 result, u32 offset, u32 error) {
    u8 tag = error != 0, code = code_of(error);
    if (error) {
        border_put(result, &tag, 1);
        border_put(result + offset, &code, 1);
    }
    return error != 0;
}

static void put_done(u32 result, u32 error) {
    u8 tag = 0;
    if (!put_error(result, 1, error)) border_put(result, &tag, 1);
}

static void put_payload(u32 result, u32 error, u32 number) {
    u32 both[2] = {0, number};
    if (!put_error(result, 4, error)) border_put(result, both, sizeof both);
}

/* ----- what it begins with */

EXPORT("wasi:filesystem/preopens#get-directories") void get_directories(u32 result) {
    P1Prestat stat;
    u32 count = 0;
    arena_begin();
    while (!p1_fd_prestat_get(3 + count, &stat)) count++;
    u32 *all = take(12 * count);
    for (u32 n = 0; n < count; n++) {
        if (p1_fd_prestat_get(3 + n, &stat)) TRAP();
        u8 *name = take(stat.size);
        if (p1_fd_prestat_dir_name(3 + n, name, stat.size)) TRAP();
        if (!files[3 + n].holders) file_hold(3 + n); /* it is never closed */
        all[3 * n] = descriptor_new(3 + n, MAY_READ | MAY_MUTATE);
        all[3 * n + 1] = given((Text){name, stat.size});
        all[3 * n + 2] = stat.size;
    }
    u32 list = border_room(4, 12 * count);
    border_put(list, all, 12 * count);
    put_list(result, list, count);
}

/* ----- streams, and reading and writing without one */

EXPORT(DE "read-via-stream") void read_via(u32 self, u64 offset, u32 result) {
    u32 file = file_of(self);
    put_payload(result, 0, flow_new(FILE_IN, file, offset, 0));
}

EXPORT(DE "write-via-stream") void write_via(u32 self, u64 offset, u32 result) {
    u32 file = file_of(self);
    put_payload(result, 0, flow_new(FILE_OUT, file, offset, 0));
}

EXPORT(DE "append-via-stream") void append_via(u32 self, u32 result) {
    u32 file = file_of(self);
    put_payload(result, 0, flow_new(FILE_OUT, file, 0, 1));
}

EXPORT(DE "read") void file_read(u32 self, u64 wanted, u64 offset, u32 result) {
    P1Buffer buffer = {large.piece, wanted < BODY_MOST ? (u32)wanted : BODY_MOST};
    u32 count = 0;
    if (put_error(result, 4, p1_fd_pread(file_of(self), &buffer, 1, offset, &count))) return;
    u32 all[4] = {0, border_room(1, count), count, buffer.size && !count};
    border_put(all[1], large.piece, count);
    border_put(result, all, sizeof all);
}

EXPORT(DE "write") void file_write(u32 self, u32 at, u32 size, u64 offset, u32 result) {
    P1Buffer buffer = {large.piece, size < BODY_MOST ? size : BODY_MOST};
    u32 count = 0, file = file_of(self);
    border_get(large.piece, at, buffer.size);
    if (put_error(result, 8, p1_fd_pwrite(file, &buffer, 1, offset, &count))) return;
    u64 both[2] = {0, count};
    border_put(result, both, sizeof both);
}

EXPORT(DE "advise") void advise(u32 self, u64 offset, u64 size, u32 advice, u32 result) {
    put_done(result, p1_fd_advise(file_of(self), offset, size, advice));
}

EXPORT(DE "sync-data") void sync_data(u32 self, u32 result) {
    put_done(result, p1_fd_datasync(file_of(self)));
}

EXPORT(DE "sync") void sync(u32 self, u32 result) { put_done(result, p1_fd_sync(file_of(self))); }

EXPORT(DE "set-size") void set_size(u32 self, u64 size, u32 result) {
    put_done(result, p1_fd_filestat_set_size(file_of(self), size));
}

/* ----- what it is */

static u8 type_of(u8 filetype) {
    static const u8 TYPES[8] = {0, 1, 2, 3, 6, 7, 7, 5};
    return filetype < 8 ? TYPES[filetype] : 0;
}

static void put_byte(u32 result, u32 error, u32 byte) {
    u8 both[2] = {0, (u8)byte};
    if (!put_error(result, 1, error)) border_put(result, both, sizeof both);
}

EXPORT(DE "get-flags") void get_flags(u32 self, u32 result) {
    put_byte(result, 0, files[file_of(self)].flags);
}

EXPORT(DE "get-type") void get_type(u32 self, u32 result) {
    P1Filestat stat = {.filetype = 0};
    u32 error = p1_fd_filestat_get(file_of(self), &stat);
    put_byte(result, error, type_of(stat.filetype));
}

typedef struct { u64 has, seconds; u32 nanoseconds; } Time;

static Time time_of(u64 nanoseconds) {
    return (Time){1, nanoseconds / 1000000000, (u32)(nanoseconds % 1000000000)};
}

static void put_stat(u32 result, u32 error, const P1Filestat *stat) {
    struct { u64 tag, type, nlink, size; Time times[3]; } all = {
        0, type_of(stat->filetype), stat->nlink, stat->size,
        {time_of(stat->atim), time_of(stat->mtim), time_of(stat->ctim)}};
    if (!put_error(result, 8, error)) border_put(result, &all, sizeof all);
}

EXPORT(DE "stat") void file_stat(u32 self, u32 result) {
    P1Filestat stat = {.filetype = 0};
    u32 error = p1_fd_filestat_get(file_of(self), &stat);
    put_stat(result, error, &stat);
}

static u32 stat_of(u32 self, u32 flags, u32 at, u32 size, P1Filestat *stat) {
    u32 file = file_of(self);
    Text path = path_at(at, size);
    return p1_path_filestat_get(file, flags & 1, path.at, path.size, stat);
}

EXPORT(DE "stat-at") void stat_at(u32 self, u32 flags, u32 at, u32 size, u32 result) {
    P1Filestat stat = {.filetype = 0};
    u32 error = stat_of(self, flags, at, size, &stat);
    put_stat(result, error, &stat);
}

EXPORT(DE "is-same-object") u32 is_same(u32 self, u32 other) {
    P1Filestat a, b;
    if (p1_fd_filestat_get(file_of(self), &a) || p1_fd_filestat_get(file_of(other), &b)) return 0;
    return a.dev == b.dev && a.ino == b.ino;
}

static void put_hash(u32 result, u32 error, const P1Filestat *stat) {
    u64 all[3] = {0, stat->ino * 0x9e3779b97f4a7c15, stat->dev ^ (stat->ino << 1)};
    if (!put_error(result, 8, error)) border_put(result, all, sizeof all);
}

EXPORT(DE "metadata-hash") void hash(u32 self, u32 result) {
    P1Filestat stat = {.filetype = 0};
    u32 error = p1_fd_filestat_get(file_of(self), &stat);
    put_hash(result, error, &stat);
}

EXPORT(DE "metadata-hash-at") void hash_at(u32 self, u32 flags, u32 at, u32 size, u32 result) {
    P1Filestat stat = {.filetype = 0};
    u32 error = stat_of(self, flags, at, size, &stat);
    put_hash(result, error, &stat);
}

/* ----- times: 0 leaves one as it is, 1 is now, 2 is a moment */

static u32 times_of(u32 first, u32 second) {
    static const u32 ACCESSED[3] = {0, 2, 1}, CHANGED[3] = {0, 8, 4};
    if (first > 2 || second > 2) TRAP();
    return ACCESSED[first] | CHANGED[second];
}

EXPORT(DE "set-times")
void set_times(u32 self, u32 a, u64 a_s, u32 a_ns, u32 m, u64 m_s, u32 m_ns, u32 result) {
    put_done(result, p1_fd_filestat_set_times(file_of(self), a_s * 1000000000 + a_ns,
                                              m_s * 1000000000 + m_ns, times_of(a, m)));
}

EXPORT(DE "set-times-at")
void set_times_at(u32 self, u32 flags, u32 at, u32 size, u32 a, u64 a_s, u32 a_ns, u32 m, u64 m_s,
                  u32 m_ns, u32 result) {
    u32 file = file_of(self);
    Text path = path_at(at, size);
    put_done(result, p1_path_filestat_set_times(file, flags & 1, path.at, path.size,
                                                a_s * 1000000000 + a_ns, m_s * 1000000000 + m_ns,
                                                times_of(a, m)));
}

/* ----- what lies in it */

EXPORT(DE "open-at")
void open_at(u32 self, u32 follow, u32 at, u32 size, u32 how, u32 flags, u32 result) {
    u32 file = file_of(self), found = 0;
    u64 rights = ALL_RIGHTS & ~(u64)(P1_RIGHT_READ | P1_RIGHT_WRITE);
    if (flags & MAY_READ) rights |= P1_RIGHT_READ;
    if (flags & MAY_WRITE) rights |= P1_RIGHT_WRITE;
    u32 fdflags = (flags & FILE_SYNC ? P1_SYNC : 0) | (flags & DATA_SYNC ? P1_DSYNC : 0) |
                  (flags & WRITE_SYNC ? P1_RSYNC : 0);
    Text path = path_at(at, size);
    u32 error = p1_path_open(file, follow & 1, path.at, path.size, how & 15, rights, ALL_RIGHTS,
                             fdflags, &found);
    put_payload(result, error, error ? 0 : descriptor_new(found, flags));
}

EXPORT(DE "create-directory-at") void create_directory(u32 self, u32 at, u32 size, u32 result) {
    u32 file = file_of(self);
    Text path = path_at(at, size);
    put_done(result, p1_path_create_directory(file, path.at, path.size));
}

EXPORT(DE "remove-directory-at") void remove_directory(u32 self, u32 at, u32 size, u32 result) {
    u32 file = file_of(self);
    Text path = path_at(at, size);
    put_done(result, p1_path_remove_directory(file, path.at, path.size));
}

EXPORT(DE "unlink-file-at") void unlink_file(u32 self, u32 at, u32 size, u32 result) {
    u32 file = file_of(self);
    Text path = path_at(at, size);
    put_done(result, p1_path_unlink_file(file, path.at, path.size));
}

EXPORT(DE "link-at")
void link_at(u32 self, u32 flags, u32 at, u32 size, u32 to, u32 name_at, u32 name_size, u32 result) {
    u32 file = file_of(self), other = file_of(to);
    Text path = path_at(at, size), name = got(name_at, name_size);
    put_done(result,
             p1_path_link(file, flags & 1, path.at, path.size, other, name.at, name.size));
}

EXPORT(DE "rename-at")
void rename_at(u32 self, u32 at, u32 size, u32 to, u32 name_at, u32 name_size, u32 result) {
    u32 file = file_of(self), other = file_of(to);
    Text path = path_at(at, size), name = got(name_at, name_size);
    put_done(result, p1_path_rename(file, path.at, path.size, other, name.at, name.size));
}

EXPORT(DE "symlink-at")
void symlink_at(u32 self, u32 target_at, u32 target_size, u32 at, u32 size, u32 result) {
    u32 file = file_of(self);
    Text target = path_at(target_at, target_size), path = got(at, size);
    put_done(result, p1_path_symlink(target.at, target.size, file, path.at, path.size));
}

EXPORT(DE "readlink-at") void readlink_at(u32 self, u32 at, u32 size, u32 result) {
    u32 file = file_of(self), count = 0;
    Text path = path_at(at, size);
    u32 error = p1_path_readlink(file, path.at, path.size, large.piece, BODY_MOST, &count);
    if (put_error(result, 4, error)) return;
    u32 all[3] = {0, given((Text){large.piece, count}), count};
    border_put(result, all, sizeof all);
}

EXPORT(FS "[resource-drop]descriptor") void drop_descriptor(u32 self) {
    if (handle_kind(self) == DESCRIPTOR) file_let_go(file_of(self));
    handle_drop(self, DESCRIPTOR);
}

/* ----- entries of a directory */

#define AHEAD 4096

typedef struct { u32 file, at, size; u64 next; u8 is_last, ahead[AHEAD]; } Entries;

EXPORT(DE "read-directory") void read_directory(u32 self, u32 result) {
    u32 file = file_of(self);
    arena_begin();
    Entries *made = take(sizeof *made);
    made->file = file;
    made->at = made->size = made->is_last = 0;
    made->next = 0;
    file_hold(file);
    put_payload(result, 0, handle_new(ENTRIES, made));
}

/* The next entry with its name behind it; 0 at the end. */
static u32 next_entry(Entries *of, P1Dirent *entry, const u8 **name) {
    for (;;) {
        u32 left = of->size - of->at;
        if (left >= sizeof *entry) {
            COPY(entry, of->ahead + of->at, sizeof *entry);
            if (left - sizeof *entry >= entry->size) {
                *name = of->ahead + of->at + sizeof *entry;
                of->at += sizeof *entry + entry->size;
                of->next = entry->next;
                return 0;
            }
        }
        if (of->is_last) {
            *name = 0;
            return 0;
        }
        u32 error = p1_fd_readdir(of->file, of->ahead, AHEAD, of->next, &of->size);
        if (error) return error;
        of->at = 0;
        of->is_last = of->size < AHEAD;
    }
}

static int is_dots(const u8 *name, u32 size) {
    return size && size < 3 && name[0] == '.' && (size == 1 || name[1] == '.');
}

EXPORT(FS "[method]directory-entry-stream.read-directory-entry")
void read_entry(u32 self, u32 result) {
    Entries *of = handle_of(self, ENTRIES);
    P1Dirent entry;
    const u8 *name;
    u32 all[5] = {0, 0, 0, 0, 0}, error;
    do error = next_entry(of, &entry, &name);
    while (!error && name && is_dots(name, entry.size));
    if (put_error(result, 4, error)) return;
    if (name) {
        all[1] = 1;
        all[2] = type_of(entry.filetype);
        all[3] = given((Text){name, entry.size});
        all[4] = entry.size;
    }
    border_put(result, all, sizeof all);
}

EXPORT(FS "[resource-drop]directory-entry-stream") void drop_entries(u32 self) {
    if (handle_kind(self) == ENTRIES) file_let_go(((Entries *)handle_of(self, ENTRIES))->file);
    handle_drop(self, ENTRIES);
}
