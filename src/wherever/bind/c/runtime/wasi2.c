/* WASI 0.2 for a library, as the core functions that components lower it to: time and randomness,
   and what it prints goes to `output`. There are no arguments, variables, files or sockets, so
   that nothing can be named to the functions of files and sockets. */

/* Where a result goes. */
static uint8_t *wasi2_to(rt_handle *h, uint32_t at, uint32_t size)
{
    return memset(rt_at(h, at, size, 4), 0, size);
}

/* Nothing: an empty list, or the absence of what is optional. */
RT_UNUSED static void wasi2_empty(rt_handle *h, uint32_t to)
{
    wasi2_to(h, to, 8);
}

RT_UNUSED static void wasi2_none(rt_handle *h, uint32_t to)
{
    *rt_at(h, to, 1, 1) = 0;
}

RT_UNUSED static void wasi2_drop(rt_handle *h, uint32_t self)
{
    (void)h, (void)self;
}

RT_UNUSED static void wasi2_exit(rt_handle *h, uint32_t is_failed)
{
    rt_fail(h, RT_EXIT, "the library exited with code %u", (unsigned)is_failed);
}

RT_UNUSED static void wasi2_exit_with_code(rt_handle *h, uint32_t code)
{
    rt_fail(h, RT_EXIT, "the library exited with code %u", (unsigned)(code & 255));
}

RT_UNUSED static uint32_t wasi2_stdin(rt_handle *h)
{
    (void)h;
    return 0;
}

RT_UNUSED static uint32_t wasi2_stdout(rt_handle *h)
{
    (void)h;
    return 1;
}

RT_UNUSED static uint32_t wasi2_stderr(rt_handle *h)
{
    (void)h;
    return 2;
}

RT_UNUSED static void wasi2_check_write(rt_handle *h, uint32_t self, uint32_t to)
{
    (void)self;
    rt_store_u64(wasi2_to(h, to, 16) + 8, 1 << 20);
}

RT_UNUSED static void wasi2_write(
    rt_handle *h, uint32_t self, uint32_t at, uint32_t size, uint32_t to)
{
    const uint8_t *data = rt_at(h, at, size, 1);
    if (h->output != NULL && size != 0 && (self == 1 || self == 2))
        rt_output(h, (int)self, (const char *)data, size);
    wasi2_to(h, to, 12);
}

RT_UNUSED static void wasi2_flush(rt_handle *h, uint32_t self, uint32_t to)
{
    (void)self;
    wasi2_to(h, to, 12);
}

/* The end of stdin: stream-error.closed. */
RT_UNUSED static void wasi2_read(rt_handle *h, uint32_t self, uint64_t size, uint32_t to)
{
    uint8_t *place = wasi2_to(h, to, 12);
    (void)self, (void)size;
    place[0] = place[4] = 1;
}

RT_UNUSED static uint32_t wasi2_subscribe(rt_handle *h, uint32_t self)
{
    (void)h, (void)self;
    return 3;
}

/* Nothing is waited for: what would wait is told that it has. */
RT_UNUSED static uint32_t wasi2_subscribe_time(rt_handle *h, uint64_t when)
{
    (void)h, (void)when;
    return 3;
}

RT_UNUSED static void wasi2_block(rt_handle *h, uint32_t self)
{
    (void)h, (void)self;
}

RT_UNUSED static uint32_t wasi2_ready(rt_handle *h, uint32_t self)
{
    (void)h, (void)self;
    return 1;
}

RT_UNUSED static void wasi2_poll(rt_handle *h, uint32_t list, uint32_t count, uint32_t to)
{
    uint8_t *all;
    (void)list;
    uint32_t at = rt_give(h, (uint64_t)count * 4, 4, &all);
    for (uint32_t each = 0; each < count; each++)
        rt_store_u32(all + (size_t)each * 4, each);
    uint8_t *place = wasi2_to(h, to, 8);
    rt_store_u32(place, at);
    rt_store_u32(place + 4, count);
}

RT_UNUSED static uint64_t wasi2_monotonic(rt_handle *h)
{
    (void)h;
    return rt_clock(true);
}

RT_UNUSED static uint64_t wasi2_resolution(rt_handle *h)
{
    (void)h;
    return 1;
}

RT_UNUSED static void wasi2_wall(rt_handle *h, uint32_t to)
{
    uint64_t now = rt_clock(false);
    uint8_t *place = wasi2_to(h, to, 16);
    rt_store_u64(place, now / 1000000000u);
    rt_store_u32(place + 8, (uint32_t)(now % 1000000000u));
}

RT_UNUSED static void wasi2_wall_resolution(rt_handle *h, uint32_t to)
{
    rt_store_u32(wasi2_to(h, to, 16) + 8, 1);
}

RT_UNUSED static void wasi2_random(rt_handle *h, uint64_t size, uint32_t to)
{
    uint8_t *data;
    uint32_t at = rt_give(h, size, 1, &data);
    rt_random(h, data, size);
    uint8_t *place = wasi2_to(h, to, 8);
    rt_store_u32(place, at);
    rt_store_u32(place + 4, (uint32_t)size);
}

RT_UNUSED static uint64_t wasi2_random_u64(rt_handle *h)
{
    uint8_t data[8];
    rt_random(h, data, sizeof data);
    return rt_load_u64(data);
}

RT_UNUSED static void wasi2_seed(rt_handle *h, uint32_t to)
{
    rt_random(h, wasi2_to(h, to, 16), 16);
}
