/* The avx512 table for double; everything is in isa_avx512.c. */
#define PYNN_F64
#include "isa_avx512.c"
