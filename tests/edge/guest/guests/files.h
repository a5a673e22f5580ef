/* wasi:filesystem as core functions. */

#define FS "wasi:filesystem/types"
#define OF "[method]descriptor."

IMPORT("wasi:filesystem/preopens", "get-directories") void directories(u32 *result);
IMPORT(FS, "filesystem-error-code") void file_error(u32 error, u8 *result);
IMPORT(FS, "[resource-drop]descriptor") void file_drop(u32 self);
IMPORT(FS, "[resource-drop]directory-entry-stream") void entries_drop(u32 self);
IMPORT(FS, "[method]directory-entry-stream.read-directory-entry") void entries_next(u32 self, u32 *result);

IMPORT(FS, OF "read-via-stream") void file_in(u32 self, u64 at, u32 *result);
IMPORT(FS, OF "write-via-stream") void file_out(u32 self, u64 at, u32 *result);
IMPORT(FS, OF "append-via-stream") void file_append(u32 self, u32 *result);
IMPORT(FS, OF "advise") void file_advise(u32 self, u64 at, u64 length, u32 advice, u32 *result);
IMPORT(FS, OF "sync") void file_sync(u32 self, u32 *result);
IMPORT(FS, OF "sync-data") void file_sync_data(u32 self, u32 *result);
IMPORT(FS, OF "get-flags") void file_flags(u32 self, u32 *result);
IMPORT(FS, OF "get-type") void file_type(u32 self, u32 *result);
IMPORT(FS, OF "set-size") void file_size(u32 self, u64 size, u32 *result);
IMPORT(FS, OF "set-times")
void file_times(u32 self, u32 a, u64 as, u32 an, u32 m, u64 ms, u32 mn, u32 *result);
IMPORT(FS, OF "read") void file_read(u32 self, u64 size, u64 at, u32 *result);
IMPORT(FS, OF "write") void file_write(u32 self, const void *from, u32 size, u64 at, u32 *result);
IMPORT(FS, OF "read-directory") void file_list(u32 self, u32 *result);
IMPORT(FS, OF "stat") void file_stat(u32 self, u64 *result);
IMPORT(FS, OF "metadata-hash") void file_hash(u32 self, u64 *result);
IMPORT(FS, OF "is-same-object") u32 file_same(u32 self, u32 other);

IMPORT(FS, OF "create-directory-at") void make_at(u32 self, const void *path, u32 size, u32 *result);
IMPORT(FS, OF "remove-directory-at") void remove_at(u32 self, const void *path, u32 size, u32 *result);
IMPORT(FS, OF "unlink-file-at") void unlink_at(u32 self, const void *path, u32 size, u32 *result);
IMPORT(FS, OF "readlink-at") void readlink_at(u32 self, const void *path, u32 size, u32 *result);
IMPORT(FS, OF "open-at")
void open_at(u32 self, u32 follow, const void *path, u32 size, u32 open, u32 flags, u32 *result);
IMPORT(FS, OF "stat-at") void stat_at(u32 self, u32 follow, const void *path, u32 size, u64 *result);
IMPORT(FS, OF "metadata-hash-at")
void hash_at(u32 self, u32 follow, const void *path, u32 size, u64 *result);
IMPORT(FS, OF "set-times-at")
void times_at(u32 self, u32 follow, const void *path, u32 size, u32 a, u64 as, u32 an, u32 m, u64 ms,
              u32 mn, u32 *result);
IMPORT(FS, OF "link-at")
void link_at(u32 self, u32 follow, const void *path, u32 size, u32 other, const void *to, u32 length,
             u32 *result);
IMPORT(FS, OF "rename-at")
void rename_at(u32 self, const void *path, u32 size, u32 other, const void *to, u32 length, u32 *result);
IMPORT(FS, OF "symlink-at")
void symlink_at(u32 self, const void *target, u32 length, const void *path, u32 size, u32 *result);

IMPORT(IO, "[method]output-stream.write-zeroes") void out_zeroes(u32 self, u64 size, u32 *result);
IMPORT(IO, "[method]output-stream.subscribe") u32 out_subscribe(u32 self);
