/* Part of _fast.c: functions of Python that guests call. */

typedef struct {
    PyObject_HEAD
    PyObject *function;
    PyObject *failed; /* failed(exception): keeps what the outermost call will raise */
    PyObject *refuse; /* refuse(position, value): raises why a result does not fit */
    Py_ssize_t params, results;
    char *kinds;
} Host;

static int host_put_results(Host *self, Slot *slots, PyObject *value) {
    const char *kinds = self->kinds + self->params;
    if (self->results == 0) return 0;
    if (self->results == 1) {
        if (put(slots, kinds[0], value) == 0) return 0;
        refuse(self->refuse, 0, value);
        return -1;
    }
    if (!PyTuple_Check(value) && !PyList_Check(value)) {
        refuse(self->refuse, -1, value);
        return -1;
    }
    PyObject *all = PySequence_Tuple(value);
    if (!all) return -1;
    int bad = PyTuple_GET_SIZE(all) == self->results ? 0 : -1;
    if (bad) refuse(self->refuse, -1, value);
    for (Py_ssize_t at = 0; !bad && at < self->results; at++) {
        bad = put(slots + at, kinds[at], PyTuple_GET_ITEM(all, at));
        if (bad) refuse(self->refuse, at, PyTuple_GET_ITEM(all, at));
    }
    Py_DECREF(all);
    return bad;
}

static int host_run(Host *self, Slot *slots, size_t count) {
    Py_ssize_t most = self->params > self->results ? self->params : self->results;
    if ((size_t)most > count) {
        PyErr_SetString(PyExc_SystemError, "a host function was called with too few slots");
        return -1;
    }
    PyObject *few[FEW + 1], **args = few;
    if (self->params > FEW) args = PyMem_New(PyObject *, self->params + 1);
    if (!args) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t given = 1; /* args[0] is the callee's to use */
    int bad = 0;
    for (Py_ssize_t at = 0; !bad && at < self->params; at++) {
        args[given] = take(slots + at, self->kinds[at]);
        if (args[given]) given++;
        else bad = -1;
    }
    if (!bad) {
        size_t flags = (size_t)(given - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET;
        PyObject *value = PyObject_Vectorcall(self->function, args + 1, flags, NULL);
        bad = value ? host_put_results(self, slots, value) : -1;
        Py_XDECREF(value);
    }
    while (--given > 0) Py_DECREF(args[given]);
    if (args != few) PyMem_Free(args);
    return bad;
}

static void host_keep_exception(Host *self) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value && trace) PyException_SetTraceback(value, trace);
    if (value) {
        PyObject *done = PyObject_CallOneArg(self->failed, value);
        if (!done) PyErr_WriteUnraisable(self->function);
        Py_XDECREF(done);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

/* What the engine calls, on the thread that runs the guest. */
static void *host_call(void *environment, void *caller, Slot *slots, size_t count) {
    Host *self = environment;
    PyGILState_STATE state = PyGILState_Ensure();
    void *trap = NULL;
    Py_INCREF(self);
    if (host_run(self, slots, count) < 0) {
        host_keep_exception(self);
        trap = engine_trap_new("host", 4);
    }
    Py_DECREF(self);
    PyGILState_Release(state);
    return trap;
}

static PyObject *host_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *words[] = {"function", "params", "results", "failed", "refuse", NULL};
    const char *params, *results;
    PyObject *function, *failed, *refuse_;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OssOO:Host", words, &function, &params,
                                     &results, &failed, &refuse_))
        return NULL;
    if (!PyCallable_Check(function) || !kinds_are_good(params) || !kinds_are_good(results) ||
        !engine_trap_new) {
        PyErr_SetString(PyExc_ValueError, "not a function that can be given to a guest");
        return NULL;
    }
    Host *self = (Host *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->function = Py_NewRef(function);
    self->failed = Py_NewRef(failed);
    self->refuse = Py_NewRef(refuse_);
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

static int host_traverse(PyObject *object, visitproc visit, void *arg) {
    Host *self = (Host *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->function);
    Py_VISIT(self->failed);
    Py_VISIT(self->refuse);
    return 0;
}

static void host_dealloc(PyObject *object) {
    Host *self = (Host *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    Py_XDECREF(self->function);
    Py_XDECREF(self->failed);
    Py_XDECREF(self->refuse);
    PyMem_Free(self->kinds);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *host_environment(PyObject *object, void *ignored) {
    return PyLong_FromUnsignedLongLong((unsigned long long)(uintptr_t)object);
}

static PyGetSetDef host_getset[] = {
    {"environment", host_environment, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot host_slots[] = {{Py_tp_new, host_new},
                                   {Py_tp_dealloc, host_dealloc},
                                   {Py_tp_traverse, host_traverse},
                                   {Py_tp_getset, host_getset},
                                   {0, NULL}};

static PyType_Spec host_spec = {
    .name = "wherever.engine._fast.Host", .basicsize = sizeof(Host),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = host_slots};
