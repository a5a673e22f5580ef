/* The front door: a plain command of WASI preview 1, run without ctypes.

   It does what `engine.runtime`, `engine.store`, `wasi.context` and `wasi.linker` do for the
   plainest of runs, in a process that belongs to the run and ends with it. Whatever is not plain
   `load` leaves alone, so that Python does it and finds the words. The GIL is never held while a
   guest runs.                                                                                   */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifdef Py_GIL_DISABLED
#error "the front door stands on the GIL; a free-threaded Python does without it"
#endif

/* What `engine.abi` and `engine.settings` know too; `tests/engine/test_front.py` compares them. */
#define EXTERN_FUNC 0
#define EXTERN_MEMORY 3
#define VAL_I32 0
#define STORE_LIMITS_OF 16
#define STORE_LIMITS_WORDS 8
#define SMALLEST_STACK (64 << 10)
#define LARGEST_STACK (256 << 20)

#define NEVER (1ull << 62)
#define MOST_TEXT (1 << 20)  /* bytes of arguments and variables */
#define SPARE_STACK (2 << 20) /* bytes of native stack left to the host below a guest's */
#define MOST_SWITCH 100

typedef struct { size_t size; void *data; } Vec;              /* wasm_*_vec_t */
typedef struct { uint64_t words[2]; } Slot;                   /* wasmtime_val_raw_t */
typedef struct { uint64_t words[2]; } Instance;               /* wasmtime_instance_t */
typedef struct { uint64_t kind; uint64_t of[3]; } Extern;     /* wasmtime_extern_t */
typedef void *Callback(void *, void *, Slot *, size_t);

#define FUNCTIONS(F) \
    F(void *, wasm_config_new, (void)) \
    F(void, wasm_config_delete, (void *)) \
    F(void *, wasm_engine_new_with_config, (void *)) \
    F(void, wasm_engine_delete, (void *)) \
    F(void *, wasm_valtype_new, (uint8_t)) \
    F(void, wasm_valtype_vec_new, (Vec *, size_t, void *const *)) \
    F(void *, wasm_functype_new, (Vec *, Vec *)) \
    F(void, wasm_functype_delete, (void *)) \
    F(void, wasm_byte_vec_delete, (Vec *)) \
    F(void, wasm_trap_message, (void *, Vec *)) \
    F(void *, wasi_config_new, (void)) \
    F(void, wasi_config_delete, (void *)) \
    F(bool, wasi_config_set_argv, (void *, size_t, const char **)) \
    F(bool, wasi_config_set_env, (void *, size_t, const char **, const char **)) \
    F(void, wasi_config_inherit_stdin, (void *)) \
    F(void, wasi_config_inherit_stdout, (void *)) \
    F(void, wasi_config_inherit_stderr, (void *)) \
    F(void, wasmtime_error_delete, (void *)) \
    F(void, wasmtime_error_message, (void *, Vec *)) \
    F(bool, wasmtime_error_exit_status, (void *, int *)) \
    F(void *, wasmtime_module_deserialize_file, (void *, const char *, void **)) \
    F(void, wasmtime_module_delete, (void *)) \
    F(void *, wasmtime_linker_new, (void *)) \
    F(void, wasmtime_linker_delete, (void *)) \
    F(void, wasmtime_linker_allow_shadowing, (void *, bool)) \
    F(void *, wasmtime_linker_define_wasi, (void *)) \
    F(void *, wasmtime_linker_define_func_unchecked, (void *, const char *, size_t, const char *, \
        size_t, void *, Callback *, void *, void *)) \
    F(void *, wasmtime_linker_instantiate_pre, (void *, void *, void **)) \
    F(void, wasmtime_instance_pre_delete, (void *)) \
    F(void *, wasmtime_instance_pre_instantiate, (void *, void *, Instance *, void **)) \
    F(void *, wasmtime_store_new, (void *, void *, void *)) \
    F(void *, wasmtime_store_context, (void *)) \
    F(void, wasmtime_store_delete, (void *)) \
    F(void, wasmtime_store_limiter, (void *, int64_t, int64_t, int64_t, int64_t, int64_t)) \
    F(void *, wasmtime_context_set_wasi, (void *, void *)) \
    F(void, wasmtime_context_set_epoch_deadline, (void *, uint64_t)) \
    F(bool, wasmtime_instance_export_get, (void *, Instance *, const char *, size_t, Extern *)) \
    F(void *, wasmtime_func_call_unchecked, (void *, void *, Slot *, size_t, void **)) \
    F(size_t, wasmtime_memory_data_size, (void *, void *)) \
    F(void *, wasmtime_trap_new, (const char *, size_t)) \
    F(bool, wasmtime_trap_code, (void *, uint8_t *))

#define DECLARED(result, name, parameters) static result (*name) parameters;
FUNCTIONS(DECLARED)

static const struct { const char *name; void **at; } wanted[] = {
#define LISTED(result, name, parameters) {#name, (void **)&name},
    FUNCTIONS(LISTED)
};

/* ----- the one run of this process */

static void *library, *engine, *module, *linker, *ready, *store, *context;
static bool has_run, has_left;
static uint8_t left_with;

/* Shadows the library's `proc_exit`, which takes no codes of 126 and above. */
static void *leave(void *env, void *caller, Slot *slots, size_t count) {
    if (!has_left) left_with = (uint8_t)slots[0].words[0];
    has_left = true;
    return wasmtime_trap_new("exit", 4);
}

/* Whether there was none; an error is freed. */
static bool fine(void *error) {
    if (error) wasmtime_error_delete(error);
    return !error;
}

static void drop(void) {
    if (ready) wasmtime_instance_pre_delete(ready);
    if (linker) wasmtime_linker_delete(linker);
    if (store) wasmtime_store_delete(store);
    if (module) wasmtime_module_delete(module);
    if (engine) wasm_engine_delete(engine);
    ready = linker = store = context = module = engine = NULL;
}

static bool open_library(const char *path) {
    if (library) return true;
    void *found = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!found) return false;
    for (size_t at = 0; at < sizeof wanted / sizeof *wanted; at++) {
        *wanted[at].at = dlsym(found, wanted[at].name);
        if (!*wanted[at].at) return false;
    }
    library = found;
    return true;
}

/* ----- what `load` is given: 1 where it was used, 0 where it is not plain, -1 for an exception */

/* Pairs of a name and a value: a bool, or an int for a size; `strategy` is a byte. */
static int set_switches(void *config, PyObject *switches) {
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(switches); at++) {
        const char *name;
        PyObject *value;
        char full[MOST_SWITCH + 32];
        if (!PyTuple_Check(PyTuple_GET_ITEM(switches, at))) {
            PyErr_SetString(PyExc_TypeError, "a switch is a name and a value");
            return -1;
        }
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(switches, at), "sO", &name, &value)) return -1;
        if (strlen(name) > MOST_SWITCH) return 0;
        PyOS_snprintf(full, sizeof full, "wasmtime_config_%s_set", name);
        void *found = dlsym(library, full);
        if (!found) return 0;
        if (PyBool_Check(value)) {
            ((void (*)(void *, bool))found)(config, value == Py_True);
            continue;
        }
        size_t size = PyLong_AsSize_t(value);
        if (size == (size_t)-1 && PyErr_Occurred()) return -1;
        if (strcmp(name, "strategy") == 0) ((void (*)(void *, uint8_t))found)(config, (uint8_t)size);
        else ((void (*)(void *, size_t))found)(config, size);
    }
    return 1;
}

/* Source lines in backtraces are asked for by a variable that is read just here. */
static int make_engine(PyObject *switches) {
    static const char name[] = "WASMTIME_BACKTRACE_DETAILS";
    const char *known = getenv(name);
    char *before = known ? strdup(known) : NULL;
    setenv(name, "1", 1);
    void *config = wasm_config_new();
    int good = set_switches(config, switches);
    if (before) setenv(name, before, 1);
    else unsetenv(name);
    free(before);
    if (good > 0) engine = wasm_engine_new_with_config(config);
    else wasm_config_delete(config);
    return good > 0 ? engine != NULL : good;
}

static bool make_store(const int64_t limits[5], bool binding) {
    store = wasmtime_store_new(engine, NULL, NULL);
    if (!store) return false;
    context = wasmtime_store_context(store);
    wasmtime_store_limiter(store, limits[0], limits[1], limits[2], limits[3], limits[4]);
    if (binding) {
        /* As `engine.store`: only where the words around the switch are what was just written. */
        uint64_t *words = (uint64_t *)((char *)context + STORE_LIMITS_OF);
        const uint64_t told[STORE_LIMITS_WORDS - 1] = {
            1, (uint64_t)limits[0], 1, (uint64_t)limits[1],
            (uint64_t)limits[2], (uint64_t)limits[3], (uint64_t)limits[4]};
        if (memcmp(words, told, sizeof told) == 0)
            *(uint8_t *)(words + STORE_LIMITS_WORDS - 1) = 1;
    }
    wasmtime_context_set_epoch_deadline(context, NEVER);
    return true;
}

/* Bytes without a zero byte, counted in `total`. */
static int take_text(PyObject *value, const char **text, size_t *total) {
    if (!PyBytes_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "arguments and variables are bytes");
        return -1;
    }
    *text = PyBytes_AS_STRING(value);
    *total += (size_t)PyBytes_GET_SIZE(value);
    return strlen(*text) == (size_t)PyBytes_GET_SIZE(value) && *total <= MOST_TEXT;
}

/* `texts` holds names and values turn about where `pairs`. */
static int give_texts(void *config, PyObject *texts, bool pairs) {
    Py_ssize_t count = PyTuple_GET_SIZE(texts);
    size_t total = 0;
    int good = 1;
    if (count == 0) return 1;
    if (pairs && count % 2) {
        PyErr_SetString(PyExc_ValueError, "a variable is a name and a value");
        return -1;
    }
    Py_ssize_t half = pairs ? count / 2 : count;
    const char **all = PyMem_New(const char *, count);
    if (!all) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t at = 0; good > 0 && at < count; at++) {
        Py_ssize_t to = pairs ? at / 2 + (at % 2) * half : at;
        good = take_text(PyTuple_GET_ITEM(texts, at), all + to, &total);
    }
    if (good > 0)
        good = pairs ? wasi_config_set_env(config, (size_t)half, all, all + half)
                     : wasi_config_set_argv(config, (size_t)count, all);
    PyMem_Free(all);
    return good;
}

static int give_wasi(PyObject *args, PyObject *env) {
    void *config = wasi_config_new();
    int good = give_texts(config, args, false);
    if (good > 0) good = give_texts(config, env, true);
    if (good <= 0) {
        wasi_config_delete(config);
        return good;
    }
    wasi_config_inherit_stdin(config);
    wasi_config_inherit_stdout(config);
    wasi_config_inherit_stderr(config);
    return fine(wasmtime_context_set_wasi(context, config));
}

static bool make_linker(void) {
    static const char wasi[] = "wasi_snapshot_preview1", name[] = "proc_exit";
    Vec parameters = {0, NULL}, results = {0, NULL};
    void *kind = wasm_valtype_new(VAL_I32);
    linker = wasmtime_linker_new(engine);
    wasmtime_linker_allow_shadowing(linker, true);
    bool good = fine(wasmtime_linker_define_wasi(linker));
    wasm_valtype_vec_new(&parameters, 1, &kind);
    void *type = wasm_functype_new(&parameters, &results);
    good = good && fine(wasmtime_linker_define_func_unchecked(
                       linker, wasi, sizeof wasi - 1, name, sizeof name - 1, type, leave, NULL, NULL));
    wasm_functype_delete(type);
    /* Imports are checked here, before anything of the guest can run. */
    return good && fine(wasmtime_linker_instantiate_pre(linker, module, &ready));
}

/* ----- the module's functions */

PyDoc_STRVAR(load_doc,
"load(library, artifact, switches, stack, limits, binding, args, env) -> bool\n\n"
"Makes the one run of this process ready; False where Python has to do it, and say what is wrong.");

static PyObject *front_load(PyObject *self, PyObject *given) {
    const char *path, *artifact;
    unsigned long long stack;
    long long limits[5];
    int binding;
    PyObject *switches, *args, *env;
    if (!PyArg_ParseTuple(given, "yyO!K(LLLLL)pO!O!:load", &path, &artifact, &PyTuple_Type,
                          &switches, &stack, limits, limits + 1, limits + 2, limits + 3,
                          limits + 4, &binding, &PyTuple_Type, &args, &PyTuple_Type, &env))
        return NULL;
    if (ready) {
        PyErr_SetString(PyExc_RuntimeError, "a process has one run");
        return NULL;
    }
    struct rlimit room;
    if (stack < SMALLEST_STACK || stack > LARGEST_STACK) Py_RETURN_FALSE;
    if (getrlimit(RLIMIT_STACK, &room) == 0 && room.rlim_cur != RLIM_INFINITY &&
        (room.rlim_cur < SPARE_STACK || room.rlim_cur - SPARE_STACK < stack))
        Py_RETURN_FALSE;
    if (!open_library(path)) Py_RETURN_FALSE;
    const int64_t told[5] = {limits[0], limits[1], limits[2], limits[3], limits[4]};
    int good = make_engine(switches);
    if (good > 0)
        good = fine(wasmtime_module_deserialize_file(engine, artifact, &module)) &&
               make_store(told, binding);
    if (good > 0) good = give_wasi(args, env);
    if (good > 0) good = make_linker();
    if (good <= 0) drop();
    return good < 0 ? NULL : PyBool_FromLong(good);
}

PyDoc_STRVAR(run_doc,
"run() -> (exit code or None, trap's code or -1, the library's text, bytes of memory or None)\n\n"
"Runs what was loaded. The text is empty where there is an exit code.");

static PyObject *front_run(PyObject *self, PyObject *ignored) {
    if (!ready || has_run) {
        PyErr_SetString(PyExc_RuntimeError, "nothing is loaded that has not run");
        return NULL;
    }
    has_run = true;
    Instance instance;
    Extern start, memory;
    Slot slot = {{0, 0}};
    void *trap = NULL, *error;
    bool has_start = true, has_memory = false;
    size_t bytes = 0;
    Py_BEGIN_ALLOW_THREADS
    error = wasmtime_instance_pre_instantiate(ready, context, &instance, &trap);
    if (!error && !trap) {
        has_memory = wasmtime_instance_export_get(context, &instance, "memory", 6, &memory) &&
                     (memory.kind & 0xFF) == EXTERN_MEMORY;
        has_start = wasmtime_instance_export_get(context, &instance, "_start", 6, &start) &&
                    (start.kind & 0xFF) == EXTERN_FUNC;
        if (has_start) error = wasmtime_func_call_unchecked(context, start.of, &slot, 0, &trap);
        if (has_memory) bytes = wasmtime_memory_data_size(context, memory.of);
    }
    Py_END_ALLOW_THREADS
    if (!has_start) {
        PyErr_SetString(PyExc_ValueError, "there is no _start");
        return NULL;
    }
    PyObject *size = has_memory ? PyLong_FromSize_t(bytes) : Py_NewRef(Py_None);
    int status = has_left ? left_with : 0;
    if (has_left || (!error && !trap) ||
        (error && wasmtime_error_exit_status(error, &status)))
        return Py_BuildValue("iiyN", status, -1, "", size);
    Vec text = {0, NULL};
    uint8_t code = 0;
    int known = -1;
    if (error) wasmtime_error_message(error, &text);
    else {
        if (wasmtime_trap_code(trap, &code)) known = code;
        wasm_trap_message(trap, &text);
    }
    PyObject *result = Py_BuildValue("Oiy#N", Py_None, known, (const char *)text.data,
                                     (Py_ssize_t)text.size, size);
    wasm_byte_vec_delete(&text);
    return result;
}

static PyMethodDef methods[] = {
    {"load", front_load, METH_VARARGS, load_doc},
    {"run", front_run, METH_NOARGS, run_doc},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "wherever.engine._front",
    .m_doc = "Runs a plain command of WASI preview 1 without ctypes.",
    .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__front(void) { return PyModule_Create(&definition); }
