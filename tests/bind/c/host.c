/* Calls everything of the library `every`, and says what is not as it has to be. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "every.h"

static int failures;
static char printed[4096];

#define V(name) every_values_##name
#define H(name) every_hostile_##name
#define CHECK(what)                                                   \
    do {                                                              \
        if (!(what)) {                                                \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #what);         \
            failures++;                                               \
        }                                                             \
    } while (0)
#define DONE(call)                                                                             \
    do {                                                                                       \
        int error = (call);                                                                    \
        if (error != EVERY_OK) {                                                               \
            printf("%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call, every_error_name(error),  \
                every_error_message(h));                                                       \
            failures++;                                                                        \
        }                                                                                      \
    } while (0)
#define FAILS(call, code, said)                                                                \
    do {                                                                                       \
        int error = (call);                                                                    \
        if (error != EVERY_##code || strcmp(every_error_message(h), said) != 0) {              \
            printf("%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call, every_error_name(error),  \
                every_error_message(h));                                                       \
            failures++;                                                                        \
        }                                                                                      \
    } while (0)
#define IS(string, text) \
    ((string).length == strlen(text) && memcmp((string).data, text, (string).length + 1) == 0)

/* Callbacks */

struct sink {
    char name[16];
    size_t bytes;
};
static int sinks, answer;

static int sink_new(every_t *h, void *context, every_string_t name, every_host_sink_t *result)
{
    (void)h, (void)context;
    struct sink *made = calloc(1, sizeof *made);
    memcpy(made->name, name.data, name.length < 15 ? name.length : 15);
    sinks++;
    *result = made;
    return 0;
}

static int sink_write(
    every_t *h, void *context, every_host_sink_t self, every_list_u8_t data, uint32_t *result)
{
    (void)h, (void)context;
    struct sink *sink = self;
    sink->bytes += data.length;
    *result = (uint32_t)sink->bytes;
    return 0;
}

static void sink_drop(void *context, every_host_sink_t self)
{
    (void)context;
    sinks--;
    free(self);
}

static int callback_log(every_t *h, void *context, uint8_t level, every_string_t text,
    every_result_u32_string_t *result)
{
    CHECK(context == &answer && level == 3);
    if (answer == 1)
        return 1;
    if (answer == 2)
        return every_fail(h, "no disk");
    if (answer == 3) {
        uint32_t sum;
        CHECK(V(add)(h, 1, 2, &sum) == EVERY_BUSY);
        CHECK(every_close(h) == EVERY_BUSY && every_reset(h) == EVERY_BUSY);
    }
    if (answer == 4) {
        result->is_err = true;
        result->value.err = (every_string_t){"\xff", 1};
        return 0;
    }
    if (text.length > 3) {
        char *said = every_alloc(h, 32);
        result->is_err = true;
        result->value.err.data = said;
        result->value.err.length = (size_t)snprintf(said, 32, "%zu are too many", text.length);
    } else {
        result->value.ok = 7;
    }
    return 0;
}

static int callback_pick(
    every_t *h, void *context, every_list_string_t from, every_option_string_t *result)
{
    (void)h, (void)context;
    if (from.length != 0) {
        result->is_some = true;
        result->value = from.data[from.length - 1];
    }
    return 0;
}

static void output(void *context, int stream, const char *data, size_t length)
{
    CHECK(context == printed && stream == 1);
    strncat(printed, data, length);
}

static const every_imports_t imports = {&answer, .sink_new = sink_new, .sink_write = sink_write,
    .log = callback_log, .pick = callback_pick, .sink_drop = sink_drop};
static const every_options_t options = {.size = sizeof options, .imports = &imports,
    .memory_limit = 64 << 20, .output = output, .context = printed};

/* Stories */

static void values(every_t *h)
{
    every_string_t text;
    DONE(V(echo_string)(h, every_string("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8c\x8d"), &text));
    CHECK(IS(text, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8c\x8d"));
    DONE(V(echo_string)(h, text, &text)); /* what the last call gave may be given again */
    CHECK(IS(text, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8c\x8d"));
    DONE(V(echo_string)(h, every_string(""), &text));
    CHECK(IS(text, ""));
    DONE(V(echo_string)(h, (every_string_t){NULL, 0}, &text));
    CHECK(IS(text, ""));

    uint8_t *big = malloc(1 << 20);
    for (size_t at = 0; at < 1 << 20; at++)
        big[at] = (uint8_t)(at * 7);
    every_list_u8_t bytes;
    DONE(V(echo_bytes)(h, (every_list_u8_t){big, 1 << 20}, &bytes));
    CHECK(bytes.length == 1 << 20 && memcmp(bytes.data, big, 1 << 20) == 0);
    void *kept = every_keep(h);
    const uint8_t *still = bytes.data;
    DONE(V(echo_bytes)(h, (every_list_u8_t){NULL, 0}, &bytes));
    CHECK(bytes.length == 0 && memcmp(still, big, 1 << 20) == 0);
    every_free(kept);
    free(big);

    every_values_mixed_t mixed = {true, 200, UINT64_MAX, 1.5f, -0.0, 0x1f30d,
        every_string("name"), {-3, INT32_MIN}}, back;
    DONE(V(echo_mixed)(h, &mixed, &back));
    CHECK(back.flag && back.small == 200 && back.wide == UINT64_MAX && back.ratio == 1.5f);
    CHECK(signbit(back.exact) && back.letter == 0x1f30d && IS(back.name, "name"));
    CHECK(back.where.x == -3 && back.where.y == INT32_MIN);

    uint8_t few;
    DONE(V(echo_colour)(h, EVERY_VALUES_COLOUR_BLUE, &few));
    CHECK(few == EVERY_VALUES_COLOUR_BLUE);
    DONE(V(echo_rights)(h, EVERY_VALUES_RIGHTS_READ | EVERY_VALUES_RIGHTS_RUN, &few));
    CHECK(few == 5);

    every_values_shape_t shape = {.tag = EVERY_VALUES_SHAPE_BOX}, drawn;
    shape.value.box = (every_tuple2_values_point_values_point_t){{1, 2}, {3, 4}};
    DONE(V(echo_shape)(h, &shape, &drawn));
    CHECK(drawn.tag == EVERY_VALUES_SHAPE_BOX && drawn.value.box.f1.y == 4);
    shape = (every_values_shape_t){.tag = EVERY_VALUES_SHAPE_CIRCLE, .value.circle = 2.5};
    DONE(V(echo_shape)(h, &shape, &drawn));
    CHECK(drawn.tag == EVERY_VALUES_SHAPE_CIRCLE && drawn.value.circle == 2.5);
    shape = (every_values_shape_t){.tag = EVERY_VALUES_SHAPE_LABEL};
    shape.value.label = every_string("here");
    DONE(V(echo_shape)(h, &shape, &drawn));
    CHECK(drawn.tag == EVERY_VALUES_SHAPE_LABEL && IS(drawn.value.label, "here"));
    shape = (every_values_shape_t){.tag = EVERY_VALUES_SHAPE_TINT, .value.tint = 1};
    DONE(V(echo_shape)(h, &shape, &drawn));
    CHECK(drawn.tag == EVERY_VALUES_SHAPE_TINT && drawn.value.tint == 1);

    uint16_t numbers[] = {1, 2, 65535};
    every_values_odd_t odd = {.tag = EVERY_VALUES_ODD_D}, told;
    odd.value.d = (every_list_u16_t){numbers, 3};
    DONE(V(echo_odd)(h, &odd, &told));
    CHECK(told.tag == EVERY_VALUES_ODD_D && told.value.d.length == 3);
    CHECK(told.value.d.data[2] == 65535);
    odd = (every_values_odd_t){.tag = EVERY_VALUES_ODD_A, .value.a = -0.25f};
    DONE(V(echo_odd)(h, &odd, &told));
    CHECK(told.tag == EVERY_VALUES_ODD_A && told.value.a == -0.25f);
    odd = (every_values_odd_t){.tag = EVERY_VALUES_ODD_B, .value.b = 1ull << 63};
    DONE(V(echo_odd)(h, &odd, &told));
    CHECK(told.tag == EVERY_VALUES_ODD_B && told.value.b == 1ull << 63);

    double floats[] = {0.5, NAN, -INFINITY};
    every_list_f64_t found;
    DONE(V(echo_floats)(h, (every_list_f64_t){floats, 3}, &found));
    CHECK(found.length == 3 && found.data[0] == 0.5 && isnan(found.data[1]));
    CHECK(found.data[2] == -INFINITY);
    every_values_point_t points[] = {{1, -1}, {2, -2}};
    every_list_values_point_t there;
    DONE(V(echo_points)(h, (every_list_values_point_t){points, 2}, &there));
    CHECK(there.length == 2 && there.data[1].y == -2);
    every_string_t names[] = {every_string("a"), every_string(""), every_string("ccc")};
    every_list_string_t named;
    DONE(V(echo_names)(h, (every_list_string_t){names, 3}, &named));
    CHECK(named.length == 3 && IS(named.data[0], "a") && IS(named.data[2], "ccc"));
    every_option_string_t inner[] = {{true, every_string("in")}, {false, {NULL, 0}}};
    every_list_option_string_t outer[] = {{inner, 2}, {NULL, 0}};
    every_list_list_option_string_t nested;
    DONE(V(echo_nested)(h, (every_list_list_option_string_t){outer, 2}, &nested));
    CHECK(nested.length == 2 && nested.data[0].length == 2 && nested.data[1].length == 0);
    CHECK(nested.data[0].data[0].is_some && IS(nested.data[0].data[0].value, "in"));
    CHECK(!nested.data[0].data[1].is_some);
    every_option_option_u32_t some = {true, {true, 9}}, none = {true, {false, 0}}, got;
    DONE(V(echo_option)(h, &some, &got));
    CHECK(got.is_some && got.value.is_some && got.value.value == 9);
    DONE(V(echo_option)(h, &none, &got));
    CHECK(got.is_some && !got.value.is_some);

    every_result_s64_string_t ratio;
    DONE(V(divide)(h, INT64_MIN, 2, &ratio));
    CHECK(!ratio.is_err && ratio.value.ok == INT64_MIN / 2);
    DONE(V(divide)(h, 1, 0, &ratio));
    CHECK(ratio.is_err && IS(ratio.value.err, "division by zero"));
    every_result_none_values_colour_t checked;
    DONE(V(check)(h, true, &checked));
    CHECK(!checked.is_err);
    DONE(V(check)(h, false, &checked));
    CHECK(checked.is_err && checked.value.err == EVERY_VALUES_COLOUR_BLUE);
    DONE(V(many)(h, 1, -2, 3, -4, 5, -6, 7, -8, 0.5f, 0.25, true, 'l', every_string("m"),
        every_string("nn"), 15, &text));
    CHECK(IS(text, "1 -2 3 -4 5 -6 7 -8 0.5 0.25 1 108 m nn 15"));
    DONE(V(nothing)(h));
    DONE(V(say)(h, every_string("printed")));
    CHECK(strcmp(printed, "printed\n") == 0);
}

static void refused(every_t *h)
{
    every_string_t text;
    uint8_t few;
    uint32_t number;
    every_list_f64_t found;
    every_values_shape_t shape = {.tag = 5}, drawn;
    const char *utf8 = "a string is not UTF-8";
    FAILS(V(echo_string)(h, (every_string_t){"\xed\xa0\x80", 3}, &text), ARGUMENT, utf8);
    FAILS(V(echo_string)(h, (every_string_t){"ab\xc3", 3}, &text), ARGUMENT, utf8);
    FAILS(V(echo_string)(h, (every_string_t){NULL, 3}, &text), ARGUMENT,
        "a string of 3 bytes is nowhere");
    FAILS(V(echo_colour)(h, 3, &few), ARGUMENT, "there is no case 3 of 3");
    FAILS(V(echo_shape)(h, &shape, &drawn), ARGUMENT, "there is no case 5 of 5");
    FAILS(V(echo_char)(h, 0xdfff, &number), ARGUMENT, "0xdfff is no character");
    FAILS(V(echo_floats)(h, (every_list_f64_t){NULL, 1}, &found), ARGUMENT,
        "a list of 1 values is nowhere");
    FAILS(V(echo_floats)(h, (every_list_f64_t){(double *)8, SIZE_MAX}, &found), ARGUMENT,
        "a list of 18446744073709551615 values is too long");
    CHECK(V(add)(h, 1, 2, NULL) == EVERY_ARGUMENT && V(add)(NULL, 1, 2, &number) == EVERY_ARGUMENT);
    DONE(V(add)(h, UINT32_MAX, 2, &number)); /* and it lives */
    CHECK(number == 1);
}

static void callbacks(every_t *h)
{
    every_string_t text;
    answer = 0;
    DONE(V(ask)(h, every_string("one"), &text));
    CHECK(IS(text, "logged: 7"));
    DONE(V(ask)(h, every_string("three"), &text));
    CHECK(IS(text, "refused: 5 are too many"));
    answer = 3;
    DONE(V(ask)(h, every_string("one"), &text));
    every_string_t names[] = {every_string("a"), every_string("b")};
    every_option_string_t chosen;
    DONE(V(choose)(h, (every_list_string_t){names, 2}, &chosen));
    CHECK(chosen.is_some && IS(chosen.value, "b"));
    DONE(V(choose)(h, (every_list_string_t){NULL, 0}, &chosen));
    CHECK(!chosen.is_some);

    uint32_t total;
    DONE(V(store)(h, every_string("file"), (every_list_u8_t){(const uint8_t *)"abc", 3}, &total));
    CHECK(total == 3 + 6 && sinks == 0);
    every_host_sink_t mine, again;
    sink_new(h, NULL, every_string("mine"), &mine);
    DONE(V(feed)(h, mine, (every_list_u8_t){(const uint8_t *)"abcd", 4}, &total));
    CHECK(total == 4);
    DONE(V(give_back)(h, mine, &again));
    CHECK(again == mine && sinks == 1);
    sink_drop(NULL, again);

    answer = 1;
    FAILS(V(ask)(h, every_string("x"), &text), IMPORT,
        "the callback of my:every/host@1.2.3: log failed");
    FAILS(V(ask)(h, every_string("x"), &text), ENDED,
        "the callback of my:every/host@1.2.3: log failed");
    DONE(every_reset(h));
    answer = 2;
    FAILS(V(ask)(h, every_string("x"), &text), IMPORT, "no disk");
    DONE(every_reset(h));
    answer = 4;
    FAILS(V(ask)(h, every_string("x"), &text), IMPORT, "a string is not UTF-8");
    DONE(every_reset(h));
    answer = 0;
}

static void resources(every_t *h)
{
    every_values_counter_t one, two, both;
    uint32_t now;
    DONE(V(counter_new)(h, 5, &one));
    DONE(V(counter_new)(h, 10, &two));
    DONE(V(counter_up)(h, one, 2, &now));
    CHECK(now == 7);
    DONE(V(counter_peek)(h, one, two, &now));
    CHECK(now == 17);
    DONE(V(counter_merge)(h, one, two, &both));
    DONE(V(counter_up)(h, both, 0, &now));
    CHECK(now == 17);
    const char *gone = "a resource that is not there any more, or never was";
    FAILS(V(counter_up)(h, one, 1, &now), ARGUMENT, gone);
    FAILS(V(counter_up)(h, 77, 1, &now), ARGUMENT, gone);
    DONE(V(live)(h, &now));
    CHECK(now == 1);
    DONE(V(counter_drop)(h, both));
    FAILS(V(counter_drop)(h, both), ARGUMENT, gone);
    DONE(V(live)(h, &now));
    CHECK(now == 0);
}

#define OOB "the library trapped: an address outside of its memory or of a table"

static void hostile(every_t *h)
{
    every_string_t text;
    every_list_u32_t list;
    every_list_string_t strings;
    every_option_hostile_three_t option;
    uint32_t number;
    uint64_t bytes;
    uint8_t few;
#define ENDS(call, code, said) FAILS(call, code, said); DONE(every_reset(h))
    ENDS(H(trap)(h), TRAP, "the library trapped: an instruction that is never to be reached");
    ENDS(H(zero)(h, 1, &number), TRAP, "the library trapped: a division by zero");
    ENDS(H(far_string)(h, &text), INVALID,
        "the library pointed outside of its memory: 64 bytes at 4294967280");
    ENDS(H(long_string)(h, &text), INVALID,
        "the library pointed outside of its memory: 4294967280 bytes at 16");
    ENDS(H(bad_string)(h, &text), INVALID, "the library gave a string that is not UTF-8");
    ENDS(H(far_list)(h, &list), INVALID,
        "the library pointed outside of its memory: 4294967296 bytes at 16");
    ENDS(H(odd_list)(h, &list), INVALID,
        "the library gave an address 17 that is no multiple of 4");
    ENDS(H(many_strings)(h, &strings), INVALID,
        "the library gave more than a caller can take: 1048577 values of 1 bytes");
    ENDS(H(bad_case)(h, &few), INVALID, "the library gave case 77 of 3");
    ENDS(H(bad_char)(h, &number), INVALID, "the library gave 0xd800, which is no character");
    ENDS(H(bad_option)(h, &option), INVALID, "the library gave case 3 of 3");
    ENDS(H(bad_handle)(h, &number), INVALID,
        "the library used a resource 77 that it does not have");
    ENDS(H(leave)(h, 3), EXIT, "the library exited with code 3");
    ENDS(H(wild_read)(h, 0xfffffffc, &number), TRAP, OOB);
    ENDS(H(wild_read)(h, 0xffffffff, &number), TRAP, OOB);
    ENDS(H(wild_write)(h, 0x7fffffff), TRAP, OOB);
    ENDS(H(wild_call)(h, 12345), TRAP, "the library trapped: a call of what is no such function");
    ENDS(H(recurse)(h, 1u << 30, &number), STACK,
        "the library used more than its 1048576 bytes of stack");
    DONE(H(recurse)(h, 1000, &number));
    CHECK(number == 1000);
    DONE(H(hoard)(h, &bytes)); /* malloc gives NULL at the limit */
    CHECK(bytes >= 16 << 20 && bytes < 64 << 20);
    DONE(every_reset(h));
}

static void *spinning(void *h)
{
    uint32_t number;
    static int error;
    error = H(spin)(h, &number);
    return &error;
}

static void ended(every_t *h)
{
    uint32_t number;
    uint64_t sum;
    DONE(every_set_timeout(h, 50));
    ENDS(H(spin)(h, &number), TIMEOUT, "the call took longer than its 50 ms");
    DONE(H(count)(h, 1000, &sum)); /* the deadline is each call's own */
    CHECK(sum == 499500);
    DONE(every_set_timeout(h, 0));
    pthread_t thread;
    void *error;
    every_interrupt(h); /* nothing is under way */
    pthread_create(&thread, NULL, spinning, h);
    usleep(20000);
    CHECK(V(add)(h, 1, 2, &number) == EVERY_BUSY && every_close(h) == EVERY_BUSY);
    every_interrupt(h);
    pthread_join(thread, &error);
    CHECK(*(int *)error == EVERY_INTERRUPTED);
    CHECK(strcmp(every_error_message(h), "the call was interrupted") == 0);
    DONE(every_reset(h));
    DONE(V(add)(h, 1, 2, &number));
}

/* Many handles in many threads: each has its own memory, and a small stack is found out. */
static void *alone(void *number)
{
    every_t *h;
    uint32_t mine = (uint32_t)(uintptr_t)number, now;
    every_values_counter_t counter;
    every_options_t own = options;
    own.timeout_ms = 10000;
    CHECK(every_open(&own, &h, NULL) == EVERY_OK);
    DONE(V(counter_new)(h, mine, &counter));
    for (int each = 0; each < 2000; each++) {
        every_string_t text;
        DONE(V(counter_up)(h, counter, 1, &now));
        DONE(V(echo_string)(h, every_string("of a thread"), &text));
        CHECK(IS(text, "of a thread"));
    }
    CHECK(now == mine + 2000);
    CHECK(H(recurse)(h, 1u << 30, &now) == EVERY_STACK);
    CHECK(every_close(h) == EVERY_OK);
    return NULL;
}

static void threads(void)
{
    pthread_t all[4];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 << 10);
    for (uintptr_t each = 0; each < 4; each++)
        pthread_create(&all[each], &small, alone, (void *)(each * 1000));
    for (int each = 0; each < 4; each++)
        pthread_join(all[each], NULL);
}

static void opening(void)
{
    every_t *h = NULL;
    char message[256];
    every_options_t small = {.size = sizeof small, .memory_limit = 65536};
    CHECK(every_open(&small, &h, message) == EVERY_MEMORY && h == NULL);
    CHECK(strstr(message, "more than its limit") != NULL);
    small.size = 1;
    CHECK(every_open(&small, &h, NULL) == EVERY_ARGUMENT && every_close(NULL) == EVERY_OK);
    CHECK(every_open(NULL, &h, message) == EVERY_OK && message[0] == '\0');
    every_string_t text;
    FAILS(V(ask)(h, every_string("x"), &text), IMPORT,
        "no callback was given for my:every/host@1.2.3: log");
    CHECK(every_close(h) == EVERY_OK);
}

int main(void)
{
    every_t *h;
    CHECK(every_open(&options, &h, NULL) == EVERY_OK);
    values(h);
    refused(h);
    callbacks(h);
    resources(h);
    hostile(h);
    ended(h);
    CHECK(every_close(h) == EVERY_OK);
    threads();
    opening();
    printf("%d failures\n", failures);
    return failures != 0;
}
