/* The calls from outside: steps of epochs, the gradients of one batch, a forward pass over many rows.
 * Nothing else loops over batches. Each is one parallel region; decisions that all threads must share
 * are written by the first thread before a barrier and read by all after it. */
#include "skip_zeros.h"
#include "model.h"
#include "team_choice.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

typedef struct job {
    const pynn_net *net;
    const pynn_data *data;
    const pynn_steps *steps; /* NULL: forward only */
    const pynn_run *run;
    double begun, asked;      /* clock: start of the call, latest poll */
    double until;             /* clock: when to leave, after the step at hand */
    double looked;            /* clock: latest look at it, after a step */
    int64_t stride, unlooked; /* steps from look to look, and still to go */
    atomic_int stop;          /* poll() said so: blocks are skipped from now on */
    atomic_int bad;           /* an update was not finite */
    int drops;                /* with dropout */
    int halt, leave;          /* decisions, before a barrier -> after it */
    pynn_status status;
    int64_t done;
    pynn_totals *totals;
    double *tree; /* forward: sums over rows so far */
    void *out;
    int64_t first;
} job;

/* From poll to poll: with a step's rest a call comes back for signals within the 50 ms that are promised. */
#define POLL_SECONDS 0.04

typedef struct cancel_state {
    job *job;
    int id;
} cancel_state;

/* Between blocks of a long step: the first thread looks at the clock and asks, all see the answer. */
static int cancel_requested(void *arg) {
    const cancel_state *h = arg;
    job *j = h->job;
    if (h->id == 0 && j->run->poll && clock_seconds() - j->asked > POLL_SECONDS) {
        if (j->run->poll(j->run->poll_arg)) atomic_store(&j->stop, 1);
        j->asked = clock_seconds();
    }
    return atomic_load_explicit(&j->stop, memory_order_relaxed);
}

static step_context context(job *j, team *t, const cancel_check *p, int drops, int learns) {
    real *scratch = work_at(j->net, j->net->scratch + t->id * j->net->scratch_stride);
    return (step_context){.net = j->net,
                          .k = j->run->kernels,
                          .team = t,
                          .cancel = p,
                          .scratch = scratch,
                          .drops = drops,
                          .learns = learns};
}

/* Loss and metrics of the batch as sums over rows; every thread gets the same numbers. */
static void batch_sums(const step_context *s, int metrics, double total[SUM_COUNT]) {
    double tree[PYNN_TREE];
    sum_begin(tree);
    sum_batch(s, metrics, tree);
    sum_total(tree, total);
}

/* After the rows have been gathered: what their sums are divided by. Every thread gets the same number. */
static double mass_of_batch(const step_context *s) {
    if (!s->net->by_weight) return (double)s->batch;
    double tree[PYNN_TREE], sums[SUM_COUNT];
    sum_begin(tree);
    sum_rows(tree, s->batch, doubles_at(s->net, s->net->row_scale), NULL, NULL);
    sum_total(tree, sums);
    return sums[SUM_LOSS];
}

/* After the rows have been gathered: is it worth to skip zeros in the first layer? */
static void look_for_zeros(step_context *s, int backward) {
    s->skip_zeros = sparse_possible(s) && sparse_decide(s);
    if (s->skip_zeros && backward) sparse_transpose(s);
}

/* Forward, loss and backward of one batch. Returns 0 if the loss is not finite, before any update. */
static int one_step(job *j, step_context *s, const int64_t *order, uint64_t epoch, int64_t first,
                    const update_rule *rule, double sums[BATCH_SUMS]) {
    const pynn_layer *last = &s->net->layers[s->net->n_layers - 1];
    s->loss_follows = s->net->loss == LOSS_CATEGORICAL_CROSSENTROPY && last->activation == ACT_SOFTMAX;
    const int penalized = has_penalty(s->net), dense_targets = j->data->y.base != NULL;
    model_gather(s, j->data, order, first, epoch, 1);
    if (penalized) penalty_collect(s);
    team_barrier(s->team);
    s->mass = mass_of_batch(s);
    look_for_zeros(s, 1);
    model_forward(s, epoch, first);
    loss_of_batch(s, dense_targets, 1, j->run->metrics);
    team_barrier(s->team);
    batch_sums(s, j->run->metrics, sums);
    sums[SUM_PENALTY] = penalized ? penalty(s) : 0;
    if (penalized) sums[SUM_LOSS] += sums[SUM_PENALTY];
    if (!isfinite(sums[SUM_LOSS])) return 0;
    if (model_backward(s, j->steps->store ? NULL : rule)) atomic_store(&j->bad, 1);
    return 1;
}

static void add_totals(pynn_totals *t, const double sums[BATCH_SUMS], double rows) {
    t->loss += sums[SUM_LOSS] * rows;
    t->penalty += sums[SUM_PENALTY] * rows;
    for (int i = 0; i < PYNN_METRICS; ++i) t->metric[i] += sums[SUM_METRIC + i];
    t->rows += rows;
    t->last_loss = sums[SUM_LOSS];
}

/* Stored gradients are complete: unless asked to stop, clip and apply them. Returns 0 if stopped. */
static int stored_step(job *j, const step_context *s, const update_rule *rule) {
    if (clips_norms(s->net)) {
        team_barrier(s->team);
        norms_collect(s);
    }
    if (s->team->id == 0) j->halt = atomic_load(&j->stop);
    team_barrier(s->team);
    if (j->halt) return 0;
    if (apply_stored(s, rule) | model_finish(s)) atomic_store(&j->bad, 1);
    return 1;
}

/* The order of an epoch, the n-th of this call, which is made unless it is given or stands there already. */
static const int64_t *order_of(const job *j, team *t, uint64_t epoch, int64_t n) {
    const pynn_steps *e = j->steps;
    if (!e->ordered) return e->order ? e->order + n * e->order_next : NULL;
    if (t->id == 0 && *e->ordered != (int64_t)epoch) {
        pynn_permutation(j->net->seed, PYNN_ORDER, epoch, e->n, e->order);
        *e->ordered = (int64_t)epoch;
    }
    team_barrier(t);
    return e->order;
}

/* Whether to return to the caller. The clock costs as much as a tiny layer, so quick steps look at it less
 * and less often, down to once in 0.1 ms; the first one always does. */
static int time_is_up(job *j) {
    if (--j->unlooked > 0) return 0;
    const double now = clock_seconds();
    j->stride = now - j->looked < 1e-4 ? 2 * j->stride : 1;
    j->unlooked = j->stride, j->looked = now;
    return now >= j->until;
}

static void train_worker(team *t, void *arg) {
    job *j = arg;
    const pynn_steps *e = j->steps;
    const int64_t steps = ceil_div(e->n, e->batch); /* of an epoch */
    cancel_state h = {j, t->id};
    const cancel_check p = {cancel_requested, &h};
    step_context s = context(j, t, e->store ? &p : NULL, 1, 1);
    double beta_power[PYNN_POWERS], sums[BATCH_SUMS];
    memcpy(beta_power, e->beta_power, sizeof beta_power);
    const int64_t from = e->first + j->done, *order = NULL;
    for (int64_t step = from; step < e->last; ++step) {
        const uint64_t epoch = e->epoch + (uint64_t)(step / steps);
        const int64_t first = step % steps * e->batch;
        if (first == 0 || step == from) order = order_of(j, t, epoch, step / steps);
        s.batch = least(e->batch, e->n - first);
        const update_rule rule = rule_for_step(j->net, e->rate[step - e->first], beta_power);
        if (!one_step(j, &s, order, epoch, first, &rule, sums)) {
            if (t->id == 0) j->status = PYNN_DIVERGED, j->totals[step / steps].last_loss = sums[SUM_LOSS];
            return;
        }
        if (e->store && !stored_step(j, &s, &rule)) return;
        if (t->id == 0) j->leave = time_is_up(j);
        team_barrier(t);
        if (atomic_load(&j->bad)) {
            if (t->id == 0) j->status = PYNN_DIVERGED, j->totals[step / steps].last_loss = sums[SUM_LOSS];
            return;
        }
        if (t->id == 0) {
            memcpy(e->beta_power, beta_power, sizeof beta_power);
            add_totals(&j->totals[step / steps], sums, (double)s.batch);
            ++j->done;
        }
        if (j->leave) return;
    }
}

static void gradient_worker(team *t, void *arg) {
    job *j = arg;
    cancel_state h = {j, t->id};
    const cancel_check p = {cancel_requested, &h};
    step_context s = context(j, t, &p, j->drops, 1);
    s.batch = j->data->x.rows;
    double sums[BATCH_SUMS];
    if (!one_step(j, &s, NULL, j->steps->epoch, 0, NULL, sums) && t->id == 0) j->status = PYNN_DIVERGED;
    if (t->id == 0) add_totals(j->totals, sums, (double)s.batch);
}

/* Outputs and sums of the batch just computed; the sums by the first thread, rows in order. */
static void forward_results(job *j, const step_context *s, int64_t first, int targets) {
    const pynn_net *net = j->net;
    const pynn_layer *last = &net->layers[net->n_layers - 1];
    const range rows = share(s->batch, 1, s->team);
    if (j->out)
        for (int64_t r = rows.from; r < rows.to; ++r)
            memcpy((real *)j->out + (first + r) * last->out, work_at(net, last->y) + r * last->ld,
                   (size_t)last->out * sizeof(real));
    if (!targets) return;
    loss_of_batch(s, j->data->y.base != NULL, 0, j->run->metrics);
    team_barrier(s->team);
    if (s->team->id == 0) sum_batch(s, j->run->metrics, j->tree);
}

static void forward_worker(team *t, void *arg) {
    job *j = arg;
    const int targets = j->tree && (j->data->y.base || j->data->label);
    cancel_state h = {j, t->id};
    const cancel_check p = {cancel_requested, &h};
    step_context s = context(j, t, &p, 0, 0);
    for (int64_t first = j->first; first < j->data->x.rows; first += s.batch) {
        s.batch = least(j->net->rows, j->data->x.rows - first);
        model_gather(&s, j->data, NULL, first, 0, targets);
        team_barrier(t);
        look_for_zeros(&s, 0);
        model_forward(&s, 0, first);
        forward_results(j, &s, first, targets);
        if (t->id == 0) {
            j->done = first + s.batch;
            j->leave = atomic_load(&j->stop) || clock_seconds() - j->begun > j->run->seconds;
        }
        team_barrier(t);
        if (j->leave) return;
    }
}

/* Multiplications and additions of one row, forward; backward is twice that. */
static double row_flop(const pynn_net *net) {
    double flop = 0;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i) {
            const pynn_tensor *t = &net->layers[l].tensor[i];
            if (!t->vector) flop += 2.0 * (double)t->rows * (double)t->cols;
        }
    return flop;
}

static int team_for(const pynn_net *net, const pynn_run *run, int64_t rows, int training) {
    return team_size(run->threads, (training ? 3 : 1) * row_flop(net) * (double)rows, run->grain);
}

static void begin(job *j) {
    j->begun = j->asked = j->looked = clock_seconds();
    j->stride = j->unlooked = 1;
    j->status = PYNN_OK;
}

static pynn_status status_of(job *j) { return atomic_load(&j->stop) ? PYNN_STOPPED : j->status; }

/* Slice by slice of time, each with the team that suits the machine at that time. */
static void run_slices(job *j, int most, double end) {
    const pynn_steps *e = j->steps;
    pynn_team_choice *choice = j->run->choice;
    double now = j->begun;
    do {
        const time_slice next = team_choice_next(choice, most, e->batch, now, end - now);
        const int64_t before = j->done;
        j->until = now + next.seconds;
        j->leave = 0, j->stride = j->unlooked = 1;
        const int64_t late = parallel_run(next.threads, train_worker, j);
        const double begun = now;
        now = clock_seconds();
        team_choice_learn(choice, j->done - before, late, begun, now);
    } while (j->status == PYNN_OK && !atomic_load(&j->stop) && j->done < e->last - e->first && now < end);
}

static pynn_status train(const pynn_net *net, const pynn_data *data, const pynn_steps *e, const pynn_run *run,
                         pynn_totals *totals, int64_t *done) {
    job j = {.net = net, .data = data, .steps = e, .run = run, .totals = totals};
    const int64_t rows = least(e->batch, e->n);
    const int most = team_for(net, run, rows, 1);
    begin(&j);
    j.until = j.begun + run->seconds;
    if (most > 1 && run->choice)
        run_slices(&j, most, j.until);
    else
        parallel_run(most, train_worker, &j);
    *done = j.done;
    return status_of(&j);
}

static pynn_status gradients(const pynn_net *net, const pynn_data *data, int64_t epoch, const pynn_run *run,
                             pynn_totals *totals) {
    const pynn_steps e = {
        .n = data->x.rows, .batch = data->x.rows, .last = 1, .epoch = (uint64_t)epoch, .store = 1};
    job j = {.net = net, .data = data, .steps = &e, .run = run, .totals = totals, .drops = epoch >= 0};
    begin(&j);
    parallel_run(team_for(net, run, data->x.rows, 1), gradient_worker, &j);
    return status_of(&j);
}

static pynn_status forward(const pynn_net *net, const pynn_data *data, int64_t first, void *out,
                           const pynn_run *run, double *tree, int64_t *done) {
    job j = {.net = net, .data = data, .run = run, .out = out, .tree = tree, .first = first, .done = first};
    const int64_t rows = least(net->rows, data->x.rows);
    const int most = team_for(net, run, rows, 0), chosen = most > 1 && run->choice;
    begin(&j);
    const int threads = chosen ? team_choice_next(run->choice, most, rows, j.begun, run->seconds).threads
                               : most;
    const int64_t late = parallel_run(threads, forward_worker, &j);
    if (chosen)
        team_choice_learn(run->choice, ceil_div(j.done - first, rows), late, j.begun, clock_seconds());
    *done = j.done;
    return status_of(&j);
}

static void tree_total(const double *tree, pynn_totals *totals) {
    double sums[SUM_COUNT];
    sum_total(tree, sums);
    totals->loss = sums[SUM_LOSS];
    memcpy(totals->metric, sums + SUM_METRIC, sizeof totals->metric);
    totals->rows = tree[0];
}

/* The penalty of the weights as they are. */
static double penalty_now(const pynn_net *net, const pynn_run *run) {
    if (!has_penalty(net)) return 0;
    team alone = {.size = 1};
    const step_context s = {.net = net, .k = run->kernels, .team = &alone, .mass = 1};
    penalty_collect(&s);
    return penalty(&s);
}

/* A tensor that is not given has its place and its value all the same. */
static void pack(const pynn_net *net, const void *from, void *to) {
    const real *canonical = from;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i) {
            const pynn_tensor *t = &net->layers[l].tensor[i];
            real *packed = (real *)to + t->at;
            if (t->given) {
                pack_weights(t->rows, t->cols, canonical, packed);
                canonical += t->rows * t->cols;
            } else {
                for (int64_t c = 0; c < ceil16(t->cols); ++c) packed[c] = c < t->cols ? (real)t->fill : 0;
            }
        }
}

static void unpack(const pynn_net *net, const void *from, void *to) {
    real *canonical = to;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i) {
            const pynn_tensor *t = &net->layers[l].tensor[i];
            if (!t->given) continue;
            unpack_weights(t->rows, t->cols, (const real *)from + t->at, canonical);
            canonical += t->rows * t->cols;
        }
}
