/* What a library gets of the system: time and randomness. */
#if defined(__linux__)
#include <sys/random.h>
#endif

RT_UNUSED static void rt_output(rt_handle *h, int stream, const char *data, size_t size)
{
    if (guest_stack < rt_stack_end + RT_CALLBACK_LEFT && rt_stack_end > 1)
        rt_fail(h, RT_STACK, "the thread has too little stack left to print");
    h->output(h->context, stream, data, size);
}

RT_UNUSED static void rt_random(rt_handle *h, uint8_t *place, size_t size)
{
    while (size != 0) {
#if defined(__linux__)
        ssize_t got = getrandom(place, size < 256 ? size : 256, 0);
        if (got < 0 && errno == EINTR)
            continue;
#else
        ssize_t got = size < 256 ? (ssize_t)size : 256;
        if (getentropy(place, (size_t)got) != 0)
            got = -1;
#endif
        if (got < 0)
            rt_fail(h, RT_SYSTEM, "the system gives no random bytes");
        place += got;
        size -= (size_t)got;
    }
}

RT_UNUSED static uint64_t rt_clock(bool monotonic)
{
    struct timespec now;
    clock_gettime(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

