/* Opening and closing: the functions that every library has. */

struct LIB_t {
    rt_handle rt; /* the first, so that a pointer to one is a pointer to the other */
    LIB_imports_t imports;
    LIB_GUESTS
    bool calls_out;
};

static void lib_begin(LIB_t *handle);
static void lib_end(LIB_t *handle);

static int lib_start(LIB_t *handle)
{
    rt_handle *h = (rt_handle *)handle;
    RT_CALL(h)
    lib_begin(handle);
    rt_leave(h);
    return RT_OK;
}

int LIB_open(const LIB_options_t *options, LIB_t **handle, char message[256])
{
    if (message != NULL)
        message[0] = '\0';
    if (handle == NULL || (options != NULL && options->size != sizeof *options)) {
        if (message != NULL)
            snprintf(message, 256, "the options are not those of this version of the library");
        return RT_ARGUMENT;
    }
    *handle = NULL;
    LIB_t *made = calloc(1, sizeof *made);
    if (made == NULL) {
        if (message != NULL)
            snprintf(message, 256, "the system gives no memory");
        return RT_SYSTEM;
    }
    rt_handle *h = &made->rt;
    h->memory_most = (uint64_t)1 << 30;
    h->stack_most = (size_t)1 << 20;
LIB_LIMITS
    uint32_t timeout = 0;
    if (options != NULL) {
        if (options->memory_limit != 0)
            h->memory_most = options->memory_limit;
        if (options->stack_limit != 0)
            h->stack_most = options->stack_limit;
        if (options->imports != NULL)
            made->imports = *options->imports;
        h->output = options->output;
        h->context = options->context;
        timeout = options->timeout_ms;
    }
    rt_open(h);
    int code = RT_SYSTEM;
    if (rt_set_timeout(h, timeout))
        code = lib_start(made);
    else
        snprintf(h->message, sizeof h->message, "the system gives no thread");
    if (code != RT_OK) {
        if (message != NULL)
            memcpy(message, h->message, 256);
        LIB_close(made);
        return code;
    }
    *handle = made;
    return RT_OK;
}

int LIB_close(LIB_t *handle)
{
    if (handle == NULL)
        return RT_OK;
    int state = RT_IDLE;
    if (!atomic_compare_exchange_strong(&handle->rt.state, &state, RT_ENTERING))
        return RT_BUSY;
    lib_end(handle);
    rt_set_timeout(&handle->rt, 0);
    rt_close(&handle->rt);
    rt_free_blocks(handle->rt.results.blocks);
    rt_free_blocks(handle->rt.scratch.blocks);
    free(handle);
    return RT_OK;
}

int LIB_reset(LIB_t *handle)
{
    int state = RT_IDLE;
    if (handle == NULL)
        return RT_ARGUMENT;
    if (!atomic_compare_exchange_strong(&handle->rt.state, &state, RT_ENTERING))
        return RT_BUSY;
    lib_end(handle);
    rt_close(&handle->rt);
    rt_open(&handle->rt);
    atomic_store(&handle->rt.state, RT_IDLE);
    return lib_start(handle);
}

void LIB_interrupt(LIB_t *handle)
{
    if (handle != NULL)
        rt_interrupt(&handle->rt, RT_INTERRUPTED);
}

int LIB_set_timeout(LIB_t *handle, uint32_t timeout_ms)
{
    int state = RT_IDLE;
    if (handle == NULL)
        return RT_ARGUMENT;
    if (!atomic_compare_exchange_strong(&handle->rt.state, &state, RT_ENTERING))
        return RT_BUSY;
    bool done = rt_set_timeout(&handle->rt, timeout_ms);
    atomic_store(&handle->rt.state, RT_IDLE);
    return done ? RT_OK : RT_SYSTEM;
}

const char *LIB_error_message(const LIB_t *handle)
{
    return handle == NULL ? "there is no handle" : handle->rt.message;
}

void *LIB_keep(LIB_t *handle)
{
    int state = RT_IDLE;
    if (handle == NULL
        || !atomic_compare_exchange_strong(&handle->rt.state, &state, RT_ENTERING))
        return NULL;
    struct rt_block *blocks = handle->rt.results.blocks;
    handle->rt.results = (struct rt_arena){0};
    atomic_store(&handle->rt.state, RT_IDLE);
    return blocks;
}

void LIB_free(void *kept)
{
    rt_free_blocks(kept);
}

void *LIB_alloc(LIB_t *handle, size_t size)
{
    if (handle == NULL || !handle->calls_out)
        return NULL;
    return rt_take(&handle->rt, &handle->rt.scratch, size);
}

int LIB_fail(LIB_t *handle, const char *message)
{
    if (handle != NULL && handle->calls_out && message != NULL)
        snprintf(handle->rt.message, sizeof handle->rt.message, "%s", message);
    return 1;
}
