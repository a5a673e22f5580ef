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
#define RT_TABLE_MOST (1u << 20) /* elements of a table */

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

/* Memory of the guest */

void wasm_rt_allocate_memory(
    wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64, uint32_t page)
{
    rt_handle *h = rt_current;
    uint64_t room = h->memory_most - h->memory_used;
    if (pages > room / page)
        rt_fail(h, RT_MEMORY, "the library begins with %llu pages of memory, more than its limit",
            (unsigned long long)pages);
    if (most > room / page)
        most = room / page;
    size_t size = most * page;
    size_t reserved = size == 0 ? page : size;
    void *data = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED)
        rt_fail(h, RT_SYSTEM, "no room for a memory of %zu bytes; set a lower limit", size);
    *memory = (wasm_rt_memory_t){
        .data = data, .data_end = (uint8_t *)data + reserved, .page_size = page, .max_pages = most,
        .is64 = is64};
    if (pages != 0 && mprotect(data, pages * page, PROT_READ | PROT_WRITE) != 0)
        rt_fail(h, RT_SYSTEM, "the system gives no memory");
    memory->pages = pages;
    memory->size = pages * page;
    h->memory_used += memory->size;
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta)
{
    rt_handle *h = rt_current;
    uint64_t before = memory->pages, failed = memory->is64 ? UINT64_MAX : UINT32_MAX;
    if (delta == 0)
        return before;
    if (delta > memory->max_pages - before
        || delta > (h->memory_most - h->memory_used) / memory->page_size)
        return failed;
    uint64_t more = delta * memory->page_size;
    if (mprotect(memory->data + memory->size, more, PROT_READ | PROT_WRITE) != 0)
        return failed;
    memory->pages += delta;
    memory->size += more;
    h->memory_used += more;
    return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
    if (memory->data != NULL)
        munmap(memory->data, (size_t)(memory->data_end - memory->data));
    memory->data = NULL;
}

#define RT_TABLE(kind, element)                                                                   \
    void wasm_rt_allocate_##kind##_table(                                                         \
        wasm_rt_##kind##_table_t *table, uint32_t size, uint32_t most)                            \
    {                                                                                             \
        if (size > RT_TABLE_MOST)                                                                 \
            rt_fail(rt_current, RT_MEMORY, "the library begins with a table of %u elements",      \
                (unsigned)size);                                                                  \
        table->max_size = most < RT_TABLE_MOST ? most : RT_TABLE_MOST;                            \
        table->data = calloc(size == 0 ? 1 : size, sizeof(element));                              \
        if (table->data == NULL)                                                                  \
            rt_fail(rt_current, RT_SYSTEM, "the system gives no memory");                         \
        table->size = size;                                                                       \
    }                                                                                             \
    uint32_t wasm_rt_grow_##kind##_table(                                                         \
        wasm_rt_##kind##_table_t *table, uint32_t delta, element first)                           \
    {                                                                                             \
        uint32_t before = table->size;                                                            \
        if (delta == 0)                                                                           \
            return before;                                                                        \
        if (delta > table->max_size - before)                                                     \
            return UINT32_MAX;                                                                    \
        element *data = realloc(table->data, (size_t)(before + delta) * sizeof *data);            \
        if (data == NULL)                                                                         \
            return UINT32_MAX;                                                                    \
        for (uint32_t at = before; at < before + delta; at++)                                     \
            data[at] = first;                                                                     \
        table->data = data;                                                                       \
        table->size = before + delta;                                                             \
        return before;                                                                            \
    }                                                                                             \
    void wasm_rt_free_##kind##_table(wasm_rt_##kind##_table_t *table)                             \
    {                                                                                             \
        free(table->data);                                                                        \
        table->data = NULL;                                                                       \
    }

RT_TABLE(funcref, wasm_rt_funcref_t)
RT_TABLE(externref, wasm_rt_externref_t)
RT_TABLE(exnref, wasm_rt_exnref_t)

bool wasm_rt_is_initialized(void)
{
    return true;
}

/* Exceptions of the guest, which stay in it */

static _Thread_local struct {
    wasm_rt_tag_t tag;
    uint32_t size;
    _Alignas(16) uint8_t data[WASM_EXN_MAX_SIZE];
    wasm_rt_jmp_buf *target;
} rt_exception;

void wasm_rt_load_exception(const wasm_rt_tag_t tag, uint32_t size, const void *values)
{
    if (size > WASM_EXN_MAX_SIZE)
        wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);
    rt_exception.tag = tag;
    rt_exception.size = size;
    if (size != 0)
        memmove(rt_exception.data, values, size);
}

void wasm_rt_throw(void)
{
    if (rt_exception.target == &rt_current->thrown)
        wasm_rt_trap(WASM_RT_TRAP_UNCAUGHT_EXCEPTION);
    WASM_RT_LONGJMP(*rt_exception.target, WASM_RT_TRAP_UNCAUGHT_EXCEPTION);
}

wasm_rt_jmp_buf *wasm_rt_get_unwind_target(void)
{
    return rt_exception.target;
}

void wasm_rt_set_unwind_target(wasm_rt_jmp_buf *target)
{
    rt_exception.target = target;
}

wasm_rt_tag_t wasm_rt_exception_tag(void)
{
    return rt_exception.tag;
}

uint32_t wasm_rt_exception_size(void)
{
    return rt_exception.size;
}

void *wasm_rt_exception(void)
{
    return rt_exception.data;
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
    h->outer_thrown = rt_exception.target;
    rt_current = h;
    rt_exception.target = &h->thrown;
    h->borrowed = 0;
    h->lowering = true;
    h->gives_room = false;
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
    rt_exception.target = h->outer_thrown;
    while (!atomic_compare_exchange_weak(&h->state, &state, RT_IDLE))
        if (state == RT_STOPPING)
            state = RT_RUNNING;
}

/* Before anything of the host is called: it needs stack, and is not called while values cross. */
RT_UNUSED static void rt_calls_out(rt_handle *h)
{
    if (h->gives_room)
        rt_fail(h, RT_INVALID, "the library calls out where it has to give memory");
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
