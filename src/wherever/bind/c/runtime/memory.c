/* What the guest's code, as wasm2c writes it, stands on: memories, tables and its exceptions.

   Whoever includes this has an `rt_handle`, `rt_current`, `rt_fail`, and two macros: RT_TABLE_MOST,
   the elements that a table may have, and RT_REFUSED(h) for what is done where growing is refused. */

/* Memories */

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
        || delta > (h->memory_most - h->memory_used) / memory->page_size) {
        RT_REFUSED(h);
        return failed;
    }
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
        if (delta > table->max_size - before) {                                                   \
            RT_REFUSED(rt_current);                                                               \
            return UINT32_MAX;                                                                    \
        }                                                                                         \
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
