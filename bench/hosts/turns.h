/* Times ways to do one thing, turn about: a line for each turn. C and C++ share it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef void (*Call)(void);
typedef struct { const char *work, *way; Call call; } Way;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double took(Call call, long count)
{
    double begun = seconds(CLOCK_MONOTONIC);
    for (long each = 0; each < count; each++)
        call();
    return seconds(CLOCK_MONOTONIC) - begun;
}

/* Ways of the same work stand side by side. */
static void turns(const Way *ways, int count, int rounds)
{
    for (int first = 0, last; first < count; first = last) {
        long often[8];
        for (last = first; last < count && ways[last].work == ways[first].work; last++) {
            long many = 1;
            while (took(ways[last].call, many) < 0.001)
                many *= 2;
            often[last - first] = many * 4;
        }
        for (int round = 0; round < rounds; round++)
            for (int at = first; at < last; at++) {
                long many = often[at - first];
                double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
                double wall = took(ways[at].call, many);
                cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
                printf("%s\t%s\t%.12f\t%.12f\n", ways[at].work, ways[at].way, wall / (double)many,
                    cpu / (double)many);
            }
    }
}
