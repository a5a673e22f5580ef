/* What is said of a request: the answer's bytes, as `http/answers.py` and `http/exchange.py` make
   them, the line of the log of `observe/access.py`, and the numbers of `observe/record.py`.     */

#ifndef WHEREVER_LANE_SAID_H
#define WHEREVER_LANE_SAID_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "_lane_request.h"

/* ----- pieces of text */

typedef struct { char *at, *end; } Out;

static void put(Out *out, const char *at, size_t size) {
    if (out->at && size <= (size_t)(out->end - out->at)) {
        memcpy(out->at, at, size);
        out->at += size;
    } else {
        out->at = NULL; /* no room: what was made is of no use */
    }
}

static void say(Out *out, const char *text) { put(out, text, strlen(text)); }

static void say_text(Out *out, Text text) { put(out, text.at, text.size); }

static void say_number(Out *out, uint64_t number, int least) {
    char digits[24], *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
        least--;
    } while (number || least > 0);
    put(out, at, (size_t)(digits + sizeof digits - at));
}

/* Seconds with six digits behind the point. */
static void say_seconds(Out *out, double seconds) {
    uint64_t millionths = (uint64_t)(seconds * 1e6 + 0.5);
    say_number(out, millionths / 1000000, 1);
    say(out, ".");
    say_number(out, millionths % 1000000, 6);
}

/* ----- the time, made once a second */

static struct {
    time_t second;
    char date[48], stamp[24]; /* `date: ...` and its end; `2026-11-23T04:11:20.` */
    size_t date_size, stamp_size;
} clock_texts;

static struct timespec look_at_clock(void) {
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec == clock_texts.second) return now;
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    Out out = {clock_texts.date, clock_texts.date + sizeof clock_texts.date};
    say(&out, "date: ");
    put(&out, days + 3 * utc.tm_wday, 3);
    say(&out, ", ");
    say_number(&out, (uint64_t)utc.tm_mday, 2);
    say(&out, " ");
    put(&out, months + 3 * utc.tm_mon, 3);
    say(&out, " ");
    say_number(&out, (uint64_t)utc.tm_year + 1900, 4);
    for (int part = 0; part < 3; part++) {
        say(&out, part ? ":" : " ");
        say_number(&out, (uint64_t)(part == 0 ? utc.tm_hour : part == 1 ? utc.tm_min : utc.tm_sec), 2);
    }
    say(&out, " GMT\r\n");
    clock_texts.date_size = (size_t)(out.at - clock_texts.date);
    out = (Out){clock_texts.stamp, clock_texts.stamp + sizeof clock_texts.stamp};
    say_number(&out, (uint64_t)utc.tm_year + 1900, 4);
    const int parts[] = {utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec};
    for (int part = 0; part < 5; part++) {
        put(&out, "--T::" + part, 1);
        say_number(&out, (uint64_t)parts[part], 2);
    }
    say(&out, ".");
    clock_texts.stamp_size = (size_t)(out.at - clock_texts.stamp);
    clock_texts.second = now.tv_sec;
    return now;
}

/* ----- names of requests: 16 letters and digits, drawn some hundred at a time */

#define NAME_SIZE 16

static int draw_name(char *name) {
    static unsigned char drawn[4096];
    static size_t left;
    if (left < NAME_SIZE / 2) {
        if (getrandom(drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn) return 0;
        left = sizeof drawn;
    }
    for (int at = 0; at < NAME_SIZE; at += 2) {
        unsigned char byte = drawn[--left];
        name[at] = "0123456789abcdef"[byte >> 4];
        name[at + 1] = "0123456789abcdef"[byte & 15];
    }
    return 1;
}

/* ----- the answer */

/* Headers that are the server's to write. */
static int is_of_the_server(Text name) {
    static const char *const own[] = {"te", "date", "upgrade", "keep-alive", "connection",
                                      "x-request-id", "content-length", "proxy-connection",
                                      "transfer-encoding"};
    for (size_t at = 0; at < sizeof own / sizeof *own; at++)
        if (is(name, own[at])) return 1;
    return 0;
}

/* The guest's headers, lines of names and values; whether all of them are plain. */
static int say_fields(Out *out, Text block) {
    const char *at = block.at, *end = at + block.size;
    while (at < end) {
        const char *middle = memchr(at, '\n', (size_t)(end - at));
        const char *stop = middle ? memchr(middle + 1, '\n', (size_t)(end - middle - 1)) : NULL;
        if (!stop || middle == at || middle - at > LONGEST_NAME) return 0;
        char name[LONGEST_NAME];
        Text made = {name, (size_t)(middle - at)}, value = {middle + 1, (size_t)(stop - middle - 1)};
        for (size_t n = 0; n < made.size; n++) {
            if (!(kinds[(unsigned char)at[n]] & WORD)) return 0;
            name[n] = (char)lower[(unsigned char)at[n]];
        }
        if (!all(value, VALUE)) return 0;
        if (!is_of_the_server(made)) {
            say_text(out, made);
            say(out, ": ");
            say_text(out, value);
            say(out, "\r\n");
        }
        at = stop + 1;
    }
    return 1;
}

/* The head of an answer; whether it could be made. */
static int say_head(Out *out, Text line, Text fields, const char *name, size_t body) {
    say_text(out, line);
    if (!say_fields(out, fields)) return 0;
    put(out, clock_texts.date, clock_texts.date_size);
    say(out, "x-request-id: ");
    put(out, name, NAME_SIZE);
    say(out, "\r\ncontent-length: ");
    say_number(out, body, 1);
    say(out, "\r\n\r\n");
    return out->at != NULL;
}

/* ----- the line of the log */

typedef struct {
    Text app, client; /* as JSON; safe */
    const char *name;
    struct timespec when;
    double seconds, cpu;
    size_t in, out;
    unsigned status;
    int cold;
} Told;

static void say_line(Out *out, const Request *request, const Told *told) {
    say(out, "{\"time\":\"");
    put(out, clock_texts.stamp, clock_texts.stamp_size);
    say_number(out, (uint64_t)told->when.tv_nsec / 1000000, 3);
    say(out, "Z\",\"kind\":\"request\",\"id\":\"");
    put(out, told->name, NAME_SIZE);
    say(out, "\",\"app\":");
    say_text(out, told->app);
    say(out, ",\"method\":\"");
    say_text(out, request->method);
    say(out, "\",\"host\":\"");
    say_text(out, request->authority);
    say(out, "\",\"target\":\"");
    say_text(out, request->target);
    say(out, "\",\"status\":");
    say_number(out, told->status, 1);
    say(out, ",\"seconds\":");
    say_seconds(out, told->seconds);
    say(out, ",\"in\":");
    say_number(out, told->in, 1);
    say(out, ",\"out\":");
    say_number(out, told->out, 1);
    say(out, ",\"client\":\"");
    say_text(out, told->client);
    say(out, "\",\"outcome\":\"ok\",\"cpu\":");
    say_seconds(out, told->cpu);
    say(out, told->cold ? ",\"cold\":true}\n" : ",\"cold\":false}\n");
}

/* ----- the numbers */

#define MOST_EDGES 256

/* Where things lie in an app's page, in the order in which `lane.py` says it. */
typedef struct {
    Py_ssize_t outcome, bytes_in, bytes_out, cold, memory_sum, request_s, invoke_s, cpu_s,
        byte_seconds, peak, requests, invokes, cpu, memory, smallest_bit, sizes;
} Places;

typedef struct {
    Places at;
    double times[MOST_EDGES], cpu_times[MOST_EDGES];
    Py_ssize_t times_count, cpu_times_count;
} Edges;

/* How many edges are below a value: the bucket it falls into. */
static Py_ssize_t bucket(const double *edges, Py_ssize_t count, double value) {
    Py_ssize_t low = 0;
    while (low < count) {
        Py_ssize_t middle = (low + count) / 2;
        if (edges[middle] < value) low = middle + 1;
        else count = middle;
    }
    return low;
}

static void add_seconds(uint64_t *word, double seconds) {
    double sum;
    memcpy(&sum, word, sizeof sum);
    sum += seconds;
    memcpy(word, &sum, sizeof sum);
}

static void count(uint64_t *page, const Edges *edges, const Told *told, double wall, uint64_t memory) {
    const Places *at = &edges->at;
    page[told->status / 100]++;
    page[at->requests + bucket(edges->times, edges->times_count, told->seconds)]++;
    add_seconds(page + at->request_s, told->seconds);
    page[at->bytes_in] += told->in;
    page[at->bytes_out] += told->out;
    page[at->outcome]++;
    page[at->invokes + bucket(edges->times, edges->times_count, wall)]++;
    add_seconds(page + at->invoke_s, wall);
    page[at->cpu + bucket(edges->cpu_times, edges->cpu_times_count, told->cpu)]++;
    add_seconds(page + at->cpu_s, told->cpu);
    if (memory) {
        Py_ssize_t size = -at->smallest_bit;
        for (uint64_t left = memory - 1; left; left >>= 1) size++;
        page[at->memory + (size <= 0 ? 0 : size < at->sizes ? size : at->sizes)]++;
        page[at->memory_sum] += memory;
        add_seconds(page + at->byte_seconds, (double)memory * wall);
        if (memory > page[at->peak]) page[at->peak] = memory;
    }
    page[at->cold] += (uint64_t)told->cold;
}

#endif
