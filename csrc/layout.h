/* Sizes and places of all memory; see layout.c for the drawing. The caller allocates, zeroed. */
#ifndef PYNN_LAYOUT_H
#define PYNN_LAYOUT_H

#include "pynn.h"

/* See pynn_parameters, pynn_layout and pynn_guards in pynn.h. */
static int64_t parameters(pynn_net *net);
static int64_t workspace(pynn_net *net, int64_t rows, int threads, int training, int keep_z);
static int64_t guards(pynn_net *net, int check);

#endif
