/* How each attack ends in C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hostile.h"

static int dropped, given;

static int sink_write(hostile_t *h, void *context, hostile_host_sink_t self, hostile_string_t text,
    uint32_t *result)
{
    (void)h, (void)context;
    if (self != &given)
        abort();
    *result = (uint32_t)text.length;
    return 0;
}

static int note(hostile_t *h, void *context, hostile_string_t text, uint32_t *result)
{
    (void)h, (void)context;
    *result = (uint32_t)text.length;
    return 0;
}

static int name(hostile_t *h, void *context, hostile_string_t *result)
{
    (void)h, (void)context;
    *result = hostile_string("a host");
    return 0;
}

static void sink_drop(void *context, hostile_host_sink_t self)
{
    (void)context;
    if (self != &given)
        abort();
    dropped++;
}

static const hostile_imports_t imports = {NULL, sink_write, note, name, sink_drop};

static hostile_t *opened(void)
{
    hostile_options_t options = {.size = sizeof options, .memory_limit = 16 << 20,
        .timeout_ms = 1000, .imports = &imports};
    hostile_t *h;
    char message[256];
    if (hostile_open(&options, &h, message) != HOSTILE_OK) {
        fprintf(stderr, "%s\n", message);
        exit(1);
    }
    return h;
}

/* Every call that has a result, with room for it. */
#define CALLS(RESULT, PLAIN)                                                          \
    PLAIN(trap) RESULT(zero, uint32_t) PLAIN(spin) RESULT(recurse, uint32_t) PLAIN(grow)        \
    RESULT(wild_read, uint32_t) PLAIN(wild_write) PLAIN(wild_call)                              \
    RESULT(far_string, hostile_string_t) RESULT(long_string, hostile_string_t)                  \
    RESULT(torn_string, hostile_string_t) RESULT(surrogate, hostile_string_t)                   \
    RESULT(far_list, hostile_list_u32_t) RESULT(wrapping_list, hostile_list_u64_t)              \
    RESULT(odd_list, hostile_list_u32_t) RESULT(far_result, hostile_pair_t)                     \
    RESULT(odd_result, hostile_pair_t) RESULT(inner_string, hostile_list_pair_t)                \
    RESULT(bomb, hostile_list_string_t) RESULT(bad_enum, hostile_three_t)                       \
    RESULT(bad_option, hostile_option_three_t) RESULT(bad_case, hostile_result_three_three_t)   \
    RESULT(bad_variant, hostile_shape_t) RESULT(bad_char, uint32_t)                             \
    RESULT(half_char, uint32_t) RESULT(forged, hostile_thing_t)                                 \
    RESULT(given_twice, hostile_list_thing_t) PLAIN(dropped_twice) RESULT(not_there, uint32_t)  \
    RESULT(late_call, hostile_string_t) RESULT(tell_far, uint32_t) RESULT(tell_torn, uint32_t)  \
    RESULT(tell_nobody, uint32_t)

#define RESULT(name, type)                        \
    static int call_##name(hostile_t *h)          \
    {                                             \
        type result;                              \
        memset(&result, 0, sizeof result);        \
        return hostile_##name(h, &result);        \
    }
#define PLAIN(name)                               \
    static int call_##name(hostile_t *h) { return hostile_##name(h); }
CALLS(RESULT, PLAIN)

static int confused(hostile_t *h)
{
    uint32_t result;
    return hostile_confused(h, &given, &result);
}

static int kept_borrow(hostile_t *h) { return hostile_kept_borrow(h, &given); }

static int late_borrow(hostile_t *h)
{
    uint32_t result;
    return hostile_lent(h, &given) || hostile_late_borrow(h, &result);
}

static int owned_twice(hostile_t *h)
{
    uint32_t result;
    return hostile_owned_twice(h, &given, &result);
}

static int way;

static int take(hostile_t *h)
{
    static const uint32_t numbers[] = {1, 2, 3};
    uint32_t result;
    hostile_sly(h, (uint32_t)way);
    return hostile_take(h, (hostile_list_u32_t){numbers, 3}, &result);
}

static int ask(hostile_t *h)
{
    hostile_string_t result;
    hostile_sly(h, (uint32_t)way);
    return hostile_ask(h, &result);
}

static int destroy(hostile_t *h)
{
    hostile_thing_t thing;
    int error = hostile_thing_new(h, (uint32_t)way, &thing);
    return error != HOSTILE_OK ? error : hostile_thing_drop(h, thing);
}

static void attack(const char *called, int (*call)(hostile_t *))
{
    char label[64];
    hostile_string_t text;
    strcpy(label, called);
    for (char *each = label; *each; each++)
        if (*each == '_')
            *each = '-';
    hostile_t *h = opened();
    int error = call(h);
    printf("%s: ", label);
    if (call != destroy) /* No language's destructors can tell how they ended. */
        printf("%s, ", error == HOSTILE_OK ? "not refused"
            : error == HOSTILE_TIMEOUT ? "out of time" : "an error");
    error = hostile_well(h, hostile_string("fine"), &text);
    printf("%s, ", error == HOSTILE_ENDED ? "ended" : error ? "another error" : "goes on");
    hostile_close(h);
    h = opened();
    error = hostile_well(h, hostile_string("fine"), &text);
    printf("then %s\n", error ? hostile_error_message(h) : text.data);
    fflush(stdout);
    hostile_close(h);
}

int main(void)
{
    hostile_t *first = opened();
#define ATTACK(name, ...) attack(#name, call_##name);
    CALLS(ATTACK, ATTACK)
    attack("confused", confused);
    attack("kept borrow", kept_borrow);
    attack("late borrow", late_borrow);
    attack("owned twice", owned_twice);
    static const char *const ways[] = {"far", "odd", "endless", "trapping", "calling"};
    for (way = 1; way <= 5; way++) {
        char label[64];
        snprintf(label, sizeof label, "%s room", ways[way - 1]);
        attack(label, take);
        if (way == 2)
            continue; /* which no string can be */
        snprintf(label, sizeof label, "%s room for the host", ways[way - 1]);
        attack(label, ask);
    }
    way = 13;
    attack("trapping destructor", destroy);
    way = 14;
    attack("endless destructor", destroy);
    hostile_string_t text;
    int error = hostile_well(first, hostile_string("fine"), &text);
    printf("the first: %s\n", error ? hostile_error_message(first) : text.data);
    /* The one that it owned: borrowed ones are never the library's to drop. */
    if (dropped != 1)
        printf("%d sinks were dropped\n", dropped);
    return hostile_close(first);
}
