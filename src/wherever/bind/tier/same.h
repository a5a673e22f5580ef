/* What C from wasm2c does not say: which traps are those of tables, and which numbers a compiler is
   not to know. */
#ifndef SAME_H
#define SAME_H

enum { WASM_RT_TRAP_TABLE = 32, WASM_RT_TRAP_NULL, WASM_RT_TRAP_SIGNATURE };

#define TABLE_CHECK(table, offset, length)                                           \
    do {                                                                             \
        if ((offset) > (table)->size || (length) > (table)->size - (offset))         \
            TRAP(TABLE);                                                             \
    } while (0)

#if defined(__x86_64__)
#define UNKNOWN(number) __asm__("" : "+x"(number))
#elif defined(__aarch64__)
#define UNKNOWN(number) __asm__("" : "+w"(number))
#else
#define UNKNOWN(number) __asm__("" : "+m"(number))
#endif

static inline float UNKNOWN_f(float number)
{
    UNKNOWN(number);
    return number;
}

static inline double UNKNOWN_d(double number)
{
    UNKNOWN(number);
    return number;
}

#endif
