#include "acts.h"
#include "wherever_http.h"

http_response wherever_http_handler_handle(http_request request) {
    char *text = malloc(request.body.length + 1);
    memcpy(text, request.body.data, request.body.length);
    text[request.body.length] = 0;
    said_size = 0;
    act_all(text);
    free(text);
    return http_answer(200, "text/plain", (http_text){said, said_size});
}
