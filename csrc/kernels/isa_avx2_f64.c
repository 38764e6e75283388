/* The avx2 table for double; everything is in isa_avx2.c. */
#define PYNN_F64
#include "isa_avx2.c"
