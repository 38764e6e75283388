/* The list of kernel tables, for the rooms below Cython; what Cython sees of it is in pynn.h.
 * It does not look at the environment: Python reads PYNN_ISA and passes its value in. */
#ifndef PYNN_DISPATCH_H
#define PYNN_DISPATCH_H

#include "kernels/kernels.h"

/* Best first, both storage types, every table that was compiled in; NULL past the end. */
const kernels *dispatch_table(int i);

/* The yardstick for the others, which runs anywhere. */
const kernels *dispatch_portable(int real_bits);

#endif
