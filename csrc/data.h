/* From the user's rows to reals, whatever their type, stride, alignment and byte order. Nothing is scaled
 * and nothing flushed here: the kernel table's `affine` does that to the row that comes out. Each
 * engine includes data.c for its own real; column_stats.c, which looks at whole arrays, uses it for double.
 */
#ifndef PYNN_DATA_H
#define PYNN_DATA_H

#include "pynn.h"
#include "real.h"

/* out[0 .. cols-1] = row `row` of s, each value rounded once to real, to nearest. Booleans are 0 and 1. The
 * caller is in float mode (parallel_run sees to it). */
static void gather_row(const pynn_source *s, int64_t row, real *out);

#endif
