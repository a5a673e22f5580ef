/* The short way of an ordinary request: from its bytes to those of the answer, in one call.

   What the connection, the router, the app, the meter and the log do with a request in Python,
   this does at once where there is nothing special about it. It gives way to them before it has
   changed anything (None), or with a guest that has had its first turn, which they carry on. So
   whatever is rare, wrong, slow or large is theirs, and is written once. Tests send the same
   requests both ways and compare all that can be seen.                                        */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#include "../../engine/_assembly.h"
#include "_lane_request.h"
#include "_lane_said.h"

#define MOST_STARTS 16
#define MOST_KNOWN 8192   /* hosts and paths whose apps are remembered */
#define LONGEST_KNOWN 256 /* bytes of both */
#define LONGEST_LINE 8192 /* of the log; what it may hold of a target is that of `access.py` */
#define LONGEST_TARGET 2048
#define HEAD_ROOM 4096    /* of an answer, beside what its guest says */

static const AssemblyCalls *guests;
static PyTypeObject *site_type;
static PyObject *text_room, *text_apart_until, *text_is_ticking, *text_has_served, *text_assembled,
    *text_uses;

/* ----- Site: an app as the lane sees it */

typedef struct {
    PyObject_HEAD
    PyObject *app, *assembly, *log, *name;
    PyObject *take, *give; /* of instances that are used again; None where all are fresh */
    Budget budget;
    Edges edges;
    Py_buffer page; /* the numbers of the app */
    int is_plain, is_masked, errors_only;
    Py_ssize_t starts[MOST_STARTS], count, run; /* entries: those that a new instance begins with */
    uint32_t quick, quick_most, in_head, folders, status, is_worn;
    long long max_body, kept_memory, most_memory;
    double most_cpu; /* seconds */
} Site;

static long long number(PyObject *from, const char *name) {
    PyObject *found = PyErr_Occurred() ? NULL : PyObject_GetAttrString(from, name);
    long long value = found ? PyLong_AsLongLong(found) : -1;
    Py_XDECREF(found);
    return value;
}

static PyObject *object(PyObject *from, const char *name, PyTypeObject *type) {
    PyObject *found = PyErr_Occurred() ? NULL : PyObject_GetAttrString(from, name);
    if (!found || !type || Py_IS_TYPE(found, type)) return found;
    PyErr_Format(PyExc_TypeError, "%s is a %s", name, Py_TYPE(found)->tp_name);
    Py_DECREF(found);
    return NULL;
}

static Py_ssize_t edges_of(PyObject *plan, const char *name, double *edges) {
    PyObject *given = object(plan, name, &PyTuple_Type);
    if (!given) return -1;
    Py_ssize_t size = PyTuple_GET_SIZE(given);
    if (size > MOST_EDGES) PyErr_SetString(PyExc_ValueError, "there are too many edges");
    for (Py_ssize_t at = 0; at < size && at < MOST_EDGES; at++)
        edges[at] = PyFloat_AsDouble(PyTuple_GET_ITEM(given, at));
    Py_DECREF(given);
    return PyErr_Occurred() ? -1 : size;
}

/* Where things lie in the page: all that `count` may reach is inside of it. */
static int read_places(Site *self, PyObject *plan) {
    Places *at = &self->edges.at;
    Py_ssize_t *to = (Py_ssize_t *)at, most = self->page.len / 8;
    PyObject *given = object(plan, "places", &PyTuple_Type);
    if (!given) return -1;
    Py_ssize_t size = PyTuple_GET_SIZE(given), all = sizeof *at / sizeof *to;
    for (Py_ssize_t n = 0; n < size && n < all; n++) {
        to[n] = PyLong_AsSsize_t(PyTuple_GET_ITEM(given, n));
        if (to[n] < 0 || to[n] >= most) size = -1;
    }
    Py_DECREF(given);
    const Py_ssize_t times = self->edges.times_count, cpu_times = self->edges.cpu_times_count;
    if (!PyErr_Occurred() && (size != all || most < 6 || at->requests + times >= most ||
                              at->invokes + times >= most || at->cpu + cpu_times >= most ||
                              at->memory + at->sizes >= most))
        PyErr_SetString(PyExc_ValueError, "a page has other places");
    return PyErr_Occurred() ? -1 : 0;
}

static int read_starts(Site *self, PyObject *plan) {
    PyObject *given = object(plan, "starts", &PyTuple_Type);
    if (!given) return -1;
    self->count = PyTuple_GET_SIZE(given);
    if (self->count > MOST_STARTS) PyErr_SetString(PyExc_ValueError, "there are too many starts");
    for (Py_ssize_t at = 0; at < self->count && at < MOST_STARTS; at++)
        self->starts[at] = PyLong_AsSsize_t(PyTuple_GET_ITEM(given, at));
    Py_DECREF(given);
    return PyErr_Occurred() ? -1 : 0;
}

static int read_plan(Site *self, PyObject *plan) {
    static const char *const budget[] = {"memory", "elements", "instances", "tables", "memories"};
    self->app = object(plan, "app", NULL);
    self->assembly = object(plan, "assembly", NULL);
    self->take = object(plan, "take", NULL);
    self->give = object(plan, "give", NULL);
    self->log = object(plan, "log", NULL);
    self->name = object(plan, "name", &PyBytes_Type);
    PyObject *bounds = object(plan, "budget", NULL), *page = object(plan, "page", NULL);
    for (int at = 0; bounds && at < 5; at++) self->budget.limits[at] = number(bounds, budget[at]);
    self->budget.traps = bounds ? number(bounds, "binding") > 0 : 0;
    Py_XDECREF(bounds);
    if (page) PyObject_GetBuffer(page, &self->page, PyBUF_WRITABLE);
    Py_XDECREF(page);
    self->run = (Py_ssize_t)number(plan, "run");
    self->quick = (uint32_t)number(plan, "quick");
    self->quick_most = (uint32_t)number(plan, "quick_most");
    self->in_head = (uint32_t)number(plan, "in_head");
    self->folders = (uint32_t)number(plan, "folders");
    self->status = (uint32_t)number(plan, "status");
    self->is_worn = (uint32_t)number(plan, "is_worn");
    self->max_body = number(plan, "max_body");
    self->kept_memory = number(plan, "kept_memory");
    self->most_memory = number(plan, "most_memory");
    self->is_plain = number(plan, "is_plain") > 0;
    self->is_masked = number(plan, "is_masked") > 0;
    self->errors_only = number(plan, "errors_only") > 0;
    PyObject *cpu = object(plan, "most_cpu", &PyFloat_Type);
    self->most_cpu = cpu ? PyFloat_AS_DOUBLE(cpu) : 0;
    Py_XDECREF(cpu);
    self->edges.times_count = edges_of(plan, "times", self->edges.times);
    self->edges.cpu_times_count = edges_of(plan, "cpu_times", self->edges.cpu_times);
    if (PyErr_Occurred() || read_places(self, plan) < 0) return -1;
    if (!guests->is_assembly(self->assembly)) {
        PyErr_SetString(PyExc_TypeError, "an assembly of the accelerator is needed");
        return -1;
    }
    return read_starts(self, plan);
}

static PyObject *site_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *plan;
    if (kwargs || !PyArg_ParseTuple(args, "O:Site", &plan)) return NULL;
    Site *self = (Site *)type->tp_alloc(type, 0);
    if (self && read_plan(self, plan) < 0) Py_CLEAR(self);
    return (PyObject *)self;
}

static int site_traverse(PyObject *object, visitproc visit, void *arg) {
    Site *self = (Site *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->app);
    Py_VISIT(self->assembly);
    Py_VISIT(self->take);
    Py_VISIT(self->give);
    Py_VISIT(self->log);
    return 0;
}

static int site_clear(PyObject *object) {
    Site *self = (Site *)object;
    if (self->page.obj) PyBuffer_Release(&self->page);
    Py_CLEAR(self->app);
    Py_CLEAR(self->assembly);
    Py_CLEAR(self->take);
    Py_CLEAR(self->give);
    Py_CLEAR(self->log);
    Py_CLEAR(self->name);
    return 0;
}

/* close(): lets go of all; no request goes this way any more. */
static PyObject *site_close(PyObject *object, PyObject *ignored) {
    (void)ignored;
    site_clear(object);
    Py_RETURN_NONE;
}

static void site_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    site_clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* ----- Lane: all apps of a server */

typedef struct {
    PyObject_HEAD
    PyObject *find, *turns, *known, *scheme, *lines;
    Py_ssize_t most_head, most_target, most_headers;
    Py_ssize_t answered, failed; /* requests that went this way; of them those with 5xx */
    Py_ssize_t begun;            /* requests that Python carried on */
} Lane;

static PyObject *lane_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *find, *turns, *scheme, *lines;
    Py_ssize_t head, target, headers;
    if (kwargs || !PyArg_ParseTuple(args, "OOO!O!nnn:Lane", &find, &turns, &PyBytes_Type, &scheme,
                                    &PyTuple_Type, &lines, &head, &target, &headers))
        return NULL;
    if (PyTuple_GET_SIZE(lines) != 600) {
        PyErr_SetString(PyExc_ValueError, "a line for each status up to 599 is needed");
        return NULL;
    }
    Lane *self = (Lane *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->find = Py_NewRef(find);
    self->turns = Py_NewRef(turns);
    self->scheme = Py_NewRef(scheme);
    self->lines = Py_NewRef(lines);
    self->most_head = head;
    self->most_target = target;
    self->most_headers = headers;
    self->known = PyDict_New();
    if (!self->known) Py_CLEAR(self);
    return (PyObject *)self;
}

static int lane_traverse(PyObject *object, visitproc visit, void *arg) {
    Lane *self = (Lane *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->find);
    Py_VISIT(self->turns);
    Py_VISIT(self->known);
    return 0;
}

static int lane_clear(PyObject *object) {
    Lane *self = (Lane *)object;
    Py_CLEAR(self->find);
    Py_CLEAR(self->turns);
    Py_CLEAR(self->known);
    Py_CLEAR(self->scheme);
    Py_CLEAR(self->lines);
    return 0;
}

static void lane_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    lane_clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* The app of a host and a path, borrowed, or NULL where this is not its way (or an exception). */
static Site *site_of(Lane *self, const Request *request) {
    char key[LONGEST_KNOWN];
    Text host = request->authority, path = request->path;
    if (host.size + path.size > sizeof key) return NULL;
    memcpy(key, host.at, host.size);
    memcpy(key + host.size, path.at, path.size); /* a path begins with what no host has */
    PyObject *name = PyBytes_FromStringAndSize(key, (Py_ssize_t)(host.size + path.size));
    PyObject *site = name ? PyDict_GetItemWithError(self->known, name) : NULL;
    if (name && !site && !PyErr_Occurred()) {
        if (PyDict_GET_SIZE(self->known) >= MOST_KNOWN) PyDict_Clear(self->known);
        PyObject *found = PyObject_CallFunction(self->find, "y#y#", host.at, (Py_ssize_t)host.size,
                                                path.at, (Py_ssize_t)path.size);
        if (found && PyDict_SetItem(self->known, name, found) == 0) site = found;
        Py_XDECREF(found); /* the dictionary has it */
    }
    Py_XDECREF(name);
    return site && Py_IS_TYPE(site, site_type) && ((Site *)site)->app ? (Site *)site : NULL;
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Whether an attribute is above a number; -1 with an exception. */
static int is_above(PyObject *object, PyObject *name, double least) {
    PyObject *found = PyObject_GetAttr(object, name);
    double value = found ? PyFloat_AsDouble(found) : -1;
    Py_XDECREF(found);
    return PyErr_Occurred() ? -1 : value > least;
}

/* ----- one request */

typedef struct {
    Lane *lane;
    Site *site;
    Request request;
    PyObject *guest, *assembled; /* an instance as Python has it, where it is used again; its parts */
    Py_ssize_t next;             /* of the entries: starts, then the run */
    size_t head, size;           /* bytes of the guest's head; of the whole request */
    int cold, done;
    double began, asked;
    char given[16384];
} Turn;

/* Whether the app takes a request now, and the clock is on that ends its turns. */
static int is_open(Turn *turn) {
    PyObject *app = turn->site->app;
    int open = is_above(app, text_room, 0);
    if (open > 0) open = is_above(app, text_apart_until, turn->began) == 0;
    if (open > 0) open = is_above(turn->lane->turns, text_is_ticking, 0);
    return open > 0 && !PyErr_Occurred();
}

/* Takes an instance; where there is none, who comes after us says why. */
static int take(Turn *turn) {
    Site *site = turn->site;
    if (site->take == Py_None) {
        turn->assembled = guests->open(site->assembly, &site->budget);
        turn->cold = 1;
        return turn->assembled != NULL;
    }
    turn->guest = PyObject_CallNoArgs(site->take);
    turn->assembled = turn->guest ? PyObject_GetAttr(turn->guest, text_assembled) : NULL;
    if (!turn->assembled || !guests->is_assembled(turn->assembled)) return 0;
    PyObject *uses = PyObject_GetAttr(turn->guest, text_uses);
    turn->cold = uses ? !PyObject_IsTrue(uses) : 0;
    Py_XDECREF(uses);
    return uses != NULL;
}

static Py_ssize_t entry_of(Turn *turn) {
    Site *site = turn->site;
    Py_ssize_t at = turn->next++;
    if (!turn->cold || at >= site->count) {
        turn->next = site->count + 1;
        return site->run;
    }
    return site->starts[at];
}

/* Gives the guest its request, and its first turn: 1 where it has answered, 0, or -1. */
static int run(Turn *turn) {
    Site *site = turn->site;
    size_t body = turn->request.body.size;
    uint32_t words[] = {site->quick, site->quick + (uint32_t)turn->head, (uint32_t)turn->head,
                        (uint32_t)body, 0, site->folders};
    memcpy(turn->given + turn->head, turn->request.body.at, body);
    int done = guests->ask(turn->assembled, entry_of(turn), site->quick, turn->given,
                           turn->head + body, site->in_head, words, 6);
    while (done > 0 && turn->next <= site->count) done = guests->next(turn->assembled, entry_of(turn));
    return done;
}

/* Python carries on: (app, guest, head, body, the entries that follow, how the turn ended). */
static PyObject *hand_over(Turn *turn) {
    Site *site = turn->site;
    PyObject *ended = NULL, *type, *trace;
    if (turn->done < 0) {
        PyErr_Fetch(&type, &ended, &trace);
        PyErr_NormalizeException(&type, &ended, &trace);
        Py_XDECREF(type);
        Py_XDECREF(trace);
    } else {
        PyErr_Clear(); /* an answer that is none is found again, and told of */
        ended = PyBool_FromLong(turn->done);
    }
    PyObject *left = PyList_New(0);
    while (left && turn->next <= site->count) {
        PyObject *entry = PyLong_FromSsize_t(entry_of(turn));
        if (!entry || PyList_Append(left, entry) < 0) Py_CLEAR(left);
        Py_XDECREF(entry);
    }
    PyObject *guest = turn->guest ? turn->guest : turn->assembled;
    PyObject *made = !left || !ended ? NULL : Py_BuildValue(
        "OOy#y#OO", site->app, guest, turn->given, (Py_ssize_t)turn->head,
        turn->given + turn->head, (Py_ssize_t)turn->request.body.size, left, ended);
    Py_XDECREF(left);
    Py_XDECREF(ended);
    return made;
}

static uint32_t word(const uint8_t *words, int at) {
    uint32_t found;
    memcpy(&found, words + 4 * at, sizeof found);
    return found;
}

static int is_ascii(Text text) {
    for (size_t at = 0; at < text.size; at++)
        if ((unsigned char)text.at[at] > 127) return 0;
    return 1;
}

/* The bytes of the answer, or NULL where it is one that Python looks at. */
static PyObject *answer_of(Turn *turn, const char *name, unsigned *status) {
    Site *site = turn->site;
    const uint8_t *words = guests->reach(turn->assembled, site->status, 28);
    if (!words) return NULL;
    *status = word(words, 0);
    Text head = {NULL, word(words, 2)}, body = {NULL, word(words, 4)};
    if (*status < 200 || *status > 599 || *status == 204 || *status == 205 || *status == 304 ||
        !word(words, 6))
        return NULL;
    const uint8_t *at = guests->reach(turn->assembled, word(words, 1), head.size);
    head.at = (const char *)at;
    if (at) at = guests->reach(turn->assembled, word(words, 3), body.size);
    body.at = (const char *)at;
    PyObject *line = PyTuple_GET_ITEM(turn->lane->lines, (Py_ssize_t)*status);
    if (!at || !PyBytes_Check(line) || (site->is_plain && !is_ascii(head))) return NULL;
    /* Each line of it becomes longer by two bytes at most. */
    size_t room = HEAD_ROOM + 2 * head.size + body.size;
    PyObject *made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    if (!made) return NULL;
    Out out = {PyBytes_AS_STRING(made), PyBytes_AS_STRING(made) + room};
    Text first = {PyBytes_AS_STRING(line), (size_t)PyBytes_GET_SIZE(line)};
    if (!say_head(&out, first, head, name, body.size)) {
        Py_DECREF(made);
        return NULL;
    }
    say_text(&out, body);
    if (out.at) _PyBytes_Resize(&made, out.at - PyBytes_AS_STRING(made));
    else Py_CLEAR(made);
    return made;
}

/* Gives the instance back, or frees it. */
static int give(Turn *turn, int well) {
    if (!turn->guest) return guests->close(turn->assembled);
    PyObject *done = PyObject_CallFunctionObjArgs(turn->site->give, turn->guest,
                                                  well ? Py_True : Py_False, NULL);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int write_line(Turn *turn, Told *told) {
    Site *site = turn->site;
    if (site->log == Py_None || (site->errors_only && told->status < 500)) return 0;
    char line[LONGEST_LINE];
    Out out = {line, line + sizeof line};
    told->app = (Text){PyBytes_AS_STRING(site->name), (size_t)PyBytes_GET_SIZE(site->name)};
    say_line(&out, &turn->request, told);
    if (!out.at) return 0;
    PyObject *text = PyUnicode_DecodeLatin1(line, out.at - line, NULL);
    PyObject *done = text ? PyObject_CallOneArg(site->log, text) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* Answers, counts and logs; NULL, and maybe an exception, where it is an answer for Python. */
static PyObject *finish(Turn *turn, Text client) {
    char name[NAME_SIZE];
    Told told = {.when = look_at_clock(), .client = client, .name = name, .in = turn->size};
    if (!draw_name(name)) return NULL;
    const uint8_t *worn = guests->reach(turn->assembled, turn->site->is_worn, 4);
    size_t memory = guests->memory(turn->assembled);
    told.cpu = guests->cpu(turn->assembled);
    /* What took long, or has grown far, takes long to be freed, too: not here. */
    if (!worn || told.cpu > turn->site->most_cpu || memory > (size_t)turn->site->most_memory) return NULL;
    PyObject *made = answer_of(turn, name, &told.status);
    if (!made) return NULL;
    int well = !word(worn, 0) && memory <= (size_t)turn->site->kept_memory;
    double now = seconds_of(CLOCK_MONOTONIC);
    told.seconds = now - turn->began;
    told.out = (size_t)PyBytes_GET_SIZE(made);
    told.cold = turn->cold;
    count(turn->site->page.buf, &turn->site->edges, &told, now - turn->asked, memory);
    turn->lane->answered++;
    turn->lane->failed += told.status >= 500;
    /* What goes wrong from here on is no fault of the answer. */
    if (write_line(turn, &told) < 0) PyErr_WriteUnraisable(turn->site->log);
    if (give(turn, well) < 0) PyErr_WriteUnraisable(turn->site->app);
    return made;
}

static PyObject *serve(Turn *turn, Text client) {
    Lane *lane = turn->lane;
    if (!is_open(turn) || PyObject_SetAttr(lane->turns, text_has_served, Py_True) < 0) return NULL;
    turn->asked = seconds_of(CLOCK_MONOTONIC);
    if (!take(turn)) return NULL;
    turn->done = run(turn);
    PyObject *made = turn->done > 0 ? finish(turn, client) : NULL;
    if (made) return made;
    lane->begun++;
    return hand_over(turn);
}

/* take(data, client): the bytes of the answer to a request; None where it is not for this way; or
   what Python carries on with. */
static PyObject *lane_take(PyObject *object, PyObject *const *args, Py_ssize_t count) {
    Lane *self = (Lane *)object;
    Turn turn;
    if (count != 2 || !PyBytes_Check(args[0]) || !PyUnicode_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "take() takes bytes and a text");
        return NULL;
    }
    Text client = {NULL, 0}, scheme = {PyBytes_AS_STRING(self->scheme),
                                       (size_t)PyBytes_GET_SIZE(self->scheme)};
    if (PyUnicode_IS_COMPACT_ASCII(args[1])) {
        client.at = (const char *)PyUnicode_1BYTE_DATA(args[1]);
        client.size = (size_t)PyUnicode_GET_LENGTH(args[1]);
    }
    size_t size = (size_t)PyBytes_GET_SIZE(args[0]);
    if (!client.at || client.size > 128 || !all(client, SAFE) || size > (size_t)self->most_head)
        Py_RETURN_NONE;
    turn.lane = self;
    turn.guest = turn.assembled = NULL;
    turn.next = 0;
    turn.done = 0;
    turn.size = size;
    turn.began = seconds_of(CLOCK_MONOTONIC);
    if (!read_request(&turn.request, PyBytes_AS_STRING(args[0]), size, scheme, client,
                      (size_t)self->most_target, (unsigned)self->most_headers, turn.given,
                      sizeof turn.given))
        Py_RETURN_NONE;
    turn.head = (size_t)(turn.request.head - turn.given);
    turn.site = site_of(self, &turn.request);
    PyObject *made = NULL;
    if (turn.site && turn.request.target.size <= LONGEST_TARGET &&
        turn.head + turn.request.body.size <= turn.site->quick_most &&
        turn.head + turn.request.body.size <= sizeof turn.given &&
        (turn.site->max_body < 0 || (long long)turn.request.body.size <= turn.site->max_body) &&
        !(turn.site->is_masked && turn.request.path.size < turn.request.target.size)) {
        Py_INCREF(turn.site);
        made = serve(&turn, client);
        Py_DECREF(turn.site);
    }
    Py_XDECREF(turn.guest);
    Py_XDECREF(turn.assembled);
    if (made) return made;
    /* Whatever is wrong, the long way finds it too, and knows what to say. */
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* forget(): apps or routes have changed. */
static PyObject *lane_forget(PyObject *object, PyObject *ignored) {
    (void)ignored;
    PyDict_Clear(((Lane *)object)->known);
    Py_RETURN_NONE;
}

/* ----- the module */

static PyMethodDef site_methods[] = {{"close", site_close, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyType_Slot site_slots[] = {{Py_tp_new, site_new},
                                   {Py_tp_dealloc, site_dealloc},
                                   {Py_tp_traverse, site_traverse},
                                   {Py_tp_clear, site_clear},
                                   {Py_tp_methods, site_methods},
                                   {0, NULL}};

static PyType_Spec site_spec = {
    .name = "wherever.edge.guest._lane.Site", .basicsize = sizeof(Site),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = site_slots};

static PyMethodDef lane_methods[] = {
    {"take", (PyCFunction)(void (*)(void))lane_take, METH_FASTCALL, NULL},
    {"forget", lane_forget, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyMemberDef lane_members[] = {
    {"answered", T_PYSSIZET, offsetof(Lane, answered), READONLY, NULL},
    {"begun", T_PYSSIZET, offsetof(Lane, begun), READONLY, NULL},
    {"failed", T_PYSSIZET, offsetof(Lane, failed), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot lane_slots[] = {{Py_tp_new, lane_new},
                                   {Py_tp_dealloc, lane_dealloc},
                                   {Py_tp_traverse, lane_traverse},
                                   {Py_tp_clear, lane_clear},
                                   {Py_tp_methods, lane_methods},
                                   {Py_tp_members, lane_members},
                                   {0, NULL}};

static PyType_Spec lane_spec = {
    .name = "wherever.edge.guest._lane.Lane", .basicsize = sizeof(Lane),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lane_slots};

static int module_exec(PyObject *module) {
    static const struct { PyObject **to; const char *text; } names[] = {
        {&text_room, "room"},           {&text_apart_until, "apart_until"},
        {&text_is_ticking, "is_ticking"}, {&text_has_served, "has_served"},
        {&text_assembled, "assembled"}, {&text_uses, "uses"}};
    PyObject *assembly = PyImport_ImportModule("wherever.engine._assembly");
    guests = assembly ? PyCapsule_Import(ASSEMBLY_CALLS, 0) : NULL;
    Py_XDECREF(assembly);
    if (!guests) return -1;
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        if (!(*names[at].to = PyUnicode_InternFromString(names[at].text))) return -1;
    know_bytes();
    site_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &site_spec, NULL);
    if (!site_type || PyModule_AddType(module, site_type) < 0) return -1;
    PyObject *lane = PyType_FromModuleAndSpec(module, &lane_spec, NULL);
    int bad = lane ? PyModule_AddType(module, (PyTypeObject *)lane) : -1;
    Py_XDECREF(lane);
    return bad;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL}};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "wherever.edge.guest._lane", .m_size = 0,
    .m_slots = module_slots};

PyMODINIT_FUNC PyInit__lane(void) { return PyModuleDef_Init(&module_definition); }
