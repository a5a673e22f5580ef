/* A request that is as plain as most are, out of its bytes: what `http/head.py` reads, and less.
   Whatever is not here is not refused, but left to it.                                         */

#ifndef WHEREVER_LANE_REQUEST_H
#define WHEREVER_LANE_REQUEST_H

#include <stdint.h>
#include <string.h>

typedef struct { const char *at; size_t size; } Text;

typedef struct {
    Text method, target, path, authority, body;
    char *head; /* for the guest: where the next byte goes */
    size_t room;
    unsigned headers;
    int has_length;
} Request;

enum { WORD = 1, VALUE = 2, TARGET = 4, HOST = 8, DIGIT = 16, SAFE = 32 };

static unsigned char kinds[256], lower[256];

/* What each byte may be part of. SAFE ones stand for themselves in JSON, and on any terminal. */
static void know_bytes(void) {
    for (int byte = 0; byte < 256; byte++) {
        int letter = (byte | 32) >= 'a' && (byte | 32) <= 'z', digit = byte >= '0' && byte <= '9';
        int visible = byte > 32 && byte < 127, plain = visible && byte != '"' && byte != '\\';
        int word = letter || digit || (byte && strchr("!#$%&'*+-.^_`|~", byte));
        int host = letter || digit || (byte && strchr("._-", byte));
        lower[byte] = (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
        kinds[byte] = (unsigned char)((word ? WORD : 0) | (digit ? DIGIT : 0) | (host ? HOST : 0) |
                                      (visible || byte == ' ' || byte == '\t' ? VALUE : 0) |
                                      (plain && byte != '#' ? TARGET : 0) | (plain ? SAFE : 0));
    }
}

static int is(Text text, const char *other) {
    return text.size == strlen(other) && !memcmp(text.at, other, text.size);
}

static int all(Text text, int kind) {
    for (size_t at = 0; at < text.size; at++)
        if (!(kinds[(unsigned char)text.at[at]] & kind)) return 0;
    return 1;
}

/* A line of the head as the guest gets it; whether it has room. */
static int tell(Request *request, const char *at, size_t size) {
    if (size + 1 > request->room) return 0;
    memcpy(request->head, at, size);
    request->head[size] = '\n';
    request->head += size + 1;
    request->room -= size + 1;
    return 1;
}

/* Headers that change how the rest is read, or that are not the client's to set. */
static int is_special(Text name) {
    static const char *const special[] = {"te", "expect", "trailer", "upgrade", "keep-alive",
                                          "proxy-connection", "transfer-encoding",
                                          "x-forwarded-prefix"};
    for (size_t at = 0; at < sizeof special / sizeof *special; at++)
        if (is(name, special[at])) return 1;
    return 0;
}

static int take_host(Request *request, Text value) {
    Text host = value;
    const char *colon = memchr(value.at, ':', value.size);
    if (colon) {
        Text port = {colon + 1, (size_t)(value.at + value.size - colon - 1)};
        host.size = (size_t)(colon - value.at);
        if (port.size > 5 || !all(port, DIGIT)) return 0;
    }
    if (request->authority.size || !host.size || host.size > 200 || !all(host, HOST)) return 0;
    request->authority = value;
    return 1;
}

static int take_length(Request *request, Text value) {
    if (request->has_length || !value.size || value.size > 5 || !all(value, DIGIT)) return 0;
    request->has_length = 1;
    for (size_t at = 0; at < value.size; at++)
        request->body.size = 10 * request->body.size + (size_t)(value.at[at] - '0');
    return 1;
}

/* A header; 1 where the guest is told of it, 0 where not, -1 where it is not plain. */
static int take_header(Request *request, Text name, Text value) {
    switch (name.size) {
    case 4: return is(name, "host") ? (take_host(request, value) ? 1 : -1) : 1;
    case 14: return is(name, "content-length") ? (take_length(request, value) ? 1 : -1) : 1;
    case 10:
        if (is(name, "connection"))
            return is(value, "keep-alive") || is(value, "Keep-Alive") ? 0 : -1;
        return is_special(name) ? -1 : 1;
    case 2: case 6: case 7: case 16: case 17: case 18: return is_special(name) ? -1 : 1;
    default: return 1;
    }
}

/* One line of the head, whose end was found; as above. The name is made lower case in `names`. */
static int read_header(Request *request, const char *at, const char *end, char *name, size_t most) {
    const char *colon = memchr(at, ':', (size_t)(end - at));
    if (!colon || colon == at || (size_t)(colon - at) > most) return -1;
    Text read = {name, (size_t)(colon - at)};
    for (size_t n = 0; n < read.size; n++) {
        unsigned char byte = (unsigned char)at[n];
        if (!(kinds[byte] & WORD)) return -1;
        name[n] = (char)lower[byte];
    }
    const char *from = colon + 1, *to = end;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t')) to--;
    Text value = {from, (size_t)(to - from)};
    if (!all(value, VALUE)) return -1;
    int told = take_header(request, read, value);
    if (told > 0 && !(tell(request, name, read.size) && tell(request, value.at, value.size)))
        return -1;
    return told;
}

static int is_method(Text word) {
    static const char *const known[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    for (size_t at = 0; at < sizeof known / sizeof *known; at++)
        if (is(word, known[at])) return 1;
    return 0;
}

/* The request line: from its beginning to where the headers begin, or NULL. */
static const char *read_line(Request *request, const char *at, const char *end, size_t most) {
    static const char version[] = " HTTP/1.1\r\n";
    const char *space = memchr(at, ' ', (size_t)(end - at));
    if (!space) return NULL;
    request->method = (Text){at, (size_t)(space - at)};
    const char *target = space + 1, *stop = target;
    while (stop < end && kinds[(unsigned char)*stop] & TARGET) stop++;
    request->target = (Text){target, (size_t)(stop - target)};
    size_t size = sizeof version - 1;
    if (!is_method(request->method) || !request->target.size || *target != '/' ||
        request->target.size > most || (size_t)(end - stop) < size || memcmp(stop, version, size))
        return NULL;
    const char *query = memchr(target, '?', request->target.size);
    request->path = (Text){target, query ? (size_t)(query - target) : request->target.size};
    return stop + size;
}

#define LONGEST_NAME 64

/* Reads exactly one request, body included, and writes the guest's head of it from `head` on:
   method, scheme, authority, target, client, no parameters, and the headers. Whether it is plain. */
static int read_request(Request *request, const char *at, size_t size, Text scheme, Text client,
                        size_t most_target, unsigned most_headers, char *head, size_t room) {
    const char *end = at + size;
    char name[LONGEST_NAME], *start;
    memset(request, 0, sizeof *request);
    at = read_line(request, at, end, most_target);
    if (!at) return 0;
    /* The authority is told before the headers, one of which it is: their place is kept. */
    char told[8192];
    request->head = start = told;
    request->room = sizeof told;
    for (;;) {
        const char *line = memchr(at, '\r', (size_t)(end - at));
        if (!line || line + 1 == end || line[1] != '\n') return 0;
        if (line == at) break;
        if (++request->headers > most_headers ||
            read_header(request, at, line, name, sizeof name) < 0)
            return 0;
        at = line + 2;
    }
    request->body.at = at + 2;
    if (!request->authority.size || request->body.size != (size_t)(end - request->body.at)) return 0;
    size_t fields = (size_t)(request->head - start);
    request->head = head;
    request->room = room;
    if (!(tell(request, request->method.at, request->method.size) &&
          tell(request, scheme.at, scheme.size) &&
          tell(request, request->authority.at, request->authority.size) &&
          tell(request, request->target.at, request->target.size) &&
          tell(request, client.at, client.size) && tell(request, "0", 1)) ||
        fields > request->room)
        return 0;
    memcpy(request->head, told, fields);
    request->head += fields;
    request->room -= fields;
    return 1;
}

#endif
