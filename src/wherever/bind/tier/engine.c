/* The functions by which Python knows its engine, over a guest's own native code.

   Names, arguments and layouts are those of the engine's C interface, as far as a library needs
   them: a store, its limits and its clock, instances, calls both ways, memories and globals. So
   everything above them is the same for both. Errors and traps are the engine's own objects, made
   by its own functions (`struct outside`). One thread at a time is in a store; its clock is
   advanced by another. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tier.h"

#define API __attribute__((visibility("default")))

/* Kinds of what is imported and exported, and traps, as the engine numbers them. */
enum { FUNC, GLOBAL, TABLE, MEMORY };
enum {
    TRAP_STACK, TRAP_MEMORY, TRAP_UNALIGNED, TRAP_TABLE, TRAP_NULL, TRAP_SIGNATURE, TRAP_OVERFLOW,
    TRAP_ZERO, TRAP_CONVERSION, TRAP_UNREACHABLE, TRAP_INTERRUPT
};

struct outside {
    void *(*trap_new)(const char *text, size_t size);
    void *(*trap_new_code)(uint8_t code);
    void *(*error_new)(const char *text);
};
static struct outside outside;

struct engine {
    struct engine *next;
    pthread_mutex_t lock; /* of the list, and of each store's list of instances */
    rt_handle *stores;
    _Atomic uint64_t epoch;
    size_t stack;
};

/* A call from outside, while it goes on. */
struct frame {
    jmp_buf jump;
    void *error, *trap;
    rt_handle *current;
    struct frame *outer;
    wasm_rt_jmp_buf *target;
    uintptr_t low;
};

struct instance {
    struct instance *next;
    const struct module *module;
    void *self; /* what the guest's code knows; begins with its limit */
    struct function *functions;
};

struct host {
    struct host *next;
    struct function function;
};

typedef void *(*ask)(void *context, void *data, uint64_t *delta, uint8_t *kind);

/* A store, and its context. */
struct rt_handle {
    struct engine *engine;
    rt_handle *next;
    /* As the engine has them: beside the limits of one memory and one table, how many of each. */
    uint64_t one, memory, another, elements, instances_most, tables, memories;
    uint8_t traps_refused;
    uint64_t memory_most, memory_used;
    struct instance *instances;
    struct host *hosts;
    struct frame *frame;
    wasm_rt_jmp_buf thrown;
    uintptr_t low; /* the lowest address that the stack may reach */
    _Atomic bool is_inside;
    ask ask;
    void *data;
    uint64_t deadline;
};
_Static_assert(offsetof(rt_handle, one) == 16, "words of limits lie where Python looks for them");

static _Thread_local rt_handle *rt_current;

/* How a call ends early */

WASM_RT_NO_RETURN static void leave_with(rt_handle *store, void *error, void *trap)
{
    store->frame->error = error;
    store->frame->trap = trap;
    longjmp(store->frame->jump, 1);
}

enum { RT_MEMORY, RT_SYSTEM };

WASM_RT_NO_RETURN static void rt_fail(rt_handle *store, int code, const char *format, ...)
{
    char text[200] = "resource limit exceeded: ";
    size_t start = code == RT_MEMORY ? strlen(text) : 0;
    va_list given;
    va_start(given, format);
    vsnprintf(text + start, sizeof text - start, format, given);
    va_end(given);
    leave_with(store, NULL, outside.trap_new(text, strlen(text)));
}

void wasm_rt_trap(wasm_rt_trap_t code)
{
    static const uint8_t codes[] = {
        [WASM_RT_TRAP_OOB] = TRAP_MEMORY,
        [WASM_RT_TRAP_INT_OVERFLOW] = TRAP_OVERFLOW,
        [WASM_RT_TRAP_DIV_BY_ZERO] = TRAP_ZERO,
        [WASM_RT_TRAP_INVALID_CONVERSION] = TRAP_CONVERSION,
        [WASM_RT_TRAP_UNREACHABLE] = TRAP_UNREACHABLE,
        [WASM_RT_TRAP_UNALIGNED] = TRAP_UNALIGNED,
        [WASM_RT_TRAP_NULL_REF] = TRAP_NULL,
        [WASM_RT_TRAP_TABLE] = TRAP_TABLE,
        [WASM_RT_TRAP_NULL] = TRAP_NULL,
        [WASM_RT_TRAP_SIGNATURE] = TRAP_SIGNATURE,
    };
    if (code == WASM_RT_TRAP_UNCAUGHT_EXCEPTION)
        rt_fail(rt_current, RT_SYSTEM, "an exception that nothing in the guest catches");
    if (code == WASM_RT_TRAP_EXHAUSTION)
        rt_fail(rt_current, RT_SYSTEM, "an exception that is too large");
    leave_with(rt_current, NULL, outside.trap_new_code(codes[code]));
}

static void limit(rt_handle *store, uintptr_t low)
{
    store->low = low;
    for (struct instance *each = store->instances; each != NULL; each = each->next)
        __atomic_store_n((guest_limit *)each->self, low, __ATOMIC_RELAXED);
}

void wasm_rt_stop(void)
{
    rt_handle *store = rt_current;
    if ((uintptr_t)__builtin_frame_address(0) < store->low)
        leave_with(store, NULL, outside.trap_new_code(TRAP_STACK));
    limit(store, store->low); /* before asking: what ticks from now on counts */
    uint64_t now = atomic_load(&store->engine->epoch), delta = 0;
    if (now < store->deadline)
        return;
    if (store->ask == NULL)
        leave_with(store, NULL, outside.trap_new_code(TRAP_INTERRUPT));
    uint8_t kind = 0;
    void *error = store->ask(store, store->data, &delta, &kind);
    if (error != NULL)
        leave_with(store, error, NULL);
    store->deadline = now + delta;
}

/* What a limit refuses ends the guest, where nothing else can have refused it. */
#define RT_REFUSED(store) \
    if ((store)->traps_refused) \
        rt_fail(store, RT_MEMORY, "it asks for more memory than it may have")
#define RT_TABLE_MOST (rt_current->elements < UINT32_MAX ? (uint32_t)rt_current->elements : UINT32_MAX)

#include "memory.c"

/* Calls */

static void enter(rt_handle *store, struct frame *frame)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    *frame = (struct frame){.current = rt_current, .outer = store->frame, .low = store->low,
        .target = wasm_rt_get_unwind_target()};
    store->frame = frame;
    rt_current = store;
    wasm_rt_set_unwind_target(&store->thrown);
    limit(store, here > store->engine->stack ? here - store->engine->stack : 1);
    atomic_store_explicit(&store->is_inside, true, memory_order_relaxed);
}

static void leave(rt_handle *store, struct frame *frame)
{
    store->frame = frame->outer;
    rt_current = frame->current;
    wasm_rt_set_unwind_target(frame->target);
    atomic_store_explicit(&store->is_inside, frame->outer != NULL, memory_order_relaxed);
    if (frame->outer != NULL)
        limit(store, frame->low);
}

struct func_ref {
    uint64_t store;
    const struct function *function;
};

API void *wasmtime_func_call_unchecked(
    rt_handle *store, const struct func_ref *called, slot *slots, size_t count, void **trap)
{
    struct frame frame;
    (void)count;
    enter(store, &frame);
    if (_setjmp(frame.jump) == 0)
        called->function->enter(called->function, slots);
    leave(store, &frame);
    *trap = frame.trap;
    return frame.error;
}

void tier_call_host(const struct function *function, slot *slots, size_t count)
{
    rt_handle *store = rt_current;
    void *trap = function->callback(function->environment, NULL, slots, count);
    if (trap != NULL)
        leave_with(store, NULL, trap);
}

/* Unlike the engine's, this is told the type by its letters. */
API void wasmtime_func_new_unchecked(
    rt_handle *store, const char *type, void *(*callback)(void *, void *, slot *, size_t),
    void *environment, void (*finalizer)(void *), struct func_ref *made)
{
    (void)finalizer;
    struct host *host = calloc(1, sizeof *host);
    if (host == NULL)
        abort(); /* as the engine does */
    /* Without a shape it is none that any import here has, and no instance takes it. */
    for (const struct shape *shape = tier_shapes; shape->type != NULL; shape++)
        if (strcmp(shape->type, type) == 0)
            host->function = (struct function){shape->type, shape->enter, shape->host,
                &host->function, callback, environment};
    host->next = store->hosts;
    store->hosts = host;
    *made = (struct func_ref){(uintptr_t)store, &host->function};
}

/* Instances */

struct external {
    uint8_t kind;
    uint64_t store;
    void *item;
    uint64_t type; /* the letter of a global; whether it can be set */
};
_Static_assert(sizeof(struct external) == 32, "as large as the engine's");

struct instance_ref {
    uint64_t store;
    struct instance *instance;
};

/* What lies between a memory or a table and the one that is imported, or NULL. */
static const char *between(uint64_t size, uint64_t most, const struct wanted *wanted)
{
    if (size < wanted->low)
        return "is smaller than it must be";
    return most > wanted->high ? "may grow larger than it must" : NULL;
}

static const char *unfit(const struct wanted *wanted, const struct external *given)
{
    if (given->kind != wanted->kind || given->item == NULL)
        return "is of another kind";
    switch (wanted->kind) {
    case FUNC: {
        const struct function *function = given->item;
        bool same = function->type != NULL && strcmp(function->type, wanted->type) == 0;
        return same ? NULL : "has another type";
    }
    case GLOBAL: {
        uint64_t type = (uint8_t)wanted->type[0] | (uint64_t)(wanted->type[1] == 'm') << 8;
        return given->type == type ? NULL : "has another type";
    }
    case MEMORY: {
        const wasm_rt_memory_t *memory = given->item;
        if (memory->is64 != (wanted->type[0] == '6') || memory->page_size != 65536)
            return "has other addresses";
        return between(memory->pages, given->type, wanted);
    }
    default: {
        const wasm_rt_funcref_table_t *table = given->item;
        return between(table->size, given->type, wanted);
    }
    }
}

API void *wasmtime_instance_new(rt_handle *store, const struct module *module,
    const struct external *given, size_t count, struct instance_ref *made, void **trap)
{
    char text[200];
    *trap = NULL;
    if (count != module->wanted_count)
        return outside.error_new("expected another number of imports");
    for (size_t at = 0; at < count; at++) {
        const char *why = unfit(&module->wanted[at], &given[at]);
        if (why != NULL) {
            snprintf(text, sizeof text, "incompatible import type for `%.80s`: it %s",
                module->wanted[at].name, why);
            return outside.error_new(text);
        }
    }
    struct instance *instance = calloc(1, sizeof *instance);
    void *self = calloc(1, module->size + module->given_size);
    struct function *functions = calloc(module->export_count + 1, sizeof *functions);
    void **items = calloc(count + 1, sizeof *items);
    if (instance == NULL || self == NULL || functions == NULL || items == NULL) {
        free(instance), free(self), free(functions), free(items);
        return outside.error_new("the system gives no memory");
    }
    for (size_t at = 0; at < count; at++)
        items[at] = given[at].item;
    for (size_t at = 0; at < module->export_count; at++) {
        const struct exported *each = &module->exports[at];
        functions[at] = (struct function){each->type, each->enter, each->code, self, NULL, NULL};
    }
    *instance = (struct instance){NULL, module, self, functions};
    pthread_mutex_lock(&store->engine->lock);
    instance->next = store->instances;
    store->instances = instance;
    pthread_mutex_unlock(&store->engine->lock);
    struct frame frame;
    enter(store, &frame);
    if (_setjmp(frame.jump) == 0)
        module->begin(self, (char *)self + module->size, items);
    leave(store, &frame);
    free(items);
    *made = (struct instance_ref){(uintptr_t)store, instance};
    *trap = frame.trap;
    return frame.error;
}

API bool wasmtime_instance_export_get(rt_handle *store, const struct instance_ref *of,
    const char *name, size_t size, struct external *found)
{
    struct instance *instance = of->instance;
    const struct module *module = instance->module;
    for (size_t at = 0; at < module->export_count; at++) {
        const struct exported *each = &module->exports[at];
        if (each->name_size != size || memcmp(each->name, name, size) != 0)
            continue;
        *found = (struct external){each->kind, (uintptr_t)store, &instance->functions[at], each->high};
        if (each->kind != FUNC)
            found->item = ((void *(*)(void *))each->code)(instance->self);
        return true;
    }
    return false;
}

API uint8_t *wasmtime_memory_data(rt_handle *store, const struct func_ref *memory)
{
    (void)store;
    return ((const wasm_rt_memory_t *)memory->function)->data;
}

API size_t wasmtime_memory_data_size(rt_handle *store, const struct func_ref *memory)
{
    (void)store;
    return ((const wasm_rt_memory_t *)memory->function)->size;
}

API void wasmtime_global_get(rt_handle *store, const uint64_t *global, uint64_t *value)
{
    static const char letters[] = "iIfFv";
    const char *letter = strchr(letters, (int)(global[2] & 0xFF));
    int kind = letter == NULL ? 0 : (int)(letter - letters);
    (void)store;
    *(uint8_t *)value = (uint8_t)kind;
    memcpy(value + 1, (const void *)(uintptr_t)global[1], (const size_t[]){4, 8, 4, 8, 16}[kind]);
}

/* Stores */

API rt_handle *wasmtime_store_new(struct engine *engine, void *data, void (*finalizer)(void *))
{
    rt_handle *store = calloc(1, sizeof *store);
    (void)data, (void)finalizer;
    if (store == NULL)
        abort(); /* as the engine does */
    store->engine = engine;
    store->deadline = UINT64_MAX;
    pthread_mutex_lock(&engine->lock);
    store->next = engine->stores;
    engine->stores = store;
    pthread_mutex_unlock(&engine->lock);
    return store;
}

API rt_handle *wasmtime_store_context(rt_handle *store)
{
    return store;
}

API void wasmtime_store_limiter(rt_handle *store, int64_t memory, int64_t elements,
    int64_t instances, int64_t tables, int64_t memories)
{
    store->one = store->another = 1;
    store->memory = (uint64_t)memory;
    store->elements = (uint64_t)elements;
    store->instances_most = (uint64_t)instances;
    store->tables = (uint64_t)tables;
    store->memories = (uint64_t)memories;
    uint64_t all;
    store->memory_most = __builtin_mul_overflow(store->memory, store->memories, &all)
        ? UINT64_MAX : all;
}

API void wasmtime_context_set_epoch_deadline(rt_handle *store, uint64_t beyond)
{
    store->deadline = atomic_load(&store->engine->epoch) + beyond;
}

API void wasmtime_store_epoch_deadline_callback(
    rt_handle *store, ask ask, void *data, void (*finalizer)(void *))
{
    (void)finalizer;
    store->ask = ask;
    store->data = data;
}

API void wasmtime_store_delete(rt_handle *store)
{
    struct engine *engine = store->engine;
    pthread_mutex_lock(&engine->lock);
    for (rt_handle **at = &engine->stores; *at != NULL; at = &(*at)->next)
        if (*at == store) {
            *at = store->next;
            break;
        }
    pthread_mutex_unlock(&engine->lock);
    for (struct instance *each = store->instances, *next; each != NULL; each = next) {
        next = each->next;
        each->module->end(each->self);
        free(each->self);
        free(each->functions);
        free(each);
    }
    for (struct host *each = store->hosts, *next; each != NULL; each = next) {
        next = each->next;
        free(each);
    }
    free(store);
}

API void wasmtime_engine_increment_epoch(struct engine *engine)
{
    atomic_fetch_add(&engine->epoch, 1);
    pthread_mutex_lock(&engine->lock);
    for (rt_handle *store = engine->stores; store != NULL; store = store->next)
        if (atomic_load_explicit(&store->is_inside, memory_order_relaxed))
            for (struct instance *each = store->instances; each != NULL; each = each->next)
                __atomic_store_n((guest_limit *)each->self, UINTPTR_MAX, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&engine->lock);
}

/* What is ours alone */

API void wherever_use(const struct outside *functions)
{
    outside = *functions;
}

static pthread_mutex_t engines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct engine *engines;

/* The child of a fork finds no lock taken by a thread that it does not have. */
static void before_fork(void)
{
    pthread_mutex_lock(&engines_lock);
    for (struct engine *each = engines; each != NULL; each = each->next)
        pthread_mutex_lock(&each->lock);
}

static void after_fork(void)
{
    for (struct engine *each = engines; each != NULL; each = each->next)
        pthread_mutex_unlock(&each->lock);
    pthread_mutex_unlock(&engines_lock);
}

API struct engine *wherever_engine_new(size_t stack)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        abort();
    pthread_mutex_init(&engine->lock, NULL);
    engine->stack = stack;
    pthread_mutex_lock(&engines_lock);
    if (engines == NULL)
        pthread_atfork(before_fork, after_fork, after_fork);
    engine->next = engines;
    engines = engine;
    pthread_mutex_unlock(&engines_lock);
    return engine;
}

API const struct module *wherever_module(size_t number)
{
    return number < tier_module_count ? tier_modules[number] : NULL;
}
