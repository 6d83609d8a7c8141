/* Counts what a thread takes from the heap: linking this puts its malloc in front of the C library's. */
#ifndef CALLOCATIONCOUNT_H
#define CALLOCATIONCOUNT_H

#include <stdint.h>

/* Allocations of the calling thread since it started. */
int64_t allocation_count(void);

#endif
