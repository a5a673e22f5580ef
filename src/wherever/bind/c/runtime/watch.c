/* Deadlines: one thread for all handles, there while one of them has a timeout. */
#include <signal.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    rt_handle *first;
    uint64_t sleeps_until;
    unsigned users, turn;
    bool is_running, is_ready, is_hooked;
} rt_watcher = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t rt_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void rt_unlink(rt_handle *h)
{
    if (h->before != NULL)
        h->before->after = h->after;
    else
        rt_watcher.first = h->after;
    if (h->after != NULL)
        h->after->before = h->before;
    h->before = h->after = NULL;
    h->is_watched = false;
}

static void *rt_watching(void *turn)
{
    pthread_mutex_lock(&rt_watcher.lock);
    while (rt_watcher.turn == (unsigned)(uintptr_t)turn) {
        uint64_t next = UINT64_MAX, now = rt_now();
        for (rt_handle *h = rt_watcher.first, *after; h != NULL; h = after) {
            after = h->after;
            if (h->deadline <= now) {
                rt_unlink(h);
                rt_interrupt(h, RT_TIMEOUT);
            } else if (h->deadline < next) {
                next = h->deadline;
            }
        }
        rt_watcher.sleeps_until = next;
        if (next == UINT64_MAX) {
            pthread_cond_wait(&rt_watcher.wake, &rt_watcher.lock);
        } else {
#if defined(__APPLE__)
            uint64_t left = next - now;
            struct timespec until = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
            pthread_cond_timedwait_relative_np(&rt_watcher.wake, &rt_watcher.lock, &until);
#else
            struct timespec until = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)};
            pthread_cond_timedwait(&rt_watcher.wake, &rt_watcher.lock, &until);
#endif
        }
        rt_watcher.sleeps_until = 0;
    }
    pthread_mutex_unlock(&rt_watcher.lock);
    return NULL;
}

/* A child of fork has no thread, and no call under way but its own. */
static void rt_forked(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    memcpy(&rt_watcher.lock, &fresh, sizeof fresh);
    rt_watcher.is_running = rt_watcher.is_ready = false;
    rt_watcher.sleeps_until = 0;
}

/* Called with the lock held. */
static bool rt_start_watcher(void)
{
    if (!rt_watcher.is_ready) {
        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
        pthread_cond_init(&rt_watcher.wake, &attributes);
        pthread_condattr_destroy(&attributes);
        rt_watcher.is_ready = true;
        if (!rt_watcher.is_hooked)
            rt_watcher.is_hooked = pthread_atfork(NULL, NULL, rt_forked) == 0;
    }
    if (!rt_watcher.is_running) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of others */
        rt_watcher.is_running
            = pthread_create(&rt_watcher.thread, NULL, rt_watching,
                  (void *)(uintptr_t)rt_watcher.turn) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return rt_watcher.is_running;
}

/* Sets how long calls may take; the thread is there while any handle has such a limit. */
static bool rt_set_timeout(rt_handle *h, uint32_t ms)
{
    bool had = h->timeout_ms != 0, has = ms != 0, done = true;
    h->timeout_ms = ms;
    if (had == has)
        return true;
    pthread_mutex_lock(&rt_watcher.lock);
    if (has) {
        rt_watcher.users++;
        done = rt_start_watcher();
        if (!done) {
            rt_watcher.users--;
            h->timeout_ms = 0;
        }
        pthread_mutex_unlock(&rt_watcher.lock);
        return done;
    }
    bool is_last = --rt_watcher.users == 0 && rt_watcher.is_running;
    pthread_t thread = rt_watcher.thread;
    if (is_last) {
        rt_watcher.is_running = false;
        rt_watcher.turn++;
        pthread_cond_signal(&rt_watcher.wake);
    }
    pthread_mutex_unlock(&rt_watcher.lock);
    if (is_last)
        pthread_join(thread, NULL);
    return true;
}

static void rt_watch(rt_handle *h)
{
    h->deadline = rt_now() + (uint64_t)h->timeout_ms * 1000000u;
    pthread_mutex_lock(&rt_watcher.lock);
    rt_start_watcher();
    h->before = NULL;
    h->after = rt_watcher.first;
    if (h->after != NULL)
        h->after->before = h;
    rt_watcher.first = h;
    h->is_watched = true;
    if (h->deadline < rt_watcher.sleeps_until)
        pthread_cond_signal(&rt_watcher.wake);
    pthread_mutex_unlock(&rt_watcher.lock);
}

static void rt_unwatch(rt_handle *h)
{
    pthread_mutex_lock(&rt_watcher.lock);
    if (h->is_watched)
        rt_unlink(h);
    pthread_mutex_unlock(&rt_watcher.lock);
}
