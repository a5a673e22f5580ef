/* The second accelerator: what `assembly.py` does through ctypes, without it.

   Like `_fast.c` it knows nothing of the engine's headers: Python hands it the addresses of the
   functions that it needs. One thread at a time uses an instance; the GIL is not held while a
   guest runs or is instantiated, nor by the clock.                                            */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include <time.h>

#include "_assembly.h"

typedef struct { uint64_t words[2]; } Instance;                    /* wasmtime_instance_t */
typedef struct { uint8_t kind; uint64_t of[3]; } Extern;           /* wasmtime_extern_t */
typedef struct { uint8_t kind; uint64_t of[3]; } Val;              /* wasmtime_val_t */

#define EXTERN_FUNC 0
#define EXTERN_MEMORY 3

static struct {
    void *(*store_new)(void *, void *, void *);
    void *(*store_context)(void *);
    void (*store_delete)(void *);
    void (*store_limiter)(void *, int64_t, int64_t, int64_t, int64_t, int64_t);
    void (*set_epoch_deadline)(void *, uint64_t);
    void *(*set_fuel)(void *, uint64_t);
    void (*yield_and_update)(void *, uint64_t); /* its header promises an error, and it gives none */
    void *(*pre_instantiate)(void *, void *, Instance *, void **);
    void *(*instance_new)(void *, void *, const Extern *, size_t, Instance *, void **);
    char (*export_get)(void *, const Instance *, const char *, size_t, Extern *);
    void *(*call_async)(void *, const void *, const Val *, size_t, Val *, size_t, void **, void **);
    char (*poll)(void *);
    void (*future_delete)(void *);
    uint8_t *(*memory_data)(void *, const void *);
    size_t (*memory_size)(void *, const void *);
    void *(*caller_context)(void *);
    void (*increment_epoch)(void *);
} engine;

#define FUNCTIONS (sizeof(engine) / sizeof(void *))

/* ----- what guests import of the host */

static void *host_ask(void *environment, void *caller, uint64_t *slots, size_t count) {
    (void)environment, (void)slots, (void)count;
    engine.set_epoch_deadline(engine.caller_context(caller), 0);
    return NULL;
}

static void *host_now(void *environment, void *caller, uint64_t *slots, size_t count) {
    (void)environment, (void)caller, (void)count;
    struct timespec now;
    clock_gettime(slots[0] & 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    slots[0] = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    return NULL;
}

/* ----- Assembly: what is the same for all instances */

typedef struct { uint32_t part; uint32_t size; char *name; } Source;
typedef struct { void *module; Py_ssize_t count; Source *sources; } Part;

typedef struct {
    PyObject_HEAD
    void *engine, *pre;
    Py_ssize_t count, most, entries, memories; /* parts; imports of one; entries; memories */
    Part *parts;      /* all but the first */
    Source *names;    /* the entries, then the memories */
    PyObject *failed; /* failed(error, trap): raises what they mean */
    PyObject *keep;   /* whoever owns what we point to */
    int64_t start;    /* ticks that start functions may take */
    uint64_t fuel;    /* instructions of a request; 0 where none are counted */
    Py_ssize_t limits_at, limits_words;
} Assembly;

static void free_sources(Source *sources, Py_ssize_t count) {
    for (Py_ssize_t at = 0; sources && at < count; at++) PyMem_Free(sources[at].name);
    PyMem_Free(sources);
}

/* Sources out of a tuple of (part, name). */
static Source *read_sources(PyObject *given, Py_ssize_t limit) {
    Py_ssize_t count = PyTuple_GET_SIZE(given);
    Source *made = PyMem_Calloc((size_t)count + 1, sizeof *made);
    if (!made) return (Source *)PyErr_NoMemory();
    for (Py_ssize_t at = 0; at < count; at++) {
        unsigned int part;
        const char *name;
        Py_ssize_t size;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(given, at), "Iy#", &part, &name, &size)) goto bad;
        if ((Py_ssize_t)part >= limit) {
            PyErr_SetString(PyExc_ValueError, "a part stands on one that comes later");
            goto bad;
        }
        made[at].part = part;
        made[at].size = (uint32_t)size;
        made[at].name = PyMem_Malloc((size_t)size + 1);
        if (!made[at].name) {
            PyErr_NoMemory();
            goto bad;
        }
        memcpy(made[at].name, name, (size_t)size + 1);
    }
    return made;
bad:
    free_sources(made, count);
    return NULL;
}

static PyObject *assembly_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    unsigned long long home, pre, fuel;
    long long start;
    Py_ssize_t limits_at, limits_words;
    PyObject *parts, *entries, *memories, *failed, *keep;
    if (kwargs || !PyArg_ParseTuple(args, "KKO!O!O!OOLKnn:Assembly", &home, &pre, &PyTuple_Type,
                                    &parts, &PyTuple_Type, &entries, &PyTuple_Type, &memories,
                                    &failed, &keep, &start, &fuel, &limits_at, &limits_words))
        return NULL;
    Assembly *self = (Assembly *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->engine = (void *)(uintptr_t)home;
    self->pre = (void *)(uintptr_t)pre;
    self->failed = Py_NewRef(failed);
    self->keep = Py_NewRef(keep);
    self->start = start;
    self->fuel = fuel;
    self->limits_at = limits_at;
    self->limits_words = limits_words;
    Py_ssize_t count = PyTuple_GET_SIZE(parts);
    self->parts = PyMem_Calloc((size_t)count + 1, sizeof(Part));
    if (!self->parts) {
        PyErr_NoMemory();
        goto bad;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        unsigned long long module;
        PyObject *sources;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(parts, at), "KO!", &module, &PyTuple_Type, &sources))
            goto bad;
        Part *part = self->parts + at;
        part->module = (void *)(uintptr_t)module;
        part->sources = read_sources(sources, at + 1);
        if (!part->sources) goto bad;
        part->count = PyTuple_GET_SIZE(sources);
        if (part->count > self->most) self->most = part->count;
        self->count = at + 1;
    }
    PyObject *both = PySequence_Concat(entries, memories);
    if (!both) goto bad;
    self->names = read_sources(both, count + 1);
    Py_DECREF(both);
    if (!self->names) goto bad;
    self->entries = PyTuple_GET_SIZE(entries);
    self->memories = PyTuple_GET_SIZE(memories);
    return (PyObject *)self;
bad:
    Py_DECREF(self);
    return NULL;
}

static int assembly_traverse(PyObject *object, visitproc visit, void *arg) {
    Assembly *self = (Assembly *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->failed);
    Py_VISIT(self->keep);
    return 0;
}

static int assembly_clear(PyObject *object) {
    Assembly *self = (Assembly *)object;
    Py_CLEAR(self->failed);
    Py_CLEAR(self->keep);
    return 0;
}

static void assembly_dealloc(PyObject *object) {
    Assembly *self = (Assembly *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    for (Py_ssize_t at = 0; at < self->count; at++)
        free_sources(self->parts[at].sources, self->parts[at].count);
    PyMem_Free(self->parts);
    free_sources(self->names, self->entries + self->memories);
    assembly_clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* ----- Assembled: the instances, and the call that is under way in them */

typedef struct {
    PyObject_HEAD
    Assembly *of;
    void *store, *context, *future, *trap, *error;
    Instance *instances;
    Extern *entries;
    Extern memory;
    Val result;
    double cpu; /* seconds of processor time of all polls */
    int busy;   /* a thread is inside */
} Assembled;

static PyTypeObject *assembled_type;

#define NEVER ((uint64_t)1 << 62)

static double processor_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}


/* Ends guests that ask for more than they may have; `store.py` says how and why. */
static void trap_where_refused(Assembly *of, void *context, const Budget *budget) {
    uint64_t *words = (uint64_t *)((char *)context + of->limits_at);
    const int64_t *limits = budget->limits;
    uint64_t told[7] = {1, (uint64_t)limits[0], 1, (uint64_t)limits[1],
                        (uint64_t)limits[2], (uint64_t)limits[3], (uint64_t)limits[4]};
    if (of->limits_words == 8 && !memcmp(words, told, sizeof told)) *(uint8_t *)(words + 7) = 1;
}

/* Without the GIL. What is missing, or NULL; an error or a trap may be set then, too. */
static const char *assemble(Assembled *self, const Budget *budget, Extern *imports) {
    Assembly *of = self->of;
    self->store = engine.store_new(of->engine, NULL, NULL);
    void *context = self->context = engine.store_context(self->store);
    engine.store_limiter(self->store, budget->limits[0], budget->limits[1], budget->limits[2],
                         budget->limits[3], budget->limits[4]);
    if (budget->traps) trap_where_refused(of, context, budget);
    engine.set_epoch_deadline(context, (uint64_t)of->start);
    if (of->fuel) engine.set_fuel(context, of->fuel);
    self->error = engine.pre_instantiate(of->pre, context, self->instances, &self->trap);
    if (self->error || self->trap) return "";
    for (Py_ssize_t at = 0; at < of->count; at++) {
        Part *part = of->parts + at;
        for (Py_ssize_t n = 0; n < part->count; n++) {
            Source *source = part->sources + n;
            if (!engine.export_get(context, self->instances + source->part, source->name,
                                   source->size, imports + n))
                return source->name;
        }
        self->error = engine.instance_new(context, part->module, imports, (size_t)part->count,
                                          self->instances + at + 1, &self->trap);
        if (self->error || self->trap) return "";
    }
    for (Py_ssize_t at = 0; at < of->entries; at++) {
        Source *name = of->names + at;
        if (!engine.export_get(context, self->instances + name->part, name->name, name->size,
                               self->entries + at) ||
            self->entries[at].kind != EXTERN_FUNC)
            return name->name;
    }
    if (!engine.export_get(context, self->instances, "memory", 6, &self->memory)) return "memory";
    engine.yield_and_update(context, 1);
    engine.set_epoch_deadline(context, 1);
    if (of->fuel) engine.set_fuel(context, NEVER);
    return NULL;
}

static PyObject *raise_failed(Assembled *self) {
    void *error = self->error, *trap = self->trap;
    self->error = self->trap = NULL;
    PyObject *done = PyObject_CallFunction(self->of->failed, "KK",
                                           (unsigned long long)(uintptr_t)error,
                                           (unsigned long long)(uintptr_t)trap);
    if (done) PyErr_SetString(PyExc_SystemError, "a failed call was not explained");
    Py_XDECREF(done);
    return NULL;
}

static PyObject *open_one(PyObject *object, const Budget *budget) {
    Assembly *of = (Assembly *)object;
    Assembled *self = (Assembled *)assembled_type->tp_alloc(assembled_type, 0);
    if (!self) return NULL;
    self->of = (Assembly *)Py_NewRef(of);
    self->instances = PyMem_Malloc(((size_t)of->count + 1) * sizeof(Instance));
    self->entries = PyMem_Malloc(((size_t)of->entries + 1) * sizeof(Extern));
    Extern *imports = PyMem_Malloc(((size_t)of->most + 1) * sizeof(Extern));
    if (!self->instances || !self->entries || !imports) {
        PyMem_Free(imports);
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    const char *missing;
    Py_BEGIN_ALLOW_THREADS
    missing = assemble(self, budget, imports);
    Py_END_ALLOW_THREADS
    PyMem_Free(imports);
    if (missing) {
        if (*missing) PyErr_Format(PyExc_LookupError, "a part exports no %s", missing);
        else raise_failed(self);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *assembly_open(PyObject *object, PyObject *args) {
    Budget budget;
    long long limits[5];
    if (!PyArg_ParseTuple(args, "LLLLLp:open", limits, limits + 1, limits + 2, limits + 3,
                          limits + 4, &budget.traps))
        return NULL;
    for (int at = 0; at < 5; at++) budget.limits[at] = limits[at];
    return open_one(object, &budget);
}

static int is_closed(Assembled *self) {
    if (self->busy) PyErr_SetString(PyExc_RuntimeError, "another thread is in this guest");
    else if (!self->store) PyErr_SetString(PyExc_RuntimeError, "this guest was closed");
    else return 0;
    return 1;
}

/* Where `size` bytes at `at` lie, or NULL and an exception. Memories may grow, never shrink. */
static uint8_t *reach(Assembled *self, unsigned long long at, unsigned long long size) {
    if (is_closed(self)) return NULL;
    size_t there = engine.memory_size(self->context, self->memory.of);
    if (at > there || size > there - at) {
        PyErr_Format(PyExc_IndexError, "%llu bytes at %llu are beyond the end of a memory of %zu",
                     size, at, there);
        return NULL;
    }
    return engine.memory_data(self->context, self->memory.of) + at;
}

static int put_words(Assembled *self, unsigned long long at, PyObject *const *numbers,
                     Py_ssize_t count) {
    uint8_t *data = reach(self, at, 4 * (unsigned long long)count);
    if (!data) return -1;
    for (Py_ssize_t n = 0; n < count; n++) {
        uint32_t word = (uint32_t)PyLong_AsUnsignedLongMask(numbers[n]);
        if (PyErr_Occurred()) return -1;
        memcpy(data + 4 * n, &word, 4);
    }
    return 0;
}

static int begin(Assembled *self, Py_ssize_t entry, size_t results) {
    if (is_closed(self)) return -1;
    if (self->future || entry < 0 || entry >= self->of->entries) {
        PyErr_SetString(PyExc_RuntimeError, "a call is under way, or there is no such entry");
        return -1;
    }
    /* Ticks that have passed since the last call are none of this one's. */
    engine.set_epoch_deadline(self->context, 2);
    self->future = engine.call_async(self->context, self->entries[entry].of, NULL, 0,
                                     results ? &self->result : NULL, results, &self->trap,
                                     &self->error);
    return 0;
}

static PyObject *assembled_begin(PyObject *object, PyObject *entry) {
    Py_ssize_t at = PyLong_AsSsize_t(entry);
    if (at == -1 && PyErr_Occurred()) return NULL;
    if (begin((Assembled *)object, at, 0) < 0) return NULL;
    Py_RETURN_NONE;
}

/* 1: ended, 0: it gave way, -1: failed, with an exception. */
static int turn(Assembled *self) {
    if (is_closed(self)) return -1;
    if (!self->future) {
        PyErr_SetString(PyExc_RuntimeError, "no call is under way");
        return -1;
    }
    int done;
    self->busy = 1;
    Py_BEGIN_ALLOW_THREADS
    double began = processor_time();
    done = engine.poll(self->future);
    if (done) {
        engine.future_delete(self->future);
        self->future = NULL;
    }
    self->cpu += processor_time() - began;
    Py_END_ALLOW_THREADS
    self->busy = 0;
    if (done && (self->error || self->trap)) {
        raise_failed(self);
        return -1;
    }
    return done;
}

/* A request begins: it has used no processor time, and none of its fuel. */
static void renew(Assembled *self) {
    self->cpu = 0;
    if (self->of->fuel) engine.set_fuel(self->context, self->of->fuel);
}

static PyObject *assembled_renew(PyObject *object, PyObject *ignored) {
    (void)ignored;
    if (is_closed((Assembled *)object)) return NULL;
    renew((Assembled *)object);
    Py_RETURN_NONE;
}

static int ask(PyObject *object, Py_ssize_t entry, uint64_t place, const char *data, size_t size,
               uint64_t at, const uint32_t *words, size_t count) {
    Assembled *self = (Assembled *)object;
    uint8_t *to = reach(self, place, size);
    if (!to) return -1;
    memcpy(to, data, size);
    to = reach(self, at, 4 * count);
    if (!to) return -1;
    memcpy(to, words, 4 * count);
    renew(self);
    if (begin(self, entry, 0) < 0) return -1;
    return turn(self);
}

#define MOST_WORDS 16

/* ask(entry, place, data, at, number, ...): copies `data` to `place` and the numbers to `at`, begins
   the call of an entry, and gives it its first turn; whether that was enough. */
static PyObject *assembled_ask(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    uint32_t words[MOST_WORDS];
    Py_buffer data;
    if (count < 4 || count - 4 > MOST_WORDS) {
        PyErr_SetString(PyExc_TypeError, "ask() takes an entry, a place, bytes, and numbers");
        return NULL;
    }
    for (Py_ssize_t n = 4; n < count; n++)
        words[n - 4] = (uint32_t)PyLong_AsUnsignedLongMask(args[n]);
    Py_ssize_t entry = PyLong_AsSsize_t(args[0]);
    unsigned long long place = PyLong_AsUnsignedLongLong(args[1]);
    unsigned long long at = PyLong_AsUnsignedLongLong(args[3]);
    if (PyErr_Occurred() || PyObject_GetBuffer(args[2], &data, PyBUF_SIMPLE) < 0) return NULL;
    int done = ask(object, entry, place, data.buf, (size_t)data.len, at, words, (size_t)count - 4);
    PyBuffer_Release(&data);
    return done < 0 ? NULL : PyBool_FromLong(done);
}

static size_t memory_of(Assembled *self) {
    size_t found = 0;
    for (Py_ssize_t at = self->of->entries; at < self->of->entries + self->of->memories; at++) {
        Source *name = self->of->names + at;
        Extern memory;
        if (engine.export_get(self->context, self->instances + name->part, name->name, name->size,
                              &memory) && memory.kind == EXTERN_MEMORY)
            found += engine.memory_size(self->context, memory.of);
    }
    return found;
}

/* answer(at, more): two pieces of memory that seven numbers at `at` tell of, the other three, the
   number at `more`, and what `memory` gives. */
static PyObject *assembled_answer(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Assembled *self = (Assembled *)object;
    uint32_t words[7], more;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "answer() takes two addresses");
        return NULL;
    }
    unsigned long long at = PyLong_AsUnsignedLongLong(args[0]);
    unsigned long long other = PyLong_AsUnsignedLongLong(args[1]);
    if (PyErr_Occurred()) return NULL;
    uint8_t *data = reach(self, at, sizeof words);
    if (!data) return NULL;
    memcpy(words, data, sizeof words);
    data = reach(self, other, sizeof more);
    if (!data) return NULL;
    memcpy(&more, data, sizeof more);
    uint8_t *head = reach(self, words[1], words[2]);
    uint8_t *body = head ? reach(self, words[3], words[4]) : NULL;
    if (!body) return NULL;
    return Py_BuildValue("Iy#y#IIIn", words[0], (char *)head, (Py_ssize_t)words[2], (char *)body,
                         (Py_ssize_t)words[4], words[5], words[6], more,
                         (Py_ssize_t)memory_of(self));
}

static PyObject *assembled_poll(PyObject *object, PyObject *ignored) {
    (void)ignored;
    int done = turn((Assembled *)object);
    return done < 0 ? NULL : PyBool_FromLong(done);
}

static PyObject *assembled_number(PyObject *object, PyObject *entry) {
    Assembled *self = (Assembled *)object;
    Py_ssize_t at = PyLong_AsSsize_t(entry);
    if (at == -1 && PyErr_Occurred()) return NULL;
    if (begin(self, at, 1) < 0) return NULL;
    for (;;) {
        int done = turn(self);
        if (done < 0) return NULL;
        if (done) return PyLong_FromUnsignedLong((uint32_t)self->result.of[0]);
    }
}

static PyObject *assembled_drop(PyObject *object, PyObject *ignored) {
    Assembled *self = (Assembled *)object;
    (void)ignored;
    if (self->future && !self->busy) {
        void *future = self->future;
        self->future = NULL;
        engine.future_delete(future);
    }
    Py_RETURN_NONE;
}

static PyObject *assembled_close(PyObject *object, PyObject *ignored) {
    Assembled *self = (Assembled *)object;
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is in this guest");
        return NULL;
    }
    PyObject *done = assembled_drop(object, ignored);
    void *store = self->store;
    self->store = self->context = NULL;
    if (store) {
        Py_BEGIN_ALLOW_THREADS
        engine.store_delete(store);
        Py_END_ALLOW_THREADS
    }
    return done;
}

static void assembled_dealloc(PyObject *object) {
    Assembled *self = (Assembled *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    if (self->future) engine.future_delete(self->future);
    if (self->store) engine.store_delete(self->store);
    PyMem_Free(self->instances);
    PyMem_Free(self->entries);
    Py_CLEAR(self->of);
    type->tp_free(object);
    Py_DECREF(type);
}

static int assembled_traverse(PyObject *object, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(((Assembled *)object)->of);
    return 0;
}

static PyObject *assembled_read(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "read() takes an address and a size");
        return NULL;
    }
    unsigned long long at = PyLong_AsUnsignedLongLong(args[0]);
    unsigned long long size = PyLong_AsUnsignedLongLong(args[1]);
    if (PyErr_Occurred()) return NULL;
    uint8_t *data = reach((Assembled *)object, at, size);
    return data ? PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size) : NULL;
}

static PyObject *assembled_write(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Py_buffer buffer;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "write() takes an address and bytes");
        return NULL;
    }
    unsigned long long at = PyLong_AsUnsignedLongLong(args[0]);
    if (PyErr_Occurred() || PyObject_GetBuffer(args[1], &buffer, PyBUF_SIMPLE) < 0) return NULL;
    uint8_t *data = reach((Assembled *)object, at, (unsigned long long)buffer.len);
    if (data) memcpy(data, buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    if (!data) return NULL;
    Py_RETURN_NONE;
}

/* words(at, count): so many numbers of 32 bits. */
static PyObject *assembled_words(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "words() takes an address and a number");
        return NULL;
    }
    unsigned long long at = PyLong_AsUnsignedLongLong(args[0]);
    Py_ssize_t wanted = PyLong_AsSsize_t(args[1]);
    if (PyErr_Occurred()) return NULL;
    uint8_t *data = reach((Assembled *)object, at, 4 * (unsigned long long)wanted);
    PyObject *made = data ? PyTuple_New(wanted) : NULL;
    for (Py_ssize_t n = 0; made && n < wanted; n++) {
        uint32_t word;
        memcpy(&word, data + 4 * n, 4);
        PyObject *number = PyLong_FromUnsignedLong(word);
        if (!number) Py_CLEAR(made);
        else PyTuple_SET_ITEM(made, n, number);
    }
    return made;
}

/* put(at, number, ...): numbers of 32 bits; negative ones as their complement. */
static PyObject *assembled_put(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "put() takes an address and numbers");
        return NULL;
    }
    unsigned long long at = PyLong_AsUnsignedLongLong(args[0]);
    if (PyErr_Occurred() || put_words((Assembled *)object, at, args + 1, count - 1) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *assembled_memory(PyObject *object, PyObject *ignored) {
    (void)ignored;
    if (is_closed((Assembled *)object)) return NULL;
    return PyLong_FromSize_t(memory_of((Assembled *)object));
}

/* ----- the same for other accelerators */

static int is_assembled(PyObject *object) { return Py_IS_TYPE(object, assembled_type); }

static int next(PyObject *object, Py_ssize_t entry) {
    return begin((Assembled *)object, entry, 0) < 0 ? -1 : turn((Assembled *)object);
}

static const uint8_t *reach_of(PyObject *object, uint64_t at, uint64_t size) {
    return reach((Assembled *)object, at, size);
}

static size_t size_of(PyObject *object) { return memory_of((Assembled *)object); }

static double cpu_of(PyObject *object) { return ((Assembled *)object)->cpu; }

static int close_one(PyObject *object) {
    PyObject *done = assembled_close(object, NULL);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static PyMethodDef assembled_methods[] = {
    {"begin", assembled_begin, METH_O, NULL},
    {"ask", (PyCFunction)(void (*)(void))assembled_ask, METH_FASTCALL, NULL},
    {"answer", (PyCFunction)(void (*)(void))assembled_answer, METH_FASTCALL, NULL},
    {"poll", assembled_poll, METH_NOARGS, NULL},
    {"number", assembled_number, METH_O, NULL},
    {"renew", assembled_renew, METH_NOARGS, NULL},
    {"drop", assembled_drop, METH_NOARGS, NULL},
    {"close", assembled_close, METH_NOARGS, NULL},
    {"read", (PyCFunction)(void (*)(void))assembled_read, METH_FASTCALL, NULL},
    {"write", (PyCFunction)(void (*)(void))assembled_write, METH_FASTCALL, NULL},
    {"words", (PyCFunction)(void (*)(void))assembled_words, METH_FASTCALL, NULL},
    {"put", (PyCFunction)(void (*)(void))assembled_put, METH_FASTCALL, NULL},
    {"memory", assembled_memory, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyMemberDef assembled_members[] = {
    {"cpu", T_DOUBLE, offsetof(Assembled, cpu), 0, NULL}, {NULL, 0, 0, 0, NULL}};

static PyType_Slot assembled_slots[] = {{Py_tp_dealloc, assembled_dealloc},
                                        {Py_tp_traverse, assembled_traverse},
                                        {Py_tp_methods, assembled_methods},
                                        {Py_tp_members, assembled_members},
                                        {0, NULL}};

static PyType_Spec assembled_spec = {
    .name = "wherever.engine._assembly.Assembled", .basicsize = sizeof(Assembled),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = assembled_slots};

static PyMethodDef assembly_methods[] = {{"open", assembly_open, METH_VARARGS, NULL},
                                         {NULL, NULL, 0, NULL}};

static PyType_Slot assembly_slots[] = {{Py_tp_new, assembly_new},
                                       {Py_tp_dealloc, assembly_dealloc},
                                       {Py_tp_traverse, assembly_traverse},
                                       {Py_tp_clear, assembly_clear},
                                       {Py_tp_methods, assembly_methods},
                                       {0, NULL}};

static PyType_Spec assembly_spec = {
    .name = "wherever.engine._assembly.Assembly", .basicsize = sizeof(Assembly),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = assembly_slots};

static PyTypeObject *assembly_type;

static int is_assembly(PyObject *object) { return Py_IS_TYPE(object, assembly_type); }

static const AssemblyCalls calls = {is_assembly, is_assembled, open_one, ask,      next,
                                    reach_of,    size_of,      cpu_of,   close_one};

/* ----- the clock: a thread that lets epochs pass, as long as it is on */

#define MOST_ENGINES 64

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *engines[MOST_ENGINES];
    int count, is_on, has_thread;
    long nanoseconds;
} ticks = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *tick(void *ignored) {
    (void)ignored;
    pthread_mutex_lock(&ticks.lock);
    for (;;) {
        while (!ticks.is_on) pthread_cond_wait(&ticks.changed, &ticks.lock);
        struct timespec slice = {0, ticks.nanoseconds};
        pthread_mutex_unlock(&ticks.lock);
        nanosleep(&slice, NULL);
        pthread_mutex_lock(&ticks.lock);
        for (int at = 0; at < ticks.count; at++) engine.increment_epoch(ticks.engines[at]);
    }
    return NULL;
}

/* clock(engine, seconds): lets its epochs pass too; engines live as long as the process. */
static PyObject *clock_add(PyObject *module, PyObject *args) {
    unsigned long long pointer;
    double seconds;
    int full = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "Kd:clock", &pointer, &seconds)) return NULL;
    pthread_mutex_lock(&ticks.lock);
    ticks.nanoseconds = (long)(seconds * 1e9);
    int at = 0;
    while (at < ticks.count && ticks.engines[at] != (void *)(uintptr_t)pointer) at++;
    if (at == MOST_ENGINES) full = 1;
    else if (at == ticks.count) ticks.engines[ticks.count++] = (void *)(uintptr_t)pointer;
    pthread_mutex_unlock(&ticks.lock);
    if (full) {
        PyErr_SetString(PyExc_RuntimeError, "there are too many engines");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* tick(is_on): starts or stops the clock. */
static PyObject *clock_switch(PyObject *module, PyObject *value) {
    (void)module;
    int is_on = PyObject_IsTrue(value), failed = 0;
    if (is_on < 0) return NULL;
    pthread_mutex_lock(&ticks.lock);
    ticks.is_on = is_on;
    if (is_on && !ticks.has_thread) {
        pthread_t thread;
        failed = pthread_create(&thread, NULL, tick, NULL);
        if (!failed) {
            pthread_detach(thread);
            ticks.has_thread = 1;
        }
    }
    pthread_cond_signal(&ticks.changed);
    pthread_mutex_unlock(&ticks.lock);
    if (failed) {
        PyErr_SetString(PyExc_RuntimeError, "no thread can be started");
        return NULL;
    }
    Py_RETURN_NONE;
}

static void after_fork(void) {
    pthread_mutex_init(&ticks.lock, NULL);
    pthread_cond_init(&ticks.changed, NULL);
    ticks.has_thread = ticks.is_on = 0;
}

/* ----- the module */

/* setup(address, ...): of the engine's functions, in the order of `engine` above. */
static PyObject *setup(PyObject *module, PyObject *args) {
    void **slots = (void **)&engine;
    (void)module;
    if (PyTuple_GET_SIZE(args) != (Py_ssize_t)FUNCTIONS) {
        PyErr_Format(PyExc_ValueError, "setup() takes %zu addresses", FUNCTIONS);
        return NULL;
    }
    for (size_t at = 0; at < FUNCTIONS; at++) {
        unsigned long long address = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(args, (Py_ssize_t)at));
        if (!address) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "an address is missing");
            return NULL;
        }
        slots[at] = (void *)(uintptr_t)address;
    }
    Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {{"setup", setup, METH_VARARGS, NULL},
                                       {"clock", clock_add, METH_VARARGS, NULL},
                                       {"tick", clock_switch, METH_O, NULL},
                                       {NULL, NULL, 0, NULL}};

static int add_address(PyObject *module, const char *name, void *address) {
    PyObject *number = PyLong_FromUnsignedLongLong((unsigned long long)(uintptr_t)address);
    int bad = number ? PyModule_AddObjectRef(module, name, number) : -1;
    Py_XDECREF(number);
    return bad;
}

static int module_exec(PyObject *module) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the accelerator serves the main interpreter only");
        return -1;
    }
    assembly_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &assembly_spec, NULL);
    if (!assembly_type || PyModule_AddType(module, assembly_type) < 0) return -1;
    assembled_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &assembled_spec, NULL);
    if (!assembled_type || PyModule_AddType(module, assembled_type) < 0) return -1;
    pthread_atfork(NULL, NULL, after_fork);
    PyObject *offered = PyCapsule_New((void *)&calls, ASSEMBLY_CALLS, NULL);
    int bad = offered ? PyModule_AddObjectRef(module, "calls", offered) : -1;
    Py_XDECREF(offered);
    if (bad < 0) return -1;
    if (add_address(module, "host_ask", (void *)host_ask) < 0) return -1;
    return add_address(module, "host_now", (void *)host_now);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL}};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "wherever.engine._assembly", .m_size = 0,
    .m_methods = module_methods, .m_slots = module_slots};

PyMODINIT_FUNC PyInit__assembly(void) { return PyModuleDef_Init(&module_definition); }
