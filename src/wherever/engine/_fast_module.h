/* Part of _fast.c: a guest's memory, and the module itself. */

typedef struct {
    PyObject_HEAD
    MemoryRef memory;
    Lock *lock;
    PyObject *refuse; /* refuse(at, count): raises why these bytes cannot be had */
} Memory;

/* The address of `count` bytes at `at`, or NULL and an exception. With the lock held. */
static uint8_t *memory_at(Memory *self, PyObject *where, Py_ssize_t at, PyObject *size_given,
                          Py_ssize_t count) {
    void *context = (void *)(uintptr_t)self->lock->store;
    size_t start = (size_t)(at < 0 && at >= INT32_MIN ? (uint32_t)(int32_t)at : at);
    if (context && at >= INT32_MIN && count >= 0) {
        size_t size = ((MemorySize)(uintptr_t)self->lock->size)(context, &self->memory);
        /* Asked for each time: a growing memory may move. */
        if ((size_t)count <= size && start <= size - (size_t)count)
            return ((MemoryData)(uintptr_t)self->lock->data)(context, &self->memory) + start;
    }
    PyObject *size = size_given ? Py_NewRef(size_given) : PyLong_FromSsize_t(count);
    PyObject *done = size ? PyObject_CallFunctionObjArgs(self->refuse, where, size, NULL) : NULL;
    Py_XDECREF(size);
    Py_XDECREF(done);
    if (done) PyErr_SetString(PyExc_IndexError, "beyond the end of the guest's memory");
    return NULL;
}

static int memory_place(PyObject *value, Py_ssize_t *at) {
    PyObject *index = PyNumber_Index(value);
    if (!index) return -1;
    *at = PyLong_AsSsize_t(index);
    Py_DECREF(index);
    if (*at == -1 && PyErr_Occurred()) {
        /* No memory reaches that far; the words are `refuse`'s. */
        if (!PyErr_ExceptionMatches(PyExc_OverflowError)) return -1;
        PyErr_Clear();
        *at = PY_SSIZE_T_MIN;
    }
    return 0;
}

static PyObject *memory_read(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Memory *self = (Memory *)object;
    Py_ssize_t at, size;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "read() takes an address and a number of bytes");
        return NULL;
    }
    if (memory_place(args[0], &at) < 0 || memory_place(args[1], &size) < 0) return NULL;
    if (lock_enter(self->lock) < 0) return NULL;
    uint8_t *data = memory_at(self, args[0], at, args[1], size);
    PyObject *bytes = data ? PyBytes_FromStringAndSize((const char *)data, size) : NULL;
    lock_leave(self->lock);
    return bytes;
}

static PyObject *memory_write(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Memory *self = (Memory *)object;
    Py_buffer buffer;
    Py_ssize_t at;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "write() takes an address and bytes");
        return NULL;
    }
    if (memory_place(args[0], &at) < 0) return NULL;
    if (PyObject_GetBuffer(args[1], &buffer, PyBUF_SIMPLE) < 0) return NULL;
    uint8_t *data = NULL;
    if (lock_enter(self->lock) == 0) {
        data = memory_at(self, args[0], at, NULL, buffer.len);
        if (data) memmove(data, buffer.buf, (size_t)buffer.len);
        lock_leave(self->lock);
    }
    PyBuffer_Release(&buffer);
    if (!data) return NULL;
    Py_RETURN_NONE;
}

static PyObject *memory_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *words[] = {"memory", "lock", "refuse", NULL};
    const char *memory;
    Py_ssize_t size;
    PyObject *lock, *refuse_;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#O!O:Memory", words, &memory, &size,
                                     lock_type, &lock, &refuse_))
        return NULL;
    if (size != sizeof(MemoryRef) || !engine_memory_size || !engine_memory_data) {
        PyErr_SetString(PyExc_ValueError, "not a memory that can be read");
        return NULL;
    }
    Memory *self = (Memory *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    memcpy(&self->memory, memory, sizeof(MemoryRef));
    self->lock = (Lock *)Py_NewRef(lock);
    self->refuse = Py_NewRef(refuse_);
    return (PyObject *)self;
}

static int memory_traverse(PyObject *object, visitproc visit, void *arg) {
    Memory *self = (Memory *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->lock);
    Py_VISIT(self->refuse);
    return 0;
}

static void memory_dealloc(PyObject *object) {
    Memory *self = (Memory *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    Py_XDECREF(self->lock);
    Py_XDECREF(self->refuse);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef memory_methods[] = {
    {"read", (PyCFunction)(void (*)(void))memory_read, METH_FASTCALL, NULL},
    {"write", (PyCFunction)(void (*)(void))memory_write, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL}};

static PyType_Slot memory_slots[] = {{Py_tp_new, memory_new},
                                     {Py_tp_dealloc, memory_dealloc},
                                     {Py_tp_traverse, memory_traverse},
                                     {Py_tp_methods, memory_methods},
                                     {0, NULL}};

static PyType_Spec memory_spec = {
    .name = "wherever.engine._fast.Memory", .basicsize = sizeof(Memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = memory_slots};

/* ----- the module */

static PyObject *setup(PyObject *module, PyObject *args) {
    unsigned long long call, data, size, trap;
    if (!PyArg_ParseTuple(args, "KKKK:setup", &call, &data, &size, &trap)) return NULL;
    if (!call || !data || !size || !trap) {
        PyErr_SetString(PyExc_ValueError, "an address is missing");
        return NULL;
    }
    engine_call = (Call)(uintptr_t)call;
    engine_memory_data = (MemoryData)(uintptr_t)data;
    engine_memory_size = (MemorySize)(uintptr_t)size;
    engine_trap_new = (void *(*)(const char *, size_t))(uintptr_t)trap;
    Py_RETURN_NONE;
}

static PyObject *stack_left(PyObject *module, PyObject *ignored) {
    char here;
    if (!stack_end) stack_end = find_stack_end();
    return PyLong_FromSize_t((size_t)((uintptr_t)&here - stack_end));
}

static PyMethodDef module_methods[] = {{"setup", setup, METH_VARARGS, NULL},
                                       {"stack_left", stack_left, METH_NOARGS, NULL},
                                       {NULL, NULL, 0, NULL}};

static int module_exec(PyObject *module) {
    PyType_Spec *specs[] = {&lock_spec, &function_spec, &host_spec, &memory_spec};
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the accelerator serves the main interpreter only");
        return -1;
    }
    for (size_t at = 0; at < sizeof(specs) / sizeof(*specs); at++) {
        PyObject *type = PyType_FromModuleAndSpec(module, specs[at], NULL);
        if (!type) return -1;
        int bad = PyModule_AddType(module, (PyTypeObject *)type);
        if (at == 0) Py_XSETREF(lock_type, (PyTypeObject *)Py_NewRef(type));
        Py_DECREF(type);
        if (bad < 0) return -1;
    }
    PyObject *address = PyLong_FromUnsignedLongLong((unsigned long long)(uintptr_t)host_call);
    int bad = address ? PyModule_AddObjectRef(module, "host_call", address) : -1;
    Py_XDECREF(address);
    return bad;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL}};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "wherever.engine._fast", .m_size = 0,
    .m_methods = module_methods, .m_slots = module_slots};

PyMODINIT_FUNC PyInit__fast(void) { return PyModuleDef_Init(&module_definition); }
