/* WASI preview 1 for a library: time and randomness, and what it prints goes to `output`.

   There are no arguments, no variables, no files and no network. */

enum {
    WASI_BADF = 8, WASI_INVAL = 28, WASI_IO = 29, WASI_NOSYS = 52, WASI_NOTSUP = 58,
    WASI_SPIPE = 70, WASI_NOTCAPABLE = 76
};

struct w2c_wasi__snapshot__preview1;
#define WASI(name) w2c_wasi__snapshot__preview1_##name
#define WASI_SELF struct w2c_wasi__snapshot__preview1 *self
#define WASI_H rt_current

/* A place in the guest's memory, or NULL: a wrong address is an error of WASI's, and no trap. */
static uint8_t *wasi_at(rt_handle *h, uint32_t at, uint64_t size)
{
    return h->memory == NULL || at + size > h->memory->size ? NULL : h->memory->data + at;
}

static uint32_t wasi_put32(rt_handle *h, uint32_t at, uint32_t value)
{
    uint8_t *place = wasi_at(h, at, 4);
    if (place == NULL)
        return WASI_INVAL;
    rt_store_u32(place, value);
    return 0;
}

static uint32_t wasi_put64(rt_handle *h, uint32_t at, uint64_t value)
{
    uint8_t *place = wasi_at(h, at, 8);
    if (place == NULL)
        return WASI_INVAL;
    rt_store_u64(place, value);
    return 0;
}

uint32_t WASI(args_sizes_get)(WASI_SELF, uint32_t count, uint32_t size)
{
    uint32_t failed = wasi_put32(WASI_H, count, 0);
    return failed != 0 ? failed : wasi_put32(WASI_H, size, 0);
}

uint32_t WASI(environ_sizes_get)(WASI_SELF, uint32_t count, uint32_t size)
{
    uint32_t failed = wasi_put32(WASI_H, count, 0);
    return failed != 0 ? failed : wasi_put32(WASI_H, size, 0);
}

uint32_t WASI(args_get)(WASI_SELF, uint32_t at, uint32_t text)
{
    (void)self, (void)at, (void)text;
    return 0;
}

uint32_t WASI(environ_get)(WASI_SELF, uint32_t at, uint32_t text)
{
    (void)self, (void)at, (void)text;
    return 0;
}

uint32_t WASI(clock_res_get)(WASI_SELF, uint32_t clock, uint32_t at)
{
    return clock > 1 ? WASI_INVAL : wasi_put64(WASI_H, at, 1);
}

uint32_t WASI(clock_time_get)(WASI_SELF, uint32_t clock, uint64_t precision, uint32_t at)
{
    (void)precision;
    return clock > 1 ? WASI_INVAL : wasi_put64(WASI_H, at, rt_clock(clock == 1));
}

uint32_t WASI(random_get)(WASI_SELF, uint32_t at, uint32_t size)
{
    uint8_t *place = wasi_at(WASI_H, at, size);
    if (place == NULL)
        return WASI_INVAL;
    rt_random(WASI_H, place, size);
    return 0;
}

void WASI(proc_exit)(WASI_SELF, uint32_t code)
{
    rt_fail(WASI_H, RT_EXIT, "the library exited with code %u", (unsigned)code);
}

uint32_t WASI(proc_raise)(WASI_SELF, uint32_t signal)
{
    (void)self, (void)signal;
    return WASI_NOSYS;
}

uint32_t WASI(sched_yield)(WASI_SELF)
{
    (void)self;
    return 0;
}

uint32_t WASI(poll_oneoff)(WASI_SELF, uint32_t in, uint32_t out, uint32_t count, uint32_t events)
{
    (void)self, (void)in, (void)out, (void)count, (void)events;
    return WASI_NOTSUP;
}

uint32_t WASI(fd_write)(WASI_SELF, uint32_t fd, uint32_t list, uint32_t count, uint32_t written)
{
    rt_handle *h = WASI_H;
    uint64_t total = 0;
    if (fd != 1 && fd != 2)
        return WASI_BADF;
    if (count > 1024 || wasi_at(h, list, (uint64_t)count * 8) == NULL)
        return WASI_INVAL;
    for (uint32_t each = 0; each < count; each++) {
        const uint8_t *at = wasi_at(h, list + each * 8, 8);
        uint32_t size = rt_load_u32(at + 4);
        uint8_t *data = wasi_at(h, rt_load_u32(at), size);
        if (data == NULL)
            return WASI_INVAL;
        if (size != 0 && h->output != NULL)
            rt_output(h, (int)fd, (const char *)data, size);
        total += size;
        if (total > INT32_MAX)
            break;
    }
    return wasi_put32(h, written, (uint32_t)total);
}

uint32_t WASI(fd_read)(WASI_SELF, uint32_t fd, uint32_t list, uint32_t count, uint32_t got)
{
    (void)list, (void)count;
    return fd != 0 ? WASI_BADF : wasi_put32(WASI_H, got, 0);
}

uint32_t WASI(fd_fdstat_get)(WASI_SELF, uint32_t fd, uint32_t at)
{
    uint8_t *place = wasi_at(WASI_H, at, 24);
    if (fd > 2)
        return WASI_BADF;
    if (place == NULL)
        return WASI_INVAL;
    memset(place, 0, 24);
    place[0] = 2; /* a device of characters */
    rt_store_u64(place + 8, fd == 0 ? 1u << 1 : 1u << 6); /* to read; to write */
    return 0;
}

uint32_t WASI(fd_filestat_get)(WASI_SELF, uint32_t fd, uint32_t at)
{
    uint8_t *place = wasi_at(WASI_H, at, 64);
    if (fd > 2)
        return WASI_BADF;
    if (place == NULL)
        return WASI_INVAL;
    memset(place, 0, 64);
    place[16] = 2;
    return 0;
}

uint32_t WASI(fd_close)(WASI_SELF, uint32_t fd)
{
    (void)self;
    return fd > 2 ? WASI_BADF : 0;
}

uint32_t WASI(fd_seek)(WASI_SELF, uint32_t fd, uint64_t by, uint32_t from, uint32_t at)
{
    (void)self, (void)by, (void)from, (void)at;
    return fd > 2 ? WASI_BADF : WASI_SPIPE;
}

uint32_t WASI(fd_tell)(WASI_SELF, uint32_t fd, uint32_t at)
{
    (void)self, (void)at;
    return fd > 2 ? WASI_BADF : WASI_SPIPE;
}

uint32_t WASI(fd_prestat_get)(WASI_SELF, uint32_t fd, uint32_t at)
{
    (void)self, (void)fd, (void)at;
    return WASI_BADF;
}

/* What needs a file or a folder has none. */
#define WASI_NONE(name, ...)            \
    uint32_t WASI(name)(__VA_ARGS__)    \
    {                                   \
        return WASI_BADF;               \
    }
#define W32 uint32_t
#define W64 uint64_t
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif
WASI_NONE(fd_advise, WASI_SELF, W32 a, W64 b, W64 c, W32 d)
WASI_NONE(fd_allocate, WASI_SELF, W32 a, W64 b, W64 c)
WASI_NONE(fd_datasync, WASI_SELF, W32 a)
WASI_NONE(fd_fdstat_set_flags, WASI_SELF, W32 a, W32 b)
WASI_NONE(fd_fdstat_set_rights, WASI_SELF, W32 a, W64 b, W64 c)
WASI_NONE(fd_filestat_set_size, WASI_SELF, W32 a, W64 b)
WASI_NONE(fd_filestat_set_times, WASI_SELF, W32 a, W64 b, W64 c, W32 d)
WASI_NONE(fd_pread, WASI_SELF, W32 a, W32 b, W32 c, W64 d, W32 e)
WASI_NONE(fd_prestat_dir_name, WASI_SELF, W32 a, W32 b, W32 c)
WASI_NONE(fd_pwrite, WASI_SELF, W32 a, W32 b, W32 c, W64 d, W32 e)
WASI_NONE(fd_readdir, WASI_SELF, W32 a, W32 b, W32 c, W64 d, W32 e)
WASI_NONE(fd_renumber, WASI_SELF, W32 a, W32 b)
WASI_NONE(fd_sync, WASI_SELF, W32 a)
WASI_NONE(path_create_directory, WASI_SELF, W32 a, W32 b, W32 c)
WASI_NONE(path_filestat_get, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e)
WASI_NONE(path_filestat_set_times, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W64 e, W64 f, W32 g)
WASI_NONE(path_link, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e, W32 f, W32 g)
WASI_NONE(path_open, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e, W64 f, W64 g, W32 i, W32 j)
WASI_NONE(path_readlink, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e, W32 f)
WASI_NONE(path_remove_directory, WASI_SELF, W32 a, W32 b, W32 c)
WASI_NONE(path_rename, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e, W32 f)
WASI_NONE(path_symlink, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e)
WASI_NONE(path_unlink_file, WASI_SELF, W32 a, W32 b, W32 c)
WASI_NONE(sock_accept, WASI_SELF, W32 a, W32 b, W32 c)
WASI_NONE(sock_recv, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e, W32 f)
WASI_NONE(sock_send, WASI_SELF, W32 a, W32 b, W32 c, W32 d, W32 e)
WASI_NONE(sock_shutdown, WASI_SELF, W32 a, W32 b)
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
