/* Requests and answers in terms of C, for a site's `wherever_http_handler_handle`.

   Nothing has to be freed: all that these functions give is there until the answer was read. What
   they are given may be anything that somebody has sent: no text in a request ends with a NUL. */
#ifndef WHEREVER_HTTP_H
#define WHEREVER_HTTP_H

#include <string.h>
#include "world.h"

typedef wherever_http_handler_request_t http_request;
typedef wherever_http_handler_response_t http_response;
typedef wit_string_t http_text;

/* Whether a text is this one. */
static inline bool http_is(http_text text, const char *wanted)
{
    return text.length == strlen(wanted) && memcmp(text.data, wanted, text.length) == 0;
}

/* The path of a request, as it was sent: %20 is a blank that is not decoded yet. */
static inline http_text http_path(http_request request)
{
    const char *mark = memchr(request.target.data, '?', request.target.length);
    return mark == NULL ? request.target
                        : (http_text){request.target.data, mark - request.target.data};
}

/* The first value of a name in pairs, or what is given for none. */
static inline http_text http_found(
    wit_list_tuple2_string_string_t pairs, const char *name, http_text none)
{
    for (size_t at = 0; at < pairs.length; at++)
        if (http_is(pairs.data[at].f0, name))
            return pairs.data[at].f1;
    return none;
}

/* The first value of a header, whose name is written in lower case; none is given for none. */
static inline http_text http_header(http_request request, const char *name, http_text none)
{
    return http_found(request.headers, name, none);
}

/* What the route's parameter of a name has matched. */
static inline http_text http_param(http_request request, const char *name, http_text none)
{
    return http_found(request.params, name, none);
}

static inline int http_digit(int letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
           : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                                            : -1;
}

/* A part of a query without its escapes: %41 is an A, and + a blank. */
static inline http_text http_decoded(http_text text)
{
    http_text made = {(char *)wit_alloc(text.length), 0};
    for (size_t at = 0; at < text.length; at++) {
        char letter = text.data[at];
        if (letter == '%' && text.length - at > 2) {
            int high = http_digit(text.data[at + 1]), low = http_digit(text.data[at + 2]);
            if (high >= 0 && low >= 0) {
                letter = (char)(high << 4 | low);
                at += 2;
            }
        } else if (letter == '+') {
            letter = ' ';
        }
        made.data[made.length++] = letter;
    }
    return made;
}

/* The first value of a name in the query, decoded; none is given for none. */
static inline http_text http_query(http_request request, const char *name, http_text none)
{
    const char *end = request.target.data + request.target.length;
    const char *at = request.target.data + http_path(request).length;
    while (at < end) {
        const char *begin = at + 1, *stop = memchr(begin, '&', end - begin);
        at = stop == NULL ? end : stop;
        const char *equals = memchr(begin, '=', at - begin);
        const char *middle = equals == NULL ? at : equals;
        if (!http_is(http_decoded((http_text){(char *)begin, middle - begin}), name))
            continue;
        const char *value = equals == NULL ? at : equals + 1;
        return http_decoded((http_text){(char *)value, at - value});
    }
    return none;
}

/* A text as it may stand in HTML, in elements and in quoted attributes. */
static inline http_text http_escaped(http_text text)
{
    http_text made = {(char *)wit_alloc(text.length * 6), 0};
    for (size_t at = 0; at < text.length; at++) {
        const char *as = text.data[at] == '&'    ? "&amp;"
                         : text.data[at] == '<'  ? "&lt;"
                         : text.data[at] == '>'  ? "&gt;"
                         : text.data[at] == '"'  ? "&quot;"
                         : text.data[at] == '\'' ? "&#39;"
                                                 : NULL;
        size_t length = as == NULL ? 1 : strlen(as);
        memcpy(made.data + made.length, as == NULL ? text.data + at : as, length);
        made.length += length;
    }
    return made;
}

/* Adds a header to an answer; its name is written in lower case. */
static inline void http_add(http_response *response, const char *name, http_text value)
{
    size_t count = response->headers.length, size = sizeof *response->headers.data;
    wit_tuple2_string_string_t *made =
        (wit_tuple2_string_string_t *)wit_alloc((count + 1) * size);
    if (count > 0)
        memcpy(made, response->headers.data, count * size);
    made[count].f0 = wit_string(name);
    made[count].f1 = value;
    response->headers.data = made;
    response->headers.length = count + 1;
}

/* An answer: its status, the type of its body, and the body. */
static inline http_response http_answer(int status, const char *type, http_text body)
{
    http_response made = {(uint16_t)status, {NULL, 0}, {(uint8_t *)body.data, body.length}};
    http_add(&made, "content-type", wit_string(type));
    return made;
}

/* What printf writes of a text: printf("%.*s", HTTP_SHOW(text)). */
#define HTTP_SHOW(text) (int)(text).length, (text).data

#endif
