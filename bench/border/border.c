#include "world.h"

void bench_border_calls_nothing(void) {}

uint32_t bench_border_calls_add(uint32_t a, uint32_t b) { return a + b; }

wit_string_t bench_border_calls_text(wit_string_t s) { return s; }

wit_list_u8_t bench_border_calls_bytes(wit_list_u8_t b) { return b; }

double bench_border_calls_sum(wit_list_f64_t of)
{
    double sum = 0;
    for (size_t i = 0; i < of.length; i++)
        sum += of.data[i];
    return sum;
}

uint32_t bench_border_calls_points(wit_list_bench_border_calls_point_t of)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < of.length; i++)
        sum += of.data[i].n;
    return sum;
}

uint32_t bench_border_calls_callback(uint32_t n) { return bench_border_host_double(n); }
