/* What the guest's code, as wasm2c writes it, is compiled with. */
#ifndef GUEST_SUPPORT_H
#define GUEST_SUPPORT_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "this library needs a machine with the low byte first"
#endif

/* A memory is reserved whole and never moves; every access is compared with its size. */
#define WASM_RT_USE_MMAP 1
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 1
/* What GUEST_CHECK compares takes the place of counting calls. */
#define WASM_RT_NONCONFORMING_UNCHECKED_STACK_EXHAUSTION 1

#include "wasm-rt.h"

/* The lowest address that the stack may reach; the highest there is once the call is to end. */
typedef uintptr_t guest_limit;

#if defined(__x86_64__)
register uintptr_t guest_stack __asm__("rsp");
#elif defined(__aarch64__)
register uintptr_t guest_stack __asm__("sp");
#else
#define guest_stack ((uintptr_t)__builtin_frame_address(0))
#endif

/* For a call that was interrupted or has no stack left, at every function and every loop: ends it,
   or sees whether it is to be ended. */
#ifndef GUEST_GOES_ON
WASM_RT_NO_RETURN
#endif
void wasm_rt_stop(void);
#if defined(__x86_64__)
/* One comparison with memory, which compilers make three instructions of. */
#define GUEST_CHECK                                                \
    do {                                                           \
        __label__ stop, go;                                        \
        __asm__ goto("cmpq %0, %%rsp\n\tjb %l1"                    \
                     :                                             \
                     : "m"(instance->guest_limit)                  \
                     : "cc"                                        \
                     : stop);                                      \
        goto go;                                                   \
    stop:                                                          \
        wasm_rt_stop();                                            \
    go:;                                                           \
    } while (0);
#else
#define GUEST_CHECK                                                                        \
    if (UNLIKELY(guest_stack < __atomic_load_n(&instance->guest_limit, __ATOMIC_RELAXED))) \
        wasm_rt_stop();
#endif

#endif
