/* Kinds of layers: one row each. model.c walks the layers of a network through this table and knows none of
 * them; a new kind is a file beside dense.c and norm.c, and a row in kinds.c. Every layer ends with the same
 * tail (tail.h), which its forward and the backward of the layer after it call. */
#ifndef PYNN_KINDS_H
#define PYNN_KINDS_H

#include "step_context.h"

/* All calls are one thread's share; between two of them is a barrier, except from backward_parameters of a
 * layer to backward_inputs of the one before. NULL: there is nothing to do. */
typedef struct layer_kind {
    void (*parameters)(pynn_layer *layer); /* its tensors: shapes, and which are learned */
    int64_t (*stats)(const pynn_layer *layer,
                     int64_t rows);                /* reals kept in the workspace besides z, y, d .. */
    void (*forward)(const step_context *s, int l); /* z of layer l from what it reads, then its tail */
    void (*backward_inputs)(const step_context *s, int l); /* from d of l that of l-1, its tail included */
    int (*backward_parameters)(const step_context *s, int l, const update_rule *rule);
    int (*finish)(const step_context *s,
                  int l); /* what a completed step changes besides: moving statistics */
} layer_kind;

static const layer_kind *kind_of(const pynn_net *net, int l);

#endif
