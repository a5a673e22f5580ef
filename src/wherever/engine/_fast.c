/* The accelerator: calls into guests, host functions and memory access without ctypes.

   It knows nothing of the engine's headers. Python hands it the addresses of the functions it
   needs (`setup`), and everything slow or wordy stays in Python: admission to a store, errors,
   the words of a refusal. The GIL is never held while a guest runs.                          */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#ifdef _WIN32
#include <windows.h>
#define THREAD_LOCAL __declspec(thread)
#else
#include <pthread.h>
#define THREAD_LOCAL _Thread_local
#endif

#ifdef Py_GIL_DISABLED
#error "the accelerator stands on the GIL; a free-threaded Python does without it"
#endif

typedef union {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
} Slot;

typedef struct { uint8_t bytes[16]; } FuncRef;    /* wasmtime_func_t */
typedef struct { uint64_t words[3]; } MemoryRef;  /* wasmtime_memory_t */

#define FEW 16              /* slots that fit into a call's own frame */
#define LEAST_FRAMES 8      /* Python frames that must be left for callbacks at least */
#define MARGIN (512u << 10) /* bytes of native stack left to the host below a guest's */

static void *(*engine_call)(void *, const FuncRef *, Slot *, size_t, void **);
static uint8_t *(*engine_memory_data)(void *, const MemoryRef *);
static size_t (*engine_memory_size)(void *, const MemoryRef *);
static void *(*engine_trap_new)(const char *, size_t);

/* ----- the native stack of this thread */

static THREAD_LOCAL uintptr_t stack_end;

static uintptr_t find_stack_end(void) {
#if defined(_WIN32)
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    return (uintptr_t)low;
#elif defined(__APPLE__)
    pthread_t me = pthread_self();
    return (uintptr_t)pthread_get_stackaddr_np(me) - pthread_get_stacksize_np(me);
#elif defined(__linux__)
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_destroy(&attributes);
    }
    return low ? (uintptr_t)low : 1;
#else
    return 1;
#endif
}

static int frames_left(void) {
    PyThreadState *thread = PyThreadState_Get();
#if PY_VERSION_HEX >= 0x030C0000
    return thread->py_recursion_remaining;
#else
    return thread->recursion_remaining;
#endif
}

/* ----- Lock: one thread at a time in a store, the same thread any number of times */

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    unsigned long owner;
    Py_ssize_t depth;
    unsigned long long context; /* 0 where a call has to ask for admission first */
    unsigned long long store;   /* 0 where the store is gone */
    unsigned long long stack;   /* bytes of native stack a guest may use */
    unsigned long long calls;   /* calls from outside so far */
} Lock;

static int lock_enter(Lock *self) {
    unsigned long me = PyThread_get_thread_ident();
    if (self->depth && self->owner == me) {
        self->depth++;
        return 0;
    }
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        PyLockStatus status;
        do {
            Py_BEGIN_ALLOW_THREADS
            status = PyThread_acquire_lock_timed(self->lock, -1, 1);
            Py_END_ALLOW_THREADS
            if (status == PY_LOCK_INTR && PyErr_CheckSignals() < 0) return -1;
        } while (status != PY_LOCK_ACQUIRED);
    }
    self->owner = me;
    self->depth = 1;
    return 0;
}

static void lock_leave(Lock *self) {
    if (--self->depth == 0) {
        self->owner = 0;
        PyThread_release_lock(self->lock);
    }
}

static PyObject *lock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"stack", NULL};
    unsigned long long stack;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "K:Lock", names, &stack)) return NULL;
    Lock *self = (Lock *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->stack = stack;
    self->lock = PyThread_allocate_lock();
    if (!self->lock) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void lock_dealloc(PyObject *object) {
    Lock *self = (Lock *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->lock) PyThread_free_lock(self->lock);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *lock_acquire(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Lock *self = (Lock *)object;
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "acquire() takes at most 1 argument");
        return NULL;
    }
    int wait = count ? PyObject_IsTrue(args[0]) : 1;
    if (wait < 0) return NULL;
    if (!wait && !(self->depth && self->owner == PyThread_get_thread_ident())) {
        if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) Py_RETURN_FALSE;
        self->owner = PyThread_get_thread_ident();
        self->depth = 1;
        Py_RETURN_TRUE;
    }
    if (lock_enter(self) < 0) return NULL;
    Py_RETURN_TRUE;
}

static PyObject *lock_release(PyObject *object, PyObject *ignored) {
    Lock *self = (Lock *)object;
    if (!self->depth || self->owner != PyThread_get_thread_ident()) {
        PyErr_SetString(PyExc_RuntimeError, "this thread does not hold the lock");
        return NULL;
    }
    lock_leave(self);
    Py_RETURN_NONE;
}

static PyObject *lock_exit(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    return lock_release(object, NULL);
}

static PyMethodDef lock_methods[] = {
    {"acquire", (PyCFunction)(void (*)(void))lock_acquire, METH_FASTCALL, NULL},
    {"release", lock_release, METH_NOARGS, NULL},
    {"__enter__", (PyCFunction)(void (*)(void))lock_acquire, METH_FASTCALL, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))lock_exit, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL}};

static PyMemberDef lock_members[] = {
    {"context", T_ULONGLONG, offsetof(Lock, context), 0, NULL},
    {"store", T_ULONGLONG, offsetof(Lock, store), 0, NULL},
    {"calls", T_ULONGLONG, offsetof(Lock, calls), 0, NULL},
    {"depth", T_PYSSIZET, offsetof(Lock, depth), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot lock_slots[] = {
    {Py_tp_new, lock_new}, {Py_tp_dealloc, lock_dealloc},
    {Py_tp_methods, lock_methods}, {Py_tp_members, lock_members}, {0, NULL}};

static PyType_Spec lock_spec = {
    .name = "wherever.engine._fast.Lock", .basicsize = sizeof(Lock),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, .slots = lock_slots};

/* ----- values: kinds are the letters i (i32), I (i64), f (f32), F (f64), v (v128) */

static int put_whole(Slot *slot, char kind, PyObject *value) {
    int over = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &over);
    if (number == -1 && PyErr_Occurred()) return -1;
    if (kind == 'I') {
        if (over > 0) {
            unsigned long long high = PyLong_AsUnsignedLongLong(value);
            if (high == (unsigned long long)-1 && PyErr_Occurred()) return -1;
            number = (long long)high;
        } else if (over) return -1;
        slot->i64 = number;
        return 0;
    }
    if (over || number < INT32_MIN || number > (long long)UINT32_MAX) return -1;
    slot->i64 = 0;
    slot->i32 = (int32_t)(uint32_t)number;
    return 0;
}

/* -1 where the value does not fit; an exception may or may not be set then. */
static int put(Slot *slot, char kind, PyObject *value) {
    if (kind == 'i' || kind == 'I') {
        if (PyLong_Check(value)) return put_whole(slot, kind, value);
        PyObject *index = PyNumber_Index(value);
        if (!index) return -1;
        int bad = put_whole(slot, kind, index);
        Py_DECREF(index);
        return bad;
    }
    if (kind == 'v') {
        Py_buffer buffer;
        if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) < 0) return -1;
        int bad = buffer.len == 16 ? 0 : -1;
        if (!bad) memcpy(slot->v128, buffer.buf, 16);
        PyBuffer_Release(&buffer);
        return bad;
    }
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) return -1;
    if (kind == 'f') {
        slot->i64 = 0;
        slot->f32 = (float)number;
    } else slot->f64 = number;
    return 0;
}

static PyObject *take(const Slot *slot, char kind) {
    switch (kind) {
    case 'i': return PyLong_FromLong(slot->i32);
    case 'I': return PyLong_FromLongLong(slot->i64);
    case 'f': return PyFloat_FromDouble(slot->f32);
    case 'F': return PyFloat_FromDouble(slot->f64);
    default: return PyBytes_FromStringAndSize((const char *)slot->v128, 16);
    }
}

static PyObject *take_all(const Slot *slots, const char *kinds, Py_ssize_t count) {
    if (count == 0) Py_RETURN_NONE;
    if (count == 1) return take(slots, kinds[0]);
    PyObject *all = PyTuple_New(count);
    for (Py_ssize_t at = 0; all && at < count; at++) {
        PyObject *value = take(slots + at, kinds[at]);
        if (!value) Py_CLEAR(all);
        else PyTuple_SET_ITEM(all, at, value);
    }
    return all;
}

/* Puts the words of Python's own `refuse(position, value)` in place of what C would say. */
static void refuse(PyObject *words, Py_ssize_t position, PyObject *value) {
    PyErr_Clear();
    PyObject *done = PyObject_CallFunction(words, "nO", position, value);
    if (!done) return;
    Py_DECREF(done);
    PyErr_SetString(PyExc_TypeError, "a value changed while it was looked at");
}

static int kinds_are_good(const char *kinds) { return strspn(kinds, "iIfFv") == strlen(kinds); }

/* ----- Function: an export of a guest */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    FuncRef function;
    Lock *lock;
    PyObject *admit;  /* admit(): opens the store for a call, or says why not */
    PyObject *finish; /* finish(): the end of a call that was admitted under a limit of time */
    PyObject *failed; /* failed(error, trap): raises what they mean */
    PyObject *refuse; /* refuse(position, value): raises why a value does not fit */
    PyObject *bind;   /* bind(*args, **kwargs): the arguments in order */
    PyObject *dict;
    PyObject *weak;
    Py_ssize_t params, results;
    char *kinds; /* of the parameters, then of the results */
} Function;

/* Runs the guest; with the lock held. */
static PyObject *function_run(Function *self, Slot *slots) {
    Lock *lock = self->lock;
    char here;
    if (!stack_end) stack_end = find_stack_end();
    if (frames_left() < LEAST_FRAMES) {
        PyErr_SetString(PyExc_RecursionError,
                        "maximum recursion depth exceeded while calling a guest");
        return NULL;
    }
    if ((uintptr_t)&here < stack_end + MARGIN ||
        (uintptr_t)&here - stack_end - MARGIN < lock->stack) {
        PyObject *done = PyObject_CallFunction(self->refuse, "nn", (Py_ssize_t)-1,
                                               (Py_ssize_t)((uintptr_t)&here - stack_end));
        Py_XDECREF(done);
        if (done) PyErr_SetString(PyExc_RecursionError, "too little native stack is left");
        return NULL;
    }
    if (lock->depth == 1) lock->calls++;
    int asked = !lock->context;
    if (asked) {
        PyObject *done = PyObject_CallNoArgs(self->admit);
        if (!done) return NULL;
        Py_DECREF(done);
    }
    void *context = (void *)(uintptr_t)lock->store, *trap = NULL, *error = NULL;
    if (!context || !engine_call) {
        PyErr_SetString(PyExc_RuntimeError, "the store was closed");
        return NULL;
    }
    size_t count = (size_t)(self->params > self->results ? self->params : self->results);
    Py_BEGIN_ALLOW_THREADS
    error = engine_call(context, &self->function, slots, count, &trap);
    Py_END_ALLOW_THREADS
    PyObject *result = NULL;
    if (error || trap) {
        PyObject *done =
            PyObject_CallFunction(self->failed, "KK", (unsigned long long)(uintptr_t)error,
                                  (unsigned long long)(uintptr_t)trap);
        Py_XDECREF(done);
        if (done) PyErr_SetString(PyExc_SystemError, "a failed call was not explained");
    } else result = take_all(slots, self->kinds + self->params, self->results);
    if (asked) {
        PyObject *type, *value, *trace;
        PyErr_Fetch(&type, &value, &trace);
        PyObject *done = PyObject_CallNoArgs(self->finish);
        if (!done) Py_CLEAR(result);
        Py_XDECREF(done);
        if (type) PyErr_Restore(type, value, trace);
    }
    return result;
}

static PyObject *function_call(PyObject *object, PyObject *const *args, size_t flags,
                               PyObject *names) {
    Function *self = (Function *)object;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    PyObject *bound = NULL, *result = NULL;
    if (count != self->params || (names && PyTuple_GET_SIZE(names))) {
        bound = PyObject_Vectorcall(self->bind, args, flags, names);
        if (!bound) return NULL;
        if (!PyTuple_Check(bound) || PyTuple_GET_SIZE(bound) != self->params) {
            Py_DECREF(bound);
            PyErr_SetString(PyExc_TypeError, "wrong number of arguments");
            return NULL;
        }
        args = ((PyTupleObject *)bound)->ob_item;
    }
    Py_ssize_t room = self->params > self->results ? self->params : self->results;
    Slot few[FEW], *slots = room > FEW ? PyMem_New(Slot, room) : few;
    if (!slots) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t at = 0; at < self->params; at++) {
        if (put(slots + at, self->kinds[at], args[at]) < 0) {
            refuse(self->refuse, at, args[at]);
            goto done;
        }
    }
    if (lock_enter(self->lock) == 0) {
        result = function_run(self, slots);
        lock_leave(self->lock);
    }
done:
    if (slots != few) PyMem_Free(slots);
    Py_XDECREF(bound);
    return result;
}

static PyTypeObject *lock_type; /* the one of the main interpreter, the only one we serve */

static PyObject *function_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *words[] = {"function", "lock",   "params", "results", "admit",
                            "finish",   "failed", "refuse", "bind",    NULL};
    const char *function, *params, *results;
    Py_ssize_t size;
    PyObject *lock, *admit, *finish, *failed, *refuse_, *bind;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#O!ssOOOOO:Function", words, &function, &size,
                                     lock_type, &lock, &params, &results, &admit, &finish, &failed,
                                     &refuse_, &bind))
        return NULL;
    if (size != sizeof(FuncRef) || !kinds_are_good(params) || !kinds_are_good(results)) {
        PyErr_SetString(PyExc_ValueError, "not a function that can be called");
        return NULL;
    }
    Function *self = (Function *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->vectorcall = function_call;
    memcpy(&self->function, function, sizeof(FuncRef));
    self->lock = (Lock *)Py_NewRef(lock);
    self->admit = Py_NewRef(admit);
    self->finish = Py_NewRef(finish);
    self->failed = Py_NewRef(failed);
    self->refuse = Py_NewRef(refuse_);
    self->bind = Py_NewRef(bind);
    self->params = (Py_ssize_t)strlen(params);
    self->results = (Py_ssize_t)strlen(results);
    self->kinds = PyMem_Malloc((size_t)(self->params + self->results) + 1);
    if (!self->kinds) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(self->kinds, params, (size_t)self->params);
    memcpy(self->kinds + self->params, results, (size_t)self->results + 1);
    return (PyObject *)self;
}

static int function_traverse(PyObject *object, visitproc visit, void *arg) {
    Function *self = (Function *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->lock);
    Py_VISIT(self->admit);
    Py_VISIT(self->finish);
    Py_VISIT(self->failed);
    Py_VISIT(self->refuse);
    Py_VISIT(self->bind);
    Py_VISIT(self->dict);
    return 0;
}

/* Only what can be part of a cycle is let go: a call may still be under way on the rest. */
static int function_clear(PyObject *object) {
    Py_CLEAR(((Function *)object)->dict);
    return 0;
}

static void function_dealloc(PyObject *object) {
    Function *self = (Function *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    if (self->weak) PyObject_ClearWeakRefs(object);
    Py_XDECREF(self->lock);
    Py_XDECREF(self->admit);
    Py_XDECREF(self->finish);
    Py_XDECREF(self->failed);
    Py_XDECREF(self->refuse);
    Py_XDECREF(self->bind);
    Py_XDECREF(self->dict);
    PyMem_Free(self->kinds);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *function_repr(PyObject *object) {
    PyObject *name = PyObject_GetAttrString(object, "__qualname__");
    if (!name) return NULL;
    PyObject *text = PyUnicode_FromFormat("<guest function %U>", name);
    Py_DECREF(name);
    return text;
}

static PyMemberDef function_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, vectorcall), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(Function, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Function, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyGetSetDef function_dict[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot function_slots[] = {{Py_tp_new, function_new},
                                       {Py_tp_dealloc, function_dealloc},
                                       {Py_tp_traverse, function_traverse},
                                       {Py_tp_clear, function_clear},
                                       {Py_tp_call, PyVectorcall_Call},
                                       {Py_tp_repr, function_repr},
                                       {Py_tp_members, function_members},
                                       {Py_tp_getset, function_dict},
                                       {0, NULL}};

static PyType_Spec function_spec = {
    .name = "wherever.engine._fast.Function", .basicsize = sizeof(Function),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = function_slots};

#include "_fast_host.h"
#include "_fast_module.h"
