// Counts what a thread allocates, for tests that promise it allocates nothing.
#ifndef KINGLET_CALLOCATIONS_H
#define KINGLET_CALLOCATIONS_H
#include <stdint.h>

// Allocations of this thread so far; always 0 where they cannot be counted (other C libraries, sanitizers).
uint64_t ka_allocations(void);
#endif
