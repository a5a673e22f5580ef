/* Calls a library that is made of several core modules. */
#include <stdio.h>
#include "linked.h"

static int note(linked_t *handle, void *context, linked_string_t text)
{
    (void)handle;
    printf("%s: %s\n", (const char *)context, text.data);
    return 0;
}

int main(void)
{
    linked_imports_t imports = {.context = "noted", .note = note};
    linked_options_t options = {.size = sizeof options, .imports = &imports, .timeout_ms = 100};
    linked_t *handle;
    linked_string_t text;
    uint32_t top;
    if (linked_open(&options, &handle, NULL) != 0)
        return 1;
    printf("twice: %s\n", linked_twice(handle, linked_string("ab"), &text) ? "" : text.data);
    printf("top: %u\n", linked_top(handle, &top) ? 0 : top);
    printf("%s: ", linked_error_name(linked_leave(handle)));
    printf("%s\n", linked_error_message(handle));
    linked_reset(handle);
    printf("%s: ", linked_error_name(linked_spin(handle)));
    printf("%s\n", linked_error_message(handle));
    return linked_close(handle);
}
