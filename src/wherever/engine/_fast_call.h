/* Part of _fast.c: values between Python and guests, and calls of guests. */

/* ----- values: kinds are the letters i (i32), I (i64), f (f32), F (f64), v (v128);
   and for functions of components, exact to their type and capital where unsigned:
   a (8 bits), c (16), d (32), q (64), b (a boolean), g (f32), G (f64) */

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

static int put_exact(Slot *slot, char kind, PyObject *value) {
    slot->i64 = 0;
    if (kind == 'b') {
        if (!PyBool_Check(value)) return -1;
        slot->i32 = value == Py_True;
        return 0;
    }
    if (!PyLong_Check(value) || PyBool_Check(value)) return -1;
    if (kind == 'Q') {
        unsigned long long number = PyLong_AsUnsignedLongLong(value);
        if (number == (unsigned long long)-1 && PyErr_Occurred()) return -1;
        slot->i64 = (int64_t)number;
        return 0;
    }
    int over = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &over), low = 0, high = 0;
    if (over || (number == -1 && PyErr_Occurred())) return -1;
    switch (kind) {
    case 'a': low = INT8_MIN, high = INT8_MAX; break;
    case 'A': high = UINT8_MAX; break;
    case 'c': low = INT16_MIN, high = INT16_MAX; break;
    case 'C': high = UINT16_MAX; break;
    case 'd': low = INT32_MIN, high = INT32_MAX; break;
    case 'D': high = UINT32_MAX; break;
    default: slot->i64 = number; return 0;
    }
    if (number < low || number > high) return -1;
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
    if (strchr("aAbcCdDqQ", kind)) return put_exact(slot, kind, value);
    if ((kind == 'g' || kind == 'G') && !PyFloat_Check(value) && !PyLong_Check(value)) return -1;
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) return -1;
    if (kind == 'f' || kind == 'g') {
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
    case 'a': return PyLong_FromLong((int8_t)slot->i32);
    case 'A': return PyLong_FromLong((uint8_t)slot->i32);
    case 'b': return PyBool_FromLong(slot->i32);
    case 'c': return PyLong_FromLong((int16_t)slot->i32);
    case 'C': return PyLong_FromLong((uint16_t)slot->i32);
    case 'd': return PyLong_FromLong(slot->i32);
    case 'D': return PyLong_FromUnsignedLong((uint32_t)slot->i32);
    case 'q': return PyLong_FromLongLong(slot->i64);
    case 'Q': return PyLong_FromUnsignedLongLong((unsigned long long)slot->i64);
    case 'g': return PyFloat_FromDouble(slot->f32);
    case 'G': return PyFloat_FromDouble(slot->f64);
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

static int kinds_are_good(const char *kinds) { return strspn(kinds, "iIfFvaAbcCdDgGqQ") == strlen(kinds); }

/* ----- Function: an export of a guest */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    FuncRef function;
    Lock *lock;
    PyObject *admit;  /* admit(): opens the store for a call, or says why not */
    PyObject *finish; /* finish(): the end of a call that was admitted under a limit of time */
    PyObject *failed; /* failed(error, trap): raises what they mean */
    PyObject *refuse; /* refuse(position, value): raises why a value does not fit; position -1
                         means too little native stack, -2 a call that waits for this one */
    PyObject *bind;   /* bind(*args, **kwargs): the arguments in order */
    PyObject *dict;
    PyObject *weak;
    Py_ssize_t params, results;
    int apart; /* not to be called while a call of the same guest waits in a host function */
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
    else if (self->apart) {
        PyObject *done = PyObject_CallFunction(self->refuse, "nO", (Py_ssize_t)-2, Py_None);
        Py_XDECREF(done);
        if (done) PyErr_SetString(PyExc_RuntimeError, "another call of this guest waits");
        return NULL;
    }
    int asked = !lock->context;
    if (asked) {
        PyObject *done = PyObject_CallNoArgs(self->admit);
        if (!done) return NULL;
        Py_DECREF(done);
    }
    void *context = (void *)(uintptr_t)lock->store, *trap = NULL, *error = NULL;
    Call call = (Call)(uintptr_t)lock->call;
    if (!context || !call) {
        PyErr_SetString(PyExc_RuntimeError, "the store was closed");
        return NULL;
    }
    size_t count = (size_t)(self->params > self->results ? self->params : self->results);
    Py_BEGIN_ALLOW_THREADS
    error = call(context, &self->function, slots, count, &trap);
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
                            "finish",   "failed", "refuse", "bind",    "apart", NULL};
    const char *function, *params, *results;
    Py_ssize_t size;
    PyObject *lock, *admit, *finish, *failed, *refuse_, *bind;
    int apart = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#O!ssOOOOO|p:Function", words, &function,
                                     &size, lock_type, &lock, &params, &results, &admit, &finish,
                                     &failed, &refuse_, &bind, &apart))
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
    self->apart = apart;
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
