/* The list of kernel tables, for the other C files; what Cython sees of it is declared in pynn.h. The
 * environment is not read here: Python reads PYNN_ISA and passes its value in. Read kernels/kernels.h for
 * what a table holds. */
#ifndef PYNN_DISPATCH_H
#define PYNN_DISPATCH_H

#include "kernels/kernels.h"

/* Best first, both storage types, every table that was compiled in; NULL past the end. */
const kernels *dispatch_table(int i);

/* The portable table, which every CPU can run: tests compare the other tables with it. */
const kernels *dispatch_portable(int real_bits);

#endif
