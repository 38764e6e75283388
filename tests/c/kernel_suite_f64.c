/* The kernel checks for double; everything is in kernel_suite.c. */
#define PYNN_F64
#include "kernel_suite.c"
