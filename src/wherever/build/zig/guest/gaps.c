/* What programs expect of a system, as far as a sandbox has it. All of it gives way to the
   program's own, and what is not called is not linked. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

enum { NAME_SIZE = 20 }; /* L_tmpnam of gaps.h */

static int fill(char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char random[6];
    size_t length = strlen(name);
    if (length < 6 || memcmp(name + length - 6, "XXXXXX", 6) != 0 || getentropy(random, 6) != 0)
        return -1;
    for (int i = 0; i < 6; i++)
        name[length - 6 + i] = letters[random[i] % 36];
    return 0;
}

static int again(char *name, int attempt)
{
    if (errno != EEXIST || attempt == 99)
        return 0;
    memcpy(name + strlen(name) - 6, "XXXXXX", 6);
    return 1;
}

WEAK int mkstemp(char *name)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        if (fill(name) != 0) {
            errno = EINVAL;
            return -1;
        }
        int file = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (file >= 0 || !again(name, attempt))
            return file;
    }
    return -1;
}

WEAK char *mkdtemp(char *name)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        if (fill(name) != 0) {
            errno = EINVAL;
            return NULL;
        }
        if (mkdir(name, 0700) == 0)
            return name;
        if (!again(name, attempt))
            return NULL;
    }
    return NULL;
}

/* In /tmp, where the program was given one. */
WEAK FILE *tmpfile(void)
{
    char name[] = "/tmp/tmpXXXXXX";
    int file = mkstemp(name);
    if (file < 0)
        return NULL;
    unlink(name);
    FILE *stream = fdopen(file, "w+");
    if (stream == NULL)
        close(file);
    return stream;
}

WEAK char *tmpnam(char *name)
{
    static char own[NAME_SIZE];
    struct stat there;
    char *chosen = name != NULL ? name : own;
    for (int attempt = 0; attempt < 100; attempt++) {
        strcpy(chosen, "/tmp/tmpXXXXXX");
        if (fill(chosen) != 0)
            return NULL;
        if (stat(chosen, &there) != 0)
            return chosen;
    }
    return NULL;
}

/* There is no shell, which is what system(NULL) asks. */
WEAK int system(const char *command)
{
    if (command == NULL)
        return 0;
    errno = ENOSYS;
    return -1;
}
