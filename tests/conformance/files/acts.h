/* What the lines of a text say to do with files, by the functions of the C library, and what came of
   each. The same is a command of preview 1 and a handler that is served: both must say the same. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char said[1 << 20];
static size_t said_size;

static void say(const char *text) {
    size_t size = strlen(text);
    if (size > sizeof said - said_size - 1) size = sizeof said - said_size - 1;
    memcpy(said + said_size, text, size);
    said_size += size;
}

static void say_done(int result) { say(result < 0 ? strerror(errno) : "done"); }

static void say_open(const char *path, int flags) {
    char text[64];
    int file = open(path, flags, 0666);
    if (file < 0) return say_done(file);
    ssize_t size = write(file, "0123456789", 3 + strlen(path) % 7);
    snprintf(text, sizeof text, "wrote %d, ", size < 0 ? -errno : (int)size);
    say(text);
    lseek(file, 1, SEEK_SET);
    size = read(file, text, sizeof text - 1);
    if (size < 0) say_done(-1);
    else {
        text[size] = 0;
        for (char *end = text; (end = strchr(end, '\n'));) *end = '/';
        say(text);
    }
    struct stat found;
    fstat(file, &found);
    snprintf(text, sizeof text, ", %lld", (long long)(S_ISDIR(found.st_mode) ? 0 : found.st_size));
    say(text);
    close(file);
}

static void say_stat(const char *path, int follow) {
    struct stat found;
    char text[64];
    if ((follow ? stat : lstat)(path, &found) < 0) return say_done(-1);
    int is_folder = S_ISDIR(found.st_mode);
    snprintf(text, sizeof text, "%o %lld %d", found.st_mode & S_IFMT,
             (long long)(is_folder ? 0 : found.st_size), is_folder ? 0 : (int)found.st_nlink);
    say(text);
}

static int order(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void say_list(const char *path) {
    char *names[256];
    int count = 0;
    struct dirent *entry;
    DIR *folder = opendir(path);
    if (!folder) return say_done(-1);
    while (count < 256 && (entry = readdir(folder))) names[count++] = strdup(entry->d_name);
    closedir(folder);
    qsort(names, count, sizeof *names, order);
    for (int n = 0; n < count; n++) {
        if (strcmp(names[n], ".") && strcmp(names[n], "..")) say(names[n]), say(" ");
        free(names[n]);
    }
}

static void say_link(const char *path) {
    char text[256];
    ssize_t size = readlink(path, text, sizeof text - 1);
    if (size < 0) return say_done(-1);
    text[size] = 0;
    say(text);
}

static void act(const char *what, const char *one, const char *other) {
    static const struct timespec times[2] = {{1000, 0}, {2000, 0}};
    switch (*what) {
    case 'r': say_open(one, O_RDONLY); break;
    case 'w': say_open(one, O_RDWR | O_CREAT | O_TRUNC); break;
    case 'x': say_open(one, O_WRONLY | O_CREAT | O_EXCL); break;
    case 'a': say_open(one, O_RDWR | O_APPEND); break;
    case 'o': say_open(one, O_RDONLY | O_DIRECTORY); break;
    case 'n': say_open(one, O_RDONLY | O_NOFOLLOW); break;
    case 's': say_stat(one, 1); break;
    case 'i': say_stat(one, 0); break;
    case 'm': say_done(mkdir(one, 0777)); break;
    case 'd': say_done(rmdir(one)); break;
    case 'u': say_done(unlink(one)); break;
    case 'f': say_done(rename(one, other)); break;
    case 'h': say_done(link(one, other)); break;
    case 'y': say_done(symlink(one[0] == '/' ? one + strlen("/data/") : one, other)); break;
    case 'k': say_link(one); break;
    case 't': say_done(utimensat(AT_FDCWD, one, times, 0)); break;
    case 'c': say_done(truncate(one, 2)); break;
    case 'e': say_list(one); break;
    default: say("what?");
    }
}

/* A letter, a path, and a second path. */
static void act_all(char *text) {
    for (char *line = strtok(text, "\n"); line; line = strtok(0, "\n")) {
        char one[256] = "", other[256] = "";
        sscanf(line + 1, " %255s %255s", one, other);
        act(line, one, other);
        say("\n");
    }
}
