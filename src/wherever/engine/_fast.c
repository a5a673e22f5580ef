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

typedef void *(*Call)(void *, const FuncRef *, Slot *, size_t, void **);
typedef uint8_t *(*MemoryData)(void *, const MemoryRef *);
typedef size_t (*MemorySize)(void *, const MemoryRef *);

static Call engine_call;
static MemoryData engine_memory_data;
static MemorySize engine_memory_size;
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
    unsigned long long call, data, size; /* the store's own functions, in place of the engine's */
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
    self->call = (unsigned long long)(uintptr_t)engine_call;
    self->data = (unsigned long long)(uintptr_t)engine_memory_data;
    self->size = (unsigned long long)(uintptr_t)engine_memory_size;
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
    {"call", T_ULONGLONG, offsetof(Lock, call), 0, NULL},
    {"data", T_ULONGLONG, offsetof(Lock, data), 0, NULL},
    {"size", T_ULONGLONG, offsetof(Lock, size), 0, NULL},
    {"calls", T_ULONGLONG, offsetof(Lock, calls), 0, NULL},
    {"depth", T_PYSSIZET, offsetof(Lock, depth), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot lock_slots[] = {
    {Py_tp_new, lock_new}, {Py_tp_dealloc, lock_dealloc},
    {Py_tp_methods, lock_methods}, {Py_tp_members, lock_members}, {0, NULL}};

static PyType_Spec lock_spec = {
    .name = "wherever.engine._fast.Lock", .basicsize = sizeof(Lock),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, .slots = lock_slots};

#include "_fast_call.h"
#include "_fast_host.h"
#include "_fast_module.h"
