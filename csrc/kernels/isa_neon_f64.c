/* The neon table for double; everything is in isa_neon.c. */
#define PYNN_F64
#include "isa_neon.c"
