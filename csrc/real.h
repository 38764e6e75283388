/* The storage type. Every room of the engine and every kernel body is written once over `real`
 * and compiled twice: as float, and (with PYNN_F64 defined) as double. This is not a maths
 * library; it holds only what differs between the two types. Read kernels/kernels.h next. */
#ifndef PYNN_REAL_H
#define PYNN_REAL_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>

#ifdef PYNN_F64
typedef double real;
#define REAL_BITS 64
#define REAL_MIN DBL_MIN /* smallest normal number: below it, stored values become +0 */
#define REAL_MAX DBL_MAX
#define TYPED(name) name##_f64
#else
typedef float real;
#define REAL_BITS 32
#define REAL_MIN FLT_MIN
#define REAL_MAX FLT_MAX
#define TYPED(name) name##_f32
#endif

#define PANEL 16        /* columns of a packed panel, and the number of virtual lanes of a sum */
#define CHUNK 256       /* rows of one chain in a sum over the batch */
#define CHUNK_LEVELS 40 /* depth of the tree over chunks: enough for 2^40 chunks */

#endif
