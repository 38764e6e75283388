/* The loss of a batch: rows, their gradient, and the sums. The formulas by element are the kernel
 * table's; here are the targets of a batch, the metrics, and the tree over chunks of rows. */
#ifndef PYNN_LOSS_H
#define PYNN_LOSS_H

#include "tail.h"

static void loss_gather_targets(const step_context *s, const pynn_data *data, int64_t r, int64_t row);
/* This thread's rows of the batch: values, metrics and, with_gradient, d and dt of the last layer. */
static void loss_of_batch(const step_context *s, int dense_targets, int with_gradient, int metrics);

/* Sums over rows: one chain per chunk of 256, chunks joined by the tree, in double. The open nodes live in
 * an array of PYNN_TREE doubles: rows so far, the sums of the open chunk, then the closed nodes. */
enum { SUM_LOSS, SUM_METRIC, SUM_COUNT = 1 + PYNN_METRICS, SUM_PENALTY = SUM_COUNT, BATCH_SUMS };
static void sum_begin(double *tree); /* no rows yet; closed nodes are written before they are read */
/* Rows 0..n-1 add scale[r] * value[r], or scale[r] alone, and their metrics, unless these are NULL. */
static void sum_rows(double *tree, int64_t n, const double *scale, const double *value, const double *metric);
static void sum_batch(const step_context *s, int metrics,
                      double *tree); /* those of the batch just computed */
static void sum_total(const double *tree, double total[SUM_COUNT]);

/* Sums of squares of gradients, by panel and by vector, into net->norms; after a barrier each tensor's. */
static void norms_collect(const step_context *s);
static double tensor_norm(const pynn_net *net, const pynn_tensor *t);

/* Sums of the weights that a penalty needs, likewise; after a barrier l1 * sum |W| + l2 * sum W^2 of all
 * layers. */
static int has_penalty(const pynn_net *net);
static void penalty_collect(const step_context *s);
static double penalty(const step_context *s);

#endif
