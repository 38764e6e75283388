/* The engine in double. See rooms.inl.h for the reading order. */
#define PYNN_F64
#include "rooms.inl.h"
