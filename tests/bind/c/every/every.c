#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

#define V(name) my_every_values_##name
#define H(name) my_every_hostile_##name
#define ECHO(name, type) type V(echo_##name)(type value) { return value; }

ECHO(string, wit_string_t)
ECHO(bytes, wit_list_u8_t)
ECHO(mixed, my_every_values_mixed_t)
ECHO(colour, my_every_values_colour_t)
ECHO(rights, my_every_values_rights_t)
ECHO(shape, my_every_values_shape_t)
ECHO(odd, my_every_values_odd_t)
ECHO(char, uint32_t)
ECHO(floats, wit_list_f64_t)
ECHO(points, wit_list_my_every_values_point_t)
ECHO(names, wit_list_string_t)
ECHO(nested, wit_list_list_option_string_t)
ECHO(option, wit_option_option_u32_t)

wit_result_s64_string_t V(divide)(int64_t a, int64_t b)
{
    if (b == 0)
        return (wit_result_s64_string_t){.is_err = true, .err = wit_string("division by zero")};
    return (wit_result_s64_string_t){.ok = a / b};
}

wit_result_none_my_every_values_colour_t V(check)(bool fine)
{
    return (wit_result_none_my_every_values_colour_t){
        .is_err = !fine, .err = MY_EVERY_VALUES_COLOUR_BLUE};
}

wit_string_t V(many)(uint8_t a, int8_t b, uint16_t c, int16_t d, uint32_t e, int32_t f, uint64_t g,
    int64_t h, float i, double j, bool k, uint32_t l, wit_string_t m, wit_string_t n, uint8_t o)
{
    return wit_format("%u %d %u %d %u %d %llu %lld %g %g %d %u %.*s %.*s %u", a, b, c, d, e, f, g,
        h, i, j, k, l, (int)m.length, m.data, (int)n.length, n.data, o);
}

uint32_t V(add)(uint32_t a, uint32_t b) { return a + b; }
void V(nothing)(void) {}

wit_string_t V(ask)(wit_string_t text)
{
    wit_result_u32_string_t got = my_every_host_log(3, text);
    if (got.is_err)
        return wit_format("refused: %.*s", (int)got.err.length, got.err.data);
    return wit_format("logged: %u", got.ok);
}

wit_option_string_t V(choose)(wit_list_string_t from) { return my_every_host_pick(from); }

uint32_t V(store)(wit_string_t name, wit_list_u8_t data)
{
    my_every_host_sink_t sink = my_every_host_sink_new(name);
    uint32_t got = my_every_host_sink_write(sink, data) + my_every_host_sink_write(sink, data);
    my_every_host_sink_drop(sink);
    return got;
}

uint32_t V(feed)(my_every_host_sink_t sink, wit_list_u8_t data)
{
    return my_every_host_sink_write(sink, data);
}

my_every_host_sink_t V(give_back)(my_every_host_sink_t sink) { return sink; }

void V(say)(wit_string_t text)
{
    printf("%.*s\n", (int)text.length, text.data);
    fflush(stdout);
}

struct my_every_values_counter {
    uint32_t now;
};
static uint32_t alive;

my_every_values_counter_own_t V(counter_new)(uint32_t first)
{
    my_every_values_counter_t *made = malloc(sizeof *made);
    made->now = first;
    alive++;
    return V(counter_own)(made);
}

uint32_t V(counter_up)(my_every_values_counter_t *self, uint32_t by) { return self->now += by; }

my_every_values_counter_own_t V(counter_merge)(
    my_every_values_counter_own_t a, my_every_values_counter_own_t b)
{
    uint32_t sum = V(counter_get)(a)->now + V(counter_get)(b)->now;
    V(counter_drop)(a);
    V(counter_drop)(b);
    return V(counter_new)(sum);
}

uint32_t V(counter_peek)(my_every_values_counter_t *self, my_every_values_counter_t *other)
{
    return self->now + other->now;
}

void V(counter_free)(my_every_values_counter_t *self)
{
    alive--;
    free(self);
}

uint32_t V(live)(void) { return alive; }

void H(trap)(void) { __builtin_trap(); }
uint32_t H(zero)(uint32_t a)
{
    volatile uint32_t zero = 0;
    return a / zero;
}
uint32_t H(spin)(void)
{
    for (;;)
        __asm__ volatile("");
}
uint64_t H(count)(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        __asm__ volatile("");
        sum += i;
    }
    return sum;
}
__attribute__((noinline)) uint32_t H(recurse)(uint32_t depth)
{
    if (depth == 0)
        return 0;
    volatile uint32_t below = H(recurse)(depth - 1);
    return below + 1;
}
uint64_t H(hoard)(void)
{
    uint64_t got = 0;
    for (char *volatile at; (at = malloc(1 << 20)) != NULL; got += 1 << 20)
        memset(at, 1, 1 << 20);
    return got;
}
wit_string_t H(far_string)(void) { return (wit_string_t){(char *)0xfffffff0u, 64}; }
wit_string_t H(long_string)(void) { return (wit_string_t){(char *)16, 0xfffffff0u}; }
wit_string_t H(bad_string)(void) { return wit_string("a\xed\xa0\x80z"); }
wit_list_u32_t H(far_list)(void) { return (wit_list_u32_t){(void *)16, 0x40000000u}; }
wit_list_u32_t H(odd_list)(void) { return (wit_list_u32_t){(void *)17, 1}; }
wit_list_string_t H(many_strings)(void)
{
    static char text[1 << 20];
    static wit_string_t all[1 << 16];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 1 << 16; i++)
        all[i] = (wit_string_t){text, sizeof text};
    return (wit_list_string_t){all, 1 << 16};
}
my_every_hostile_three_t H(bad_case)(void) { return 77; }
uint32_t H(bad_char)(void) { return 0xd800; }
wit_option_my_every_hostile_three_t H(bad_option)(void)
{
    wit_option_my_every_hostile_three_t bad = {true, 3};
    return bad;
}
uint32_t H(bad_handle)(void)
{
    wit_list_u8_t none = {NULL, 0};
    return my_every_host_sink_write((my_every_host_sink_t){77}, none);
}
void H(leave)(uint32_t code) { _Exit((int)code); }
uint32_t H(wild_read)(uint32_t at) { return *(volatile uint32_t *)at; }
void H(wild_write)(uint32_t at) { *(volatile uint32_t *)at = 1; }
void H(wild_call)(uint32_t at) { ((void (*)(void))at)(); }
