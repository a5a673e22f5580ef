/* The shim: WASI 0.2 for one guest, as a core module beside it.

   A guest's lowered imports are functions of this module. It has a memory of its own, which the
   guest cannot reach; the guest's is read and written through `border_*`, three functions for each
   pair of a memory and a realloc, which a small generated module puts into our table. What only
   the host can do is asked of it by `host_op`, which may suspend the whole call.

   Handles are one table for the guest. What belongs to a request ends with it: a handle that is
   left over is dead, may be dropped, and traps when it is used.                              */

#ifndef SHIM_H
#define SHIM_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define EXPORT(name) __attribute__((export_name(name)))
#define TRAP() __builtin_trap()
#define COPY(to, from, size) __builtin_memcpy(to, from, size)

typedef struct { const u8 *at; u32 size; } Text;

#define TEXT(literal) ((Text){(const u8 *)(literal), sizeof(literal) - 1})

/* ----- what the host does; the numbers are those of `wasi/shimming.py` */

enum {
    OP_READ = 1,     /* stream, buffer, size; arg 1: wait -> bytes, 0 at the end, -1 broken, -2 not yet */
    OP_HEAD = 2,     /* the answer's head is in `shim.head`: begin to send it */
    OP_WRITE = 3,    /* stream, data, size -> 0, or -1 where nobody takes it any more */
    OP_FINISH = 4,   /* stream, block of trailers, size -> 0 or -1 */
    OP_TRAILERS = 5, /* stream, buffer, size -> bytes of the block of trailers */
    OP_WAIT = 6,     /* -, waited, size; arg: nanoseconds of `now` to wait until, or -1 */
    OP_LOG = 7,      /* stream, data, size */
    OP_ENVIRON = 8,  /* 0 variables, 1 arguments, buffer, size -> bytes; a zero ends each text */
    OP_EXIT = 9,     /* exit code */
    OP_FETCH = 10,   /* -, block, size -> a stream, or -1 and an error code in `shim.error` */
    OP_ANSWERED = 11,/* stream, buffer, size -> bytes of its head, -1 and an error, -2 not yet */
    OP_CLOSE = 12,   /* stream: nobody wants it any more */
    OP_RANDOM = 13,  /* -, buffer, size */
    OP_FILE = 14     /* what, a call of `files.c`, its size */
};

/* Nanoseconds: of the monotonic clock, or of the wall's where `wall` is 1. */
__attribute__((import_module("host"), import_name("now"))) u64 host_now(u32 wall);

i64 host_op(u32 kind, u32 stream, const void *buffer, u32 size, i64 arg);

/* ----- what the host reads and writes, at the place that the export `shim` tells */

#define HEAD_MOST 49152
#define BODY_MOST 65536
#define PIECE BODY_MOST /* the most that is read at a time */
#define QUICK 12288
#define NONE 0xffffffffu
#define NOT_YET 0xfffffffeu

typedef struct {
    u32 quick;          /* ours: where a small head goes, with a small body after it; QUICK bytes */
    u32 large_head, large_body; /* ours: where larger ones go */
    u32 in_head, in_body; /* the host's: where they are */
    u32 in_head_size;   /* the host's: bytes of the request's head */
    u32 in_body_size;   /* the host's: bytes of its body, all of it, or NONE where it is a stream */
    u32 in_body_total;  /* the host's: bytes of a body that is a stream, where they are known */
    u32 folders;        /* the host's: how many it grants */
    u32 status;         /* ours: of the answer, 0 where there is none */
    u32 out_head, out_head_size; /* ours: its header */
    u32 out_body, out_body_size; /* ours: what was not sent by OP_WRITE yet */
    u32 is_sent;        /* ours: OP_HEAD was done */
    u32 is_whole;       /* ours: the answer's body was finished */
    u32 error;          /* the host's: number of a wasi:http error-code */
    u32 op, stream, buffer, size; /* ours: what is asked of the host; op 0 while nothing is */
    i64 arg;            /* ours */
    i64 result;         /* the host's; then it makes op 0 */
    u32 is_worn;        /* ours: so many handles were left over that it should serve no more */
} Shim;

extern Shim shim;

/* ----- memory of a request: given all at once, at its end */

void *take(u32 size);
Text kept(Text text);
void memory_reset(u32 used);               /* of what the host wrote at `quick` */

/* A command runs for as long as it likes. So there what belongs together, such as a request with its
   answer, is an *arena*: its memory is given back with the last handle to it. `take` takes of the
   arena of the handle that `handle_of` was last asked for; what no handle was made for yet is
   pending, until the next `arena_begin`. */
#ifdef COMMAND
typedef struct { u16 arena; void *chunk; u32 top, end; } Mark;
void arena_begin(void);                    /* what was pending is given back */
void arena_enter(u16 arena);               /* 0: what is taken next is pending */
u16 arena_join(void);                      /* one more handle; what was pending becomes an arena */
void arena_leave(u16 arena);
Mark arena_mark(void);
void arena_back(Mark mark);                /* what was taken since is given back */
#else
typedef struct { u8 none; } Mark;
static inline void arena_begin(void) {}
static inline void arena_enter(u16 arena) { (void)arena; }
static inline u16 arena_join(void) { return 0; }
static inline void arena_leave(u16 arena) { (void)arena; }
static inline Mark arena_mark(void) { return (Mark){0}; }
static inline void arena_back(Mark mark) { (void)mark; }
#endif

/* ----- the guest's memory */

extern u32 pair;
void may_call(void);               /* traps where the guest was only asked for room */
void border_get(void *own, u32 theirs, u32 size);
void border_check(u32 theirs, u32 size);   /* traps where it is not there, before anything is done */
void border_put(u32 theirs, const void *own, u32 size);
u32 border_room(u32 align, u32 size);
Text got(u32 at, u32 size);        /* a copy of the guest's bytes, of the request's memory */
u32 given(Text text);              /* a copy in new memory of the guest */
void put_list(u32 result, u32 at, u32 count);

/* ----- handles */

enum {
    FREE, DEAD, FIELDS, REQUEST, OUTPARAM, IN_BODY, IN_STREAM, RESPONSE, OUT_BODY, OUT_STREAM,
    TRAILERS, POLLABLE, ERROR, OUT_REQUEST, OPTIONS, FUTURE, ANSWER, NETWORK, STDIN, STDOUT, STDERR,
    TERMINAL, CLOCK, DESCRIPTOR, ENTRIES, FILE_IN, FILE_OUT
};

u32 handle_new(u8 kind, void *of);
void *handle_of(u32 handle, u8 kind);      /* traps where it is none of that kind */
u8 handle_kind(u32 handle);
u16 handle_arena(u32 handle);
void handle_drop(u32 handle, u8 kind);
void handles_end_request(void);            /* all that belong to a request are dead */

/* ----- fields */

typedef struct { Text name, value; } Field;
typedef struct { Field *all; u32 count, room, is_fixed; } Fields;

enum { HEADER_GOOD = -1, HEADER_SYNTAX = 0, HEADER_FORBIDDEN = 1, HEADER_IMMUTABLE = 2 };

Fields *fields_new(void);
Fields *fields_read(Text block);           /* lines: a name, a value, a name, ... */
u32 fields_size(const Fields *fields);
u32 fields_write(const Fields *fields, u8 *to);
void fields_add(Fields *fields, Text name, Text value);
int field_check(Text *name, Text value);   /* a header error, or HEADER_GOOD; makes small letters */
int same_name(Text a, Text b);
const u8 *line(const u8 *at, const u8 *end, Text *found); /* where the next one begins */

/* ----- bodies */

typedef struct {
    u32 stream;       /* 0: the request of whoever asks us; else of a request of ours */
    const u8 *held;   /* what is here already; stream 0 alone */
    u32 at, size;
    u8 is_held, is_taken, has_ended, is_broken;
    u8 *ahead;        /* a piece that was read ahead of the guest */
    u32 ahead_at, ahead_size;
} Source;

typedef struct {
    u32 stream;
    u8 is_taken, is_finished, is_broken, is_begun;
    i64 left;         /* bytes that its content-length leaves, or -1 */
    void *request;    /* of a request of ours, until it is on its way */
} Sink;

u32 source_read(Source *source, u8 *to, u32 size, int wait); /* NONE: broken; 0 and !has_ended: not yet */
int source_ready(Source *source);
int sink_write(Sink *sink, const u8 *data, u32 size);        /* 0, or -1 */
int sink_take_theirs(Sink *sink, u32 at, u32 size);          /* the same, of the guest's bytes */
void push(void);                                             /* what waits goes out before we wait */
void log_out(void);                                          /* of that only what is for the log */
void log_write(u32 stream, const u8 *data, u32 size);
void sink_choose(Sink *sink);                                /* of all answers' bodies it is this */

/* Streams that are no bodies: the three that a program begins with, and those of files. */
int own_in(u8 kind);
u32 own_read(u32 self, u8 *to, u32 size, int wait);          /* 0: the end; NONE: broken */
u32 own_subscribe(u32 self);
int own_out(u8 kind);
int own_write(u32 self, const u8 *data, u32 size);           /* 0, or -1 */
int own_write_theirs(u32 self, u32 at, u32 size);            /* the same, of the guest's bytes */
void own_drop(u32 self, u8 kind);

/* What a program has of its own. */
Text texts(u32 which);                     /* 0 variables, 1 arguments; a zero ends each */
int is_terminal(u32 stream);
void leave(u32 code);                      /* it ends here */

typedef struct { u64 when; u8 kind; u16 arena; void *of; } Pollable;
/* kind: CLOCK, IN_STREAM, FUTURE, STDIN, or FREE for what is always ready */

u32 pollable_new(u8 kind, void *of, u64 when);
int stdin_ready(void);

typedef struct Future Future;
int future_ready(Future *future);
u32 future_stream(Future *future);

void stream_error(u32 result, u32 offset, int is_closed);
extern u32 last_error;                     /* of a file, for the stream's error that is told next */

/* ----- files: what came of it, or the number of an error-code, less than 0 by one more */

i64 file_in(u32 stream, u8 *to, u32 size);         /* bytes, 0 at the end */
i64 file_out(u32 stream, const u8 *data, u32 size);
void file_in_drop(u32 stream);
void file_out_drop(u32 stream);

/* ----- one request */

typedef struct { Fields *fields; u32 status; Sink *body; } Response;

extern struct Request {
    Text method, scheme, authority, target, client;
    Fields *params, *headers;
    Source body;
    u8 is_taken;
} request;
extern Response *response;
extern Sink *response_sink; /* its body, or that of the last response which was written to */

void answer_with(u32 status, const Fields *fields);

/* Small things lie together, so that most requests touch few pages of memory: a page that is
   touched for the first time costs as much as a thousand instructions. These are for the rest. */
extern struct Large {
#ifndef COMMAND
    u8 head[HEAD_MOST], body[BODY_MOST];
#endif
    u8 out[BODY_MOST], piece[BODY_MOST], block[HEAD_MOST];
} large;

#endif
