/* What every room below a step needs to know, and where a network's matrices stand in its workspace. Nothing
 * is computed here. Read model.c for what a step is. */
#ifndef PYNN_STEP_CONTEXT_H
#define PYNN_STEP_CONTEXT_H

#include "gemm.h"
#include "parallel.h"
#include "pynn.h"

/* One per thread, on its stack. */
typedef struct step_context {
    const pynn_net *net;
    const kernels *k;
    team *team;
    const cancel_check *cancel; /* NULL: the step is short, do not ask */
    int64_t batch;              /* rows of this step */
    double mass;                /* what its sums are divided by: its rows, or the sum of their weights */
    int drops;                  /* dropout is on: layers read `a` of the layer before, else its `y` */
    int learns;       /* a step of training, or its gradients: normalizations use the batch's statistics */
    real *scratch;    /* this thread's */
    int loss_follows; /* and computes the last layer's softmax on its way */
    int skip_zeros;   /* the first layer skips zeros */
} step_context;

static inline real *work_at(const pynn_net *net, int64_t offset) { return (real *)net->work + offset; }

/* Whether to leave the rest of a long step undone; to be asked every now and then. */
static inline int stopped(const step_context *s) { return s->cancel && s->cancel->requested(s->cancel->arg); }
#define ROWS_PER_CANCEL_CHECK 16

static inline panels panels_at(const pynn_net *net, int64_t offset) {
    return (panels){work_at(net, offset), net->ld * PANEL};
}
static inline panels layer_input(const step_context *s, int l) {
    if (l == 0) return panels_at(s->net, s->net->x);
    const pynn_layer *before = &s->net->layers[l - 1];
    return panels_at(s->net, s->drops ? before->a : before->y);
}
static inline panels transposed(const pynn_net *net, int l) { /* dT of layer l */
    return (panels){work_at(net, net->layers[l].dt), ceil16(net->layers[l].out) * PANEL};
}
/* dX = d W^T wants one operand turned: W, a strip of inputs at a time, in a thread's scratch; or d, and then
 * dX comes transposed as well. What moves less is transposed. */
#define TRANSPOSED_OUTPUTS 256 /* there is room for a strip of so many outputs; see layout.c */
static inline int transposes_weights(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    if (s->batch == 1 || layer->out > TRANSPOSED_OUTPUTS) return 0;
    return layer->in * layer->out < s->batch * (layer->in + layer->out);
}
/* Whether anybody reads dT of layer l. */
static inline int wants_transposed(const step_context *s, int l) {
    return l > 0 && s->net->layers[l].takes_transposed && !transposes_weights(s, l);
}

/* The penalty of layer l is l1 times the sum of |W| plus l2 times that of W^2; both are divided like the loss
 * if that goes by weight. */
static inline double l1_of(const step_context *s, int l) {
    return s->net->by_weight ? s->net->layers[l].l1 / s->mass : s->net->layers[l].l1;
}
static inline double l2_of(const step_context *s, int l) {
    return s->net->by_weight ? s->net->layers[l].l2 / s->mass : s->net->layers[l].l2;
}
/* The tensors of a dense layer, and of a normalization. */
enum { KERNEL, BIAS };
enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };
static inline real *tensor_at(const pynn_net *net, int l, int tensor) {
    return (real *)net->params + net->layers[l].tensor[tensor].at;
}
/* How many sums of squares a tensor has: one for each panel, or one for a vector. */
static inline int64_t norm_places(const pynn_tensor *t) { return t->vector ? 1 : ceil_div(t->cols, PANEL); }
static inline int64_t tensor_size(const pynn_tensor *t) { return packed_size(t->rows, t->cols); }
static inline double *doubles_at(const pynn_net *net, int64_t offset) {
    return (double *)(void *)work_at(net, offset);
}
static inline int is_last(const pynn_net *net, int l) { return l == net->n_layers - 1; }

/* This thread's part of n things; it ends on a multiple of unit. */
static inline range share(int64_t n, int64_t unit, const team *t) {
    if (t->size == 1) return (range){0, n};
    const int64_t units = ceil_div(n, unit);
    return (range){least(n, units * t->id / t->size * unit), least(n, units * (t->id + 1) / t->size * unit)};
}

#endif
