#include "wherever_http.h"

static const char HTML[] = "text/html; charset=utf-8";
static const char TEXT[] = "text/plain; charset=utf-8";

static http_response page(http_request request)
{
    /* What a visitor has sent is escaped wherever it stands in HTML. */
    http_text asked = http_query(request, "name", wit_string(""));
    http_text name = http_escaped(asked.length > 0 ? asked : wit_string("World"));
    http_text method = http_escaped(request.method);
    http_text path = http_escaped(http_path(request));
    return http_answer(200, HTML, wit_format(
        "<!doctype html>\n"
        "<title>Hello</title>\n"
        "<h1>Hello, %.*s!</h1>\n"
        "<p>%.*s %.*s</p>\n",
        HTTP_SHOW(name), HTTP_SHOW(method), HTTP_SHOW(path)));
}

/* Answers one request. What it prints to stderr goes to the log. */
http_response wherever_http_handler_handle(http_request request)
{
    http_text path = http_path(request);
    if (http_is(path, "/"))
        return page(request);
    if (http_is(path, "/echo") && http_is(request.method, "POST"))
        return http_answer(200, TEXT, (http_text){(char *)request.body.data, request.body.length});
    return http_answer(404, TEXT, wit_string("Not found\n"));
}
