#pragma once

// How the program gives up: in words on stderr, with an exit code, and nothing on stdout.

enum { BAD_INPUT = 1, BAD_USAGE = 2 };

// What is being read, as the user named it; stands before each message.
extern const char *subject;

_Noreturn void refuse(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Memory of `count` times `size` zero bytes, or an end in words.
void *reserve(unsigned long long count, unsigned long long size);
