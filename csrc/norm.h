/* Batch and layer normalization: z = gamma * xhat + beta with xhat = (x - mean) / sqrt(variance + epsilon),
 * over the rows of the batch for each column, or over the columns for each row. Sums over the batch are cut
 * into chunks and joined by the tree, like every sum over rows; a thread owns whole columns, or whole rows.
 * Formulas of Keras. */
#ifndef PYNN_NORM_H
#define PYNN_NORM_H

#include "step_context.h"

static void batch_norm_parameters(pynn_layer *layer);
static void batch_norm_forward(const step_context *s, int l);
static void batch_norm_backward_inputs(const step_context *s, int l);
static int batch_norm_backward_parameters(const step_context *s, int l, const update_rule *rule);
/* The moving statistics go towards the batch's, once a step counts. Nonzero: one of them would not be finite.
 */
static int batch_norm_finish(const step_context *s, int l);

static void layer_norm_parameters(pynn_layer *layer);
static void layer_norm_forward(const step_context *s, int l);
static void layer_norm_backward_inputs(const step_context *s, int l);
static int layer_norm_backward_parameters(const step_context *s, int l, const update_rule *rule);

/* Reals that layer l keeps from forward to backward, for batches of so many rows. */
static int64_t norm_stats(const pynn_layer *layer, int64_t rows);
static int64_t norm_scratch(int64_t rows);

#endif
