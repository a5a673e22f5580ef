/* Entering and leaving the guest: its memory, its limits, and how it is ended. */
#include "runtime.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RT_UNUSED __attribute__((unused))
#define RT_STACK_LEFT (96 << 10) /* for one frame of the guest, and for callbacks */
#define RT_CALLBACK_LEFT (192 << 10)
#define RT_TABLE_MOST (1u << 20)
#define RT_REFUSED(h) ((void)0)

static _Thread_local rt_handle *rt_current;
static _Thread_local uintptr_t rt_stack_end;

/* Errors */

static void rt_say(rt_handle *h, const char *format, va_list given)
{
    vsnprintf(h->message, sizeof h->message, format, given);
}

static void rt_fail(rt_handle *h, int code, const char *format, ...)
{
    va_list given;
    va_start(given, format);
    rt_say(h, format, given);
    va_end(given);
    longjmp(h->jump, code);
}

/* Ends the guest with what a callback said, or that it said nothing. */
WASM_RT_NO_RETURN RT_UNUSED static void rt_callback_failed(rt_handle *h, const char *name)
{
    if (h->message[0] == '\0')
        snprintf(h->message, sizeof h->message, "the callback of %s failed", name);
    longjmp(h->jump, RT_IMPORT);
}

void wasm_rt_trap(wasm_rt_trap_t code)
{
    static const char *const words[] = {
        [WASM_RT_TRAP_OOB] = "an address outside of its memory or of a table",
        [WASM_RT_TRAP_INT_OVERFLOW] = "an integer overflow",
        [WASM_RT_TRAP_DIV_BY_ZERO] = "a division by zero",
        [WASM_RT_TRAP_INVALID_CONVERSION] = "a number that is no integer",
        [WASM_RT_TRAP_UNREACHABLE] = "an instruction that is never to be reached",
        [WASM_RT_TRAP_CALL_INDIRECT] = "a call of what is no such function",
        [WASM_RT_TRAP_NULL_REF] = "a reference to nothing",
        [WASM_RT_TRAP_UNCAUGHT_EXCEPTION] = "an exception that it does not catch",
        [WASM_RT_TRAP_UNALIGNED] = "an atomic access that is not aligned",
        [WASM_RT_TRAP_EXHAUSTION] = "an exception that is too large",
    };
    rt_fail(rt_current, RT_TRAP, "the library trapped: %s", words[code]);
}

void wasm_rt_stop(void)
{
    rt_handle *h = rt_current;
    if (atomic_load(&h->state) == RT_RUNNING)
        rt_fail(h, RT_STACK, "the library used more than its %zu bytes of stack", h->stack_most);
    while (atomic_load(&h->state) != RT_STOPPED)
        ;
    if (atomic_load(&h->why) == RT_TIMEOUT)
        rt_fail(h, RT_TIMEOUT, "the call took longer than its %u ms", (unsigned)h->timeout_ms);
    rt_fail(h, RT_INTERRUPTED, "the call was interrupted");
}

/* Calls */

static uintptr_t rt_find_stack_end(void)
{
#if defined(__linux__)
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0, guard = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return 1;
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)start + guard;
#elif defined(__APPLE__)
    pthread_t self = pthread_self();
    return (uintptr_t)pthread_get_stackaddr_np(self) - pthread_get_stacksize_np(self);
#else
    return 1;
#endif
}

static void rt_interrupt(rt_handle *h, int why)
{
    for (;;) {
        int state = RT_RUNNING;
        if (atomic_compare_exchange_strong(&h->state, &state, RT_STOPPING)) {
            atomic_store(&h->why, why);
            for (int at = 0; at < RT_INSTANCES && h->limits[at] != NULL; at++)
                __atomic_store_n(h->limits[at], UINTPTR_MAX, __ATOMIC_RELAXED);
            atomic_store(&h->state, RT_STOPPED);
            return;
        }
        if (state != RT_ENTERING)
            return;
    }
}

static void rt_watch(rt_handle *h);
static void rt_unwatch(rt_handle *h);
static void rt_release(struct rt_arena *arena);

/* Begins a call: of those that fail, only what `rt_fail` ended is followed by `rt_failed`. */
static int rt_enter(rt_handle *h)
{
    int state = RT_IDLE;
    if (h == NULL)
        return RT_ARGUMENT;
    if (!atomic_compare_exchange_strong(&h->state, &state, RT_ENTERING))
        return RT_BUSY;
    if (h->ended != RT_OK) {
        atomic_store(&h->state, RT_IDLE);
        return RT_ENDED;
    }
    if (rt_stack_end == 0)
        rt_stack_end = rt_find_stack_end();
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), limit = here - h->stack_most;
    if (h->stack_most > here)
        limit = 1;
    if (rt_stack_end < here && limit < rt_stack_end + RT_STACK_LEFT)
        limit = rt_stack_end + RT_STACK_LEFT;
    for (int at = 0; at < RT_INSTANCES && h->limits[at] != NULL; at++)
        __atomic_store_n(h->limits[at], limit, __ATOMIC_RELAXED);
    h->outer = rt_current;
    h->outer_thrown = wasm_rt_get_unwind_target();
    rt_current = h;
    wasm_rt_set_unwind_target(&h->thrown);
    h->borrowed = 0;
    h->lowering = true;
    h->is_alone = false;
    atomic_store_explicit(&h->state, RT_RUNNING, memory_order_release);
    if (h->timeout_ms != 0)
        rt_watch(h);
    return RT_OK;
}

static void rt_leave(rt_handle *h)
{
    int state = RT_RUNNING;
    if (h->timeout_ms != 0)
        rt_unwatch(h);
    rt_current = h->outer;
    wasm_rt_set_unwind_target(h->outer_thrown);
    while (!atomic_compare_exchange_weak(&h->state, &state, RT_IDLE))
        if (state == RT_STOPPING)
            state = RT_RUNNING;
}

/* Before anything of the host is called: it needs stack, and is not called while values cross. */
RT_UNUSED static void rt_calls_out(rt_handle *h)
{
    if (h->is_alone)
        rt_fail(h, RT_INVALID, "the library calls out where it must not");
    if (rt_stack_end > 1 && guest_stack < rt_stack_end + RT_CALLBACK_LEFT)
        rt_fail(h, RT_STACK, "the thread has too little stack left for a callback");
    h->callbacks++;
}

static int rt_failed(rt_handle *h, int code)
{
    rt_release(&h->scratch);
    if (code != RT_ARGUMENT)
        h->ended = code;
    rt_leave(h);
    return code;
}

/* Runs `call`, which can fail; the frames of callers are never jumped over. */
#define RT_CALL(h)                         \
    int rt_code = rt_enter(h);             \
    if (rt_code != RT_OK)                  \
        return rt_code;                    \
    if ((rt_code = _setjmp((h)->jump)) != 0) \
        return rt_failed(h, rt_code);

static void rt_open(rt_handle *h)
{
    h->memory_used = 0;
    h->ended = RT_OK;
    h->message[0] = '\0';
}

static void rt_close(rt_handle *h)
{
    rt_release(&h->results);
    rt_release(&h->scratch);
    free(h->guests.slots);
    free(h->hosts.slots);
    h->guests = h->hosts = (struct rt_table){0};
}
