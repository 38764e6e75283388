/* The portable table for double; everything is in isa_portable.c. */
#define PYNN_F64
#include "isa_portable.c"
