/* Calls each function of the library `small`, and prints what comes of it. */
#include <stdio.h>
#include <string.h>
#include "small.h"

static int name(small_t *handle, void *context, uint32_t of, small_string_t *result)
{
    if (of == 0)
        return small_fail(handle, "nobody is number 0");
    char *text = small_alloc(handle, 32);
    result->length = (size_t)snprintf(text, 32, "%s %u", (const char *)context, of);
    result->data = text;
    return 0;
}

static void told(small_t *handle, const char *what, int error)
{
    printf("%s: %s: %s\n", what, small_error_name(error), small_error_message(handle));
    if (error != SMALL_ARGUMENT)
        small_reset(handle);
}

int main(void)
{
    small_imports_t imports = {.context = "number", .name = name};
    small_options_t options = {.size = sizeof options, .imports = &imports, .timeout_ms = 100,
        .memory_limit = 20 << 16, .stack_limit = 100000};
    small_t *handle;
    small_string_t text;
    int64_t sum;
    uint32_t pages;
    if (small_open(&options, &handle, NULL) != 0)
        return 1;
    printf("greet: %s\n", small_greet(handle, small_string("J\xc3\xb6rg"), &text) ? "" : text.data);
    printf("add: %lld\n", small_add(handle, 4000000000u, -5, &sum) ? 0 : (long long)sum);
    printf("ask: %s\n", small_ask(handle, 7, &text) ? "" : text.data);
    printf("grow: %u\n", small_grow(handle, &pages) ? 0 : pages);
    small_reset(handle);
    told(handle, "greet", small_greet(handle, (small_string_t){"\xff", 1}, &text));
    told(handle, "ask", small_ask(handle, 0, &text));
    told(handle, "trap", small_trap(handle));
    small_be_sly(handle);
    told(handle, "sly", small_greet(handle, small_string("x"), &text));
    small_be_sly(handle);
    told(handle, "sly", small_ask(handle, 1, &text));
    told(handle, "spin", small_spin(handle));
    told(handle, "dive", small_dive(handle, &pages));
    told(handle, "far", small_far(handle, &text));
    told(handle, "bad", small_bad(handle, &text));
    printf("add: %lld\n", small_add(handle, 1, 2, &sum) ? 0 : (long long)sum);
    return small_close(handle);
}
