/* Preview 1, as far as a command is run by it.
   https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md */

#ifndef PREVIEW1_H
#define PREVIEW1_H

#define P1(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

enum { P1_REALTIME, P1_MONOTONIC };
enum { P1_CLOCK, P1_FD_READ };
enum { P1_CHARACTER_DEVICE = 2, P1_DIRECTORY = 3 };
enum { P1_BADF = 8, P1_NOTSUP = 58 };
enum { P1_RIGHT_READ = 1 << 1, P1_RIGHT_WRITE = 1 << 6 };
enum { P1_DSYNC = 2, P1_RSYNC = 8, P1_SYNC = 16 };

typedef struct {
    u64 userdata;
    u8 tag;
    u64 clock; /* or the descriptor */
    u64 timeout, precision;
    u16 flags;
} P1Subscription;
typedef struct { u64 userdata; u16 error; u8 tag; u64 size; u16 flags; } P1Event;
typedef struct { u8 filetype; u16 flags; u64 rights, inheriting; } P1Fdstat;
typedef struct { u64 dev, ino; u8 filetype; u64 nlink, size, atim, mtim, ctim; } P1Filestat;
typedef struct { u8 tag; u32 size; } P1Prestat;
typedef struct { u64 next, ino; u32 size; u8 filetype; } P1Dirent;
typedef struct { const void *at; u32 size; } P1Buffer;

P1(args_get) u32 p1_args_get(u8 **at, u8 *all);
P1(args_sizes_get) u32 p1_args_sizes_get(u32 *count, u32 *size);
P1(environ_get) u32 p1_environ_get(u8 **at, u8 *all);
P1(environ_sizes_get) u32 p1_environ_sizes_get(u32 *count, u32 *size);
P1(clock_time_get) u32 p1_clock_time_get(u32 clock, u64 precision, u64 *time);
P1(random_get) u32 p1_random_get(void *at, u32 size);
P1(poll_oneoff) u32 p1_poll_oneoff(const P1Subscription *in, P1Event *out, u32 count, u32 *found);
P1(proc_exit) void p1_proc_exit(u32 code);
P1(fd_advise) u32 p1_fd_advise(u32 fd, u64 offset, u64 size, u32 advice);
P1(fd_close) u32 p1_fd_close(u32 fd);
P1(fd_datasync) u32 p1_fd_datasync(u32 fd);
P1(fd_fdstat_get) u32 p1_fd_fdstat_get(u32 fd, P1Fdstat *stat);
P1(fd_filestat_get) u32 p1_fd_filestat_get(u32 fd, P1Filestat *stat);
P1(fd_filestat_set_size) u32 p1_fd_filestat_set_size(u32 fd, u64 size);
P1(fd_filestat_set_times) u32 p1_fd_filestat_set_times(u32 fd, u64 atim, u64 mtim, u32 flags);
P1(fd_pread) u32 p1_fd_pread(u32 fd, const P1Buffer *to, u32 count, u64 offset, u32 *size);
P1(fd_prestat_get) u32 p1_fd_prestat_get(u32 fd, P1Prestat *stat);
P1(fd_prestat_dir_name) u32 p1_fd_prestat_dir_name(u32 fd, void *at, u32 size);
P1(fd_pwrite) u32 p1_fd_pwrite(u32 fd, const P1Buffer *from, u32 count, u64 offset, u32 *size);
P1(fd_read) u32 p1_fd_read(u32 fd, const P1Buffer *to, u32 count, u32 *size);
P1(fd_readdir) u32 p1_fd_readdir(u32 fd, void *at, u32 size, u64 cookie, u32 *found);
P1(fd_sync) u32 p1_fd_sync(u32 fd);
P1(fd_write) u32 p1_fd_write(u32 fd, const P1Buffer *from, u32 count, u32 *size);
P1(path_create_directory) u32 p1_path_create_directory(u32 fd, const u8 *path, u32 size);
P1(path_filestat_get)
u32 p1_path_filestat_get(u32 fd, u32 flags, const u8 *path, u32 size, P1Filestat *stat);
P1(path_filestat_set_times)
u32 p1_path_filestat_set_times(u32 fd, u32 flags, const u8 *path, u32 size, u64 atim, u64 mtim,
                               u32 times);
P1(path_link)
u32 p1_path_link(u32 fd, u32 flags, const u8 *path, u32 size, u32 to, const u8 *name, u32 name_size);
P1(path_open)
u32 p1_path_open(u32 fd, u32 follow, const u8 *path, u32 size, u32 how, u64 rights, u64 inheriting,
                 u32 flags, u32 *found);
P1(path_readlink)
u32 p1_path_readlink(u32 fd, const u8 *path, u32 size, void *to, u32 room, u32 *found);
P1(path_remove_directory) u32 p1_path_remove_directory(u32 fd, const u8 *path, u32 size);
P1(path_rename)
u32 p1_path_rename(u32 fd, const u8 *path, u32 size, u32 to, const u8 *name, u32 name_size);
P1(path_symlink)
u32 p1_path_symlink(const u8 *target, u32 target_size, u32 fd, const u8 *path, u32 size);
P1(path_unlink_file) u32 p1_path_unlink_file(u32 fd, const u8 *path, u32 size);

#endif
