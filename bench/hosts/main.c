#include <stdint.h>
#include <string.h>
#include "border.h"
#include "turns.h"

#define PLAIN __attribute__((noinline))
enum { LONG = 100000, BYTES = 1 << 20, FLOATS = 100000, POINTS = 1000 };

static border_t *library;
static char shorter[101], longer[LONG + 1];
static uint8_t bytes[BYTES];
static double floats[FLOATS];
static border_point_t points[POINTS];
static volatile uint32_t one = 1, two = 2;
static volatile double kept;

static int doubled(border_t *handle, void *context, uint32_t n, uint32_t *result)
{
    (void)handle, (void)context;
    *result = 2 * n;
    return 0;
}

static void done(int error)
{
    if (error != 0) {
        fprintf(stderr, "%s\n", border_error_message(library));
        exit(1);
    }
}

PLAIN static void plain_nothing(void) { __asm__ volatile(""); }
PLAIN static uint32_t added(uint32_t a, uint32_t b) { return a + b; }
static void plain_add(void) { kept = added(one, two); }
PLAIN static void copied(const void *from, size_t size)
{
    char *made = malloc(size + 1);
    if (made == NULL)
        exit(1);
    memcpy(made, from, size);
    made[size] = 0;
    kept = made[size / 2];
    free(made);
}
static void plain_text(void) { copied(shorter, 100); }
static void plain_long(void) { copied(longer, LONG); }
static void plain_bytes(void) { copied(bytes, BYTES); }
PLAIN static void plain_sum(void)
{
    double sum = 0;
    for (int each = 0; each < FLOATS; each++)
        sum += floats[each];
    kept = sum;
}
PLAIN static void plain_points(void)
{
    uint32_t sum = 0;
    for (int each = 0; each < POINTS; each++)
        sum += points[each].n;
    kept = sum;
}
static uint32_t twice(uint32_t n) { return 2 * n; }
static uint32_t (*volatile callback)(uint32_t) = twice;
static void plain_callback(void) { kept = callback(21); }

static void our_nothing(void) { done(border_nothing(library)); }
static void our_add(void) { uint32_t sum; done(border_add(library, 1, 2, &sum)); }
static void text(const char *of, size_t length)
{
    border_string_t back;
    done(border_text(library, (border_string_t){of, length}, &back));
}
static void our_text(void) { text(shorter, 100); }
static void our_long(void) { text(longer, LONG); }
static void our_bytes(void)
{
    border_list_u8_t back;
    done(border_bytes(library, (border_list_u8_t){bytes, BYTES}, &back));
}
static void our_sum(void)
{
    double sum;
    done(border_sum(library, (border_list_f64_t){floats, FLOATS}, &sum));
}
static void our_points(void)
{
    uint32_t sum;
    done(border_points(library, (border_list_point_t){points, POINTS}, &sum));
}
static void our_callback(void) { uint32_t got; done(border_callback(library, 21, &got)); }

int main(void)
{
    border_imports_t imports = {.double_ = doubled};
    border_options_t options = {.size = sizeof options, .imports = &imports, .timeout_ms = 60000};
    done(border_open(&options, &library, NULL));
    memset(shorter, 'x', 100);
    memset(longer, 'x', LONG);
    for (int each = 0; each < BYTES; each++)
        bytes[each] = (uint8_t)each;
    for (int each = 0; each < FLOATS; each++)
        floats[each] = each;
    for (uint32_t each = 0; each < POINTS; each++)
        points[each] = (border_point_t){1, 2, each};
#define BOTH(work, name) {work, "ours", our_##name}, {work, "plain", plain_##name}
    static const char *const works[] = {"no arguments", "two integers", "text of 100 bytes",
        "text of 100 KB", "1 MiB of bytes", "100,000 floats", "1,000 records", "a callback"};
    const Way ways[] = {BOTH(works[0], nothing), BOTH(works[1], add), BOTH(works[2], text),
        BOTH(works[3], long), BOTH(works[4], bytes), BOTH(works[5], sum), BOTH(works[6], points),
        BOTH(works[7], callback)};
    turns(ways, 16, 7);
    return border_close(library);
}
