/* One step of the network: a loop down, a loop up. Barriers stand where one thread reads what another
 * wrote, and nowhere else. Two modes upwards: update in place, or store gradients. */
#ifndef PYNN_MODEL_H
#define PYNN_MODEL_H

#include "optim.h"

/* Rows first.. of data (through order, unless NULL), as this step's batch. This thread's share. */
static void model_gather(const step_context *s, const pynn_data *data, const int64_t *order, int64_t first,
                         uint64_t epoch, int targets);
/* From the gathered inputs to the last layer's y: ends with every row of it ready for the thread that owns
 * that row. */
static void model_forward(const step_context *s, uint64_t epoch, int64_t first);
/* From d and dt of the last layer to new parameters, or with rule NULL to stored gradients. Nonzero: an
 * update was not finite. Ends without a barrier. */
static int model_backward(const step_context *s, const update_rule *rule);

/* What a step whose stored gradients were applied changes besides; nonzero as above. */
static int model_finish(const step_context *s);

#endif
