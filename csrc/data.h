/* Conversion of a row of the user's array to reals, for any element type, stride, alignment and byte order.
 * Values are neither scaled nor flushed here: the kernel table's `affine` does that to the converted row.
 * Each engine includes data.c for its own real; column_stats.c includes it for double. */
#ifndef PYNN_DATA_H
#define PYNN_DATA_H

#include "pynn.h"
#include "real.h"

/* out[0 .. cols-1] = row `row` of s, each value rounded once to real, to nearest. Booleans are 0 and 1. The
 * caller has set the floating-point mode (parallel_run does). */
static void gather_row(const pynn_source *s, int64_t row, real *out);

#endif
