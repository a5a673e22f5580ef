#include "words.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

const char *subject = "";

_Noreturn void refuse(int code, const char *format, ...)
{
    va_list arguments;
    fputs("thumbnail: ", stderr);
    if (*subject)
        fprintf(stderr, "%s: ", subject);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(code);
}

void *reserve(unsigned long long count, unsigned long long size)
{
    void *memory = NULL;
    if (count <= SIZE_MAX && size <= SIZE_MAX)
        memory = calloc(count ? (size_t)count : 1, size ? (size_t)size : 1);
    if (!memory)
        refuse(BAD_INPUT, "there is not enough memory for it");
    return memory;
}
