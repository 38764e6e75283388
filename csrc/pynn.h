/* The public C API: all that Cython sees of the core. Python owns every array named here; the core
 * allocates nothing, prints nothing, never aborts, and answers with a status. Arguments are
 * checked by the caller (pynn/engine/_native.pyx). Offsets count elements of the storage type; all of
 * them are computed here, by pynn_parameters and pynn_layout. Read train.c, then model.c, for what
 * happens inside. */
#ifndef PYNN_H
#define PYNN_H

#include <stddef.h>
#include <stdint.h>

typedef enum pynn_status {
    PYNN_OK,
    PYNN_STOPPED,  /* poll() asked to stop; the step under way was undone or not begun */
    PYNN_DIVERGED, /* a loss was not finite: nothing was changed by its step; or elements of an update were
                      not: these stand as they were, the others have moved */
    PYNN_UNKNOWN_ISA,
    PYNN_UNSUPPORTED_ISA
} pynn_status;

/* ---- data: rows anywhere in memory, of any real type, never copied as a whole (data.c) ---- */
enum pynn_dtype {
    PYNN_BOOL,
    PYNN_U8,
    PYNN_I8,
    PYNN_U16,
    PYNN_I16,
    PYNN_U32,
    PYNN_I32,
    PYNN_U64,
    PYNN_I64,
    PYNN_FLOAT16,
    PYNN_FLOAT32,
    PYNN_FLOAT64
};
typedef struct pynn_source {
    const char *base;
    int64_t rows, cols;
    int64_t row_stride;        /* bytes, may be negative */
    const int64_t *col_offset; /* [cols] bytes; NULL: items lie side by side */
    int32_t dtype, swapped;    /* swapped: the bytes of an item are in the other order */
} pynn_source;

typedef struct pynn_data {
    pynn_source x;
    pynn_source y;        /* dense targets; base NULL where label is given, or no target at all */
    const int32_t *label; /* [rows] class numbers, or NULL */
    const double *weight; /* [rows] sample weights, or NULL: 1 */
} pynn_data;

/* ---- the network: what the caller says, and below it what pynn_parameters and pynn_layout find ---- */
enum pynn_kind { PYNN_DENSE, PYNN_ACTIVATION, PYNN_BATCH_NORM, PYNN_LAYER_NORM, PYNN_KINDS };

/* One array of a layer's parameters: a matrix of `rows` inputs by `cols` units, or a vector of `cols`. */
typedef struct pynn_tensor {
    int64_t rows, cols;
    int64_t at;      /* in params, grads and slots: panels [ceil(cols/16)][rows | 1][16] */
    int64_t norm;    /* where its sums of squares stand among net.norms */
    int32_t vector;  /* rows is 1; its sum of squares is one run's */
    int32_t given;   /* it is part of the canonical order; otherwise it has its place and stays at `fill` */
    int32_t learned; /* gradients move it */
    double fill;
} pynn_tensor;
#define PYNN_TENSORS 4

/* One layer. It ends, whatever its kind, with an activation and perhaps with dropout: x -> z -> y -> a. */
typedef struct pynn_layer {
    int32_t kind; /* enum pynn_kind */
    int32_t activation;
    int64_t in, out;
    double alpha, dropout;
    int32_t use_bias;         /* dense */
    double l1, l2;            /* dense: penalties of the matrix */
    int32_t center, scale;    /* normalizations: have they beta, gamma? */
    int32_t trainable;        /* batch normalization: or else it always uses its moving statistics */
    double epsilon, momentum; /* normalizations */

    int32_t n_tensors;
    int32_t takes_transposed;         /* its backward by inputs may ask for dt */
    pynn_tensor tensor[PYNN_TENSORS]; /* dense: W, b; normalizations: gamma, beta, moving mean and variance */

    int64_t z, y, a, m, d, dt; /* in the workspace, in panels [ceil(out/16)][net.ld][16]; but
                                  dt: [ceil(rows/16)][ceil16(out)][16], and z, y of the last
                                  layer are rows [rows][ld]. z == y where nobody needs z;
                                  y: activation; a: after dropout, m: its multipliers (a == y
                                  without); d: dL/dz; dt: d transposed */
    int64_t stats;             /* of a normalization: see norm.c */
    int64_t ld;                /* ceil16(out) or more */
} pynn_layer;

/* Lists of elements that are not zero: places in the workspace, 0 if there are none. Those of row (or input)
 * i begin at i * ld of k (int32) and value; start (int32) says where the blocks of inputs (or chunks of rows)
 * begin. */
typedef struct pynn_lists {
    int64_t k, value, ld, start;
} pynn_lists;

typedef struct pynn_net {
    int32_t real_bits;
    int32_t n_layers;
    pynn_layer *layers;
    int64_t inputs;
    double input_dropout;
    const void *scale, *offset; /* [inputs] of the storage type, or NULL */

    int32_t loss;
    int32_t sum_outputs; /* the loss adds outputs up; otherwise it is their mean */
    int32_t by_weight;   /* a batch's loss is divided by the sum of its weights, the penalty too; else by its
                            rows */
    const void *delta;   /* [outputs] of the storage type: huber's delta, quantile's level; or NULL */
    double smoothing;

    int32_t optimizer, nesterov, centered, amsgrad, n_slots;
    double momentum, rho, beta1, beta2, epsilon, weight_decay;
    double clipvalue, clipnorm, global_clipnorm; /* 0: off */

    int64_t n_params; /* packed length of params, grads, and of each slot */
    void *params, *slots[3];
    void *grads; /* NULL: fused update only */

    void *work;
    int64_t rows;  /* the workspace holds batches of up to this many rows */
    int64_t ld;    /* rows from one panel to the next: at least `rows`, and odd */
    int64_t x;     /* gathered inputs, in panels */
    int64_t t;     /* gathered dense targets [rows][ld of the last layer] */
    int64_t slope; /* dL/dz of the last layer as rows; the place of its d if that is one panel */
    int64_t label; /* int32 [rows], in elements of the storage type like all offsets */
    int64_t row_scale, row_value, row_metric; /* double [rows], [rows], [rows][PYNN_METRICS] */
    int64_t norms;                            /* double: one sum of squares per panel and per vector */
    int64_t sizes;                            /* double: sums of magnitudes alike, where there is an l1 */
    pynn_lists by_row, by_input;              /* of x: see skip_zeros.c */
    int64_t scratch, scratch_stride;          /* per thread: scratch + thread * scratch_stride */
    int32_t threads, training, keep_z;        /* what the workspace was laid out for, beside rows */
    int32_t no_lists;                         /* for tests: zeros among the inputs are not looked for */

    uint64_t seed;
} pynn_net;

/* ---- memory: the caller allocates what it is told to, zeroed, at multiples of 64 bytes ---- */

/* Shapes and places of all tensors, from the layers' description. Returns the elements of params (and of
 * grads, and of each slot), or the negative of a size that is too large. */
int64_t pynn_parameters(pynn_net *net);
/* Places of everything that a batch needs, for up to `rows` rows and `threads` threads; keep_z: every layer's
 * z has a place of its own. Returns the elements of net->work, or as above. See layout.c for the drawing. */
int64_t pynn_layout(pynn_net *net, int64_t rows, int threads, int training, int keep_z);
/* A guarded build (PYNN_GUARDED) has canary words between the regions of the workspace: write them, or,
 * check, look whether they still stand. Returns the number of the first region that was overrun, from 1; 0:
 * none. */
int64_t pynn_guards(pynn_net *net, int check);
int pynn_guarded(void);

/* ---- what a call accumulates ---- */
enum { PYNN_ACCURACY_ARGMAX = 1, PYNN_ACCURACY_BINARY = 2 };
#define PYNN_METRICS 3 /* accuracy, absolute error, squared error: per row, mean over outputs */
typedef struct pynn_totals {
    double loss; /* sum over batches of (batch loss * its rows), penalty included */
    double metric[PYNN_METRICS];
    double rows;
    double last_loss; /* of the latest batch, penalty included */
    double penalty;   /* what of `loss` is the penalty's */
} pynn_totals;

/* ---- how a call runs ---- */
/* What has been learned about a team's speed here; see team_choice.h. The caller keeps it from call to call,
 * zeroed at first. */
typedef struct pynn_team_choice {
    int64_t batch; /* rows of the steps that were timed */
    int64_t steps; /* so many of them up to now, the first ones that say nothing included */
    double cost;   /* seconds of a step, the way that is taken now */
    double late;   /* share of steps at which somebody was late */
    double due;    /* clock: no trial before */
    double trial_began, trial_seconds;
    int64_t trial_steps;
    int32_t alone, trial, fails;
} pynn_team_choice;

typedef struct pynn_run {
    const void *kernels; /* a table from pynn_kernels() */
    int32_t threads;     /* team size asked for; 0: as many as are worth it */
    int32_t metrics;     /* which accuracy; 0: no metric at all */
    double grain;        /* least FLOP per thread of a step; below it the team shrinks; < 0: default */
    double seconds;      /* return to the caller after about this long */
    int (*poll)(void *); /* called by the first thread, now and then, within long steps; nonzero: stop */
    void *poll_arg;
    pynn_team_choice *choice; /* NULL: always the team that the work is worth */
} pynn_run;

/* How many threads run->threads and run->grain make of a call with batches of this many rows. */
int pynn_team(const pynn_net *net, const pynn_run *run, int64_t rows, int training);

/* Steps first..last-1, counted from the beginning of epoch `epoch` and on through those that follow it. An
 * epoch has S = ceil(n / batch) of them; its s-th takes positions s*batch .. of its order: row numbers
 * (NULL: as they lie), which are given, for all epochs or one after the other, order_next apart, or made here
 * for each epoch, being a function of (seed, epoch). Step s has learning rate rate[s - first] and adds to
 * totals[s / S]. beta_power {beta1^t, beta2^t, 0.96^t} is carried along; for
 * Nadam, the first is the product of its momenta. *done counts completed steps. store:
 * gradients go to net->grads first (same bits as the fused update). */
#define PYNN_POWERS 3
typedef struct pynn_steps {
    int64_t *order;
    int64_t *ordered;   /* the epoch whose order stands in `order`, -1: none's; NULL: orders are given */
    int64_t order_next; /* 0: one order for all epochs */
    int64_t n, batch, first, last;
    uint64_t epoch; /* with the seed and the position: which dropout mask */
    const double *rate;
    double *beta_power;
    int32_t store;
} pynn_steps;
pynn_status pynn_train(const pynn_net *net, const pynn_data *data, const pynn_steps *steps,
                       const pynn_run *run, pynn_totals *totals, int64_t *done);

/* Gradients of one batch (rows as they lie, at most net->rows) into net->grads, l2 term included;
 * the workspace then holds every z, y, a, d of it. epoch < 0: no dropout. No update. */
pynn_status pynn_gradients(const pynn_net *net, const pynn_data *data, int64_t epoch, const pynn_run *run,
                           pynn_totals *totals);

/* Rows first.. of data: outputs to out [rows][units] (contiguous; may be NULL), and with targets the
 * totals: sums over rows by chunks of 256 counted from row 0, so the batch size cannot show.
 * *done: the next row. `tree` carries the open chunks from call to call: PYNN_TREE zeroed doubles. */
#define PYNN_TREE 256
pynn_status pynn_forward(const pynn_net *net, const pynn_data *data, int64_t first, void *out,
                         const pynn_run *run, double *tree, int64_t *done);
double pynn_penalty(const pynn_net *net, const pynn_run *run); /* the l1 and l2 terms of the loss */
void pynn_tree_total(const double *tree, pynn_totals *totals);

/* Parameters between the canonical order [W1 (in x out, row-major), b1, ...] and packed panels: all tensors
 * that are given, one after the other. */
void pynn_pack(const pynn_net *net, const void *canonical, void *packed);
void pynn_unpack(const pynn_net *net, const void *packed, void *canonical);

/* ---- data.c ---- */
/* First element that is not in low..high (NaN is not), as row * cols + col, or -1. */
int64_t pynn_first_outside(const pynn_source *s, int64_t first_row, int64_t rows, double low, double high);
/* Mean and variance of each column (two passes, chunks of 256 rows joined by the tree). poll: see pynn_run.
 */
pynn_status pynn_moments(const pynn_source *s, double *mean, double *variance, double *scratch,
                         int (*poll)(void *), void *poll_arg);

/* ---- rng.c: every number is a function of (seed, purpose, stream, counter) ---- */
enum pynn_purpose { PYNN_WEIGHTS = 1, PYNN_ORDER = 2, PYNN_DROPOUT = 3, PYNN_SPLIT = 4 }; /* 5: datasets */
void pynn_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);
void pynn_uniform(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, double *out); /* [0,1) */
void pynn_normal(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, double *out);
void pynn_permutation(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, int64_t *out);

/* ---- dispatch.c, cpu.c, parallel.c ---- */
int pynn_kernel_count(void);
const void *pynn_kernel_table(int i); /* best first, both storage types, all compiled in */
const char *pynn_kernel_name(const void *table);
int pynn_kernel_bits(const void *table); /* 32 or 64 */
int pynn_kernel_runs_here(const void *table);
/* The table for PYNN_ISA's value (NULL or "": the best that runs here). */
pynn_status pynn_choose_kernels(const char *isa, int real_bits, const void **table);
int pynn_max_threads(void); /* OMP_NUM_THREADS, affinity and cgroup quota honoured; read afresh */
int pynn_has_openmp(void);
const char *pynn_compiler(void);

/* ---- doors for the tests and benchmarks ---- */
void pynn_test_unary(const void *table, int fn, int64_t n, const void *x, void *y);
/* C = start + A B through packed panels and the real blocking; kind 0 forward (A m x k, B k x n, bias
 * or NULL), 1 dX (A m x k deltas, B n x k weights), 2 dW (A k x m inputs, B k x n deltas). Row-major,
 * contiguous operands and result; work has room for the packed copies. */
void pynn_test_product(const void *table, int kind, int64_t m, int64_t n, int64_t k, const void *a,
                       const void *b, const void *bias, void *c, void *work, int threads);
double pynn_fma_peak(const void *table, double seconds, int threads); /* FLOP/s, registers only */

#endif
