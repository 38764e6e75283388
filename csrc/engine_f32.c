/* The engine in float. See rooms.inl.h for the reading order. */
#include "rooms.inl.h"
