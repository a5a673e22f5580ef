#include <stdint.h>

/* Runs one of the ten kernels; what it comes to. */
uint64_t kernels_run(uint32_t which, uint32_t size);
