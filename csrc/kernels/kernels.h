/* THE CONTRACT between the engine and the instruction sets. A table of this struct exists for
 * each (instruction set, real) pair; all entries of all tables compute the same bits.
 * Kernels are single-threaded, allocate nothing, call nothing outside their file and know no
 * network: only panels, rows and runs. Production, tests and benchmarks use the same tables
 * (dispatch.c lists them). The bodies are in the *.inl.h files beside this one.
 *
 * Words.   W        lanes of one vector of `real` on this instruction set
 *          panel    16 columns side by side (PANEL), whatever W is: one layout for every CPU
 *          run      n contiguous reals, n a multiple of 16
 *          rows     a matrix with `ld` reals between row starts; `cols` columns are touched,
 *                   a multiple of 16 unless the entry says "any number"
 * Alignment: none is required (64 bytes is fast). Aliasing: outputs may be equal to an input
 * of the same shape and stride where the entry says so, and overlap nothing otherwise.
 * "Stored" means: a magnitude below REAL_MIN becomes +0, and so does -0. Raw means: as is. */
#ifndef PYNN_KERNELS_H
#define PYNN_KERNELS_H

#include "../real.h"

/* What a CPU must offer for a table to run. */
enum { CPU_AVX2 = 1, CPU_FMA = 2, CPU_AVX512 = 4 /* F, BW, DQ, VL */, CPU_NEON = 8 };

/* The same codes in pynn/engine/tables.py; a test compares them. */
enum activation {
    ACT_LINEAR,
    ACT_STEP,
    ACT_SIGN,
    ACT_SIGMOID,
    ACT_HARD_SIGMOID,
    ACT_TANH,
    ACT_RELU,
    ACT_LEAKY_RELU,
    ACT_ELU,
    ACT_SELU,
    ACT_GELU,
    ACT_SILU,
    ACT_SOFTPLUS,
    ACT_SOFTMAX,
    ACT_EXP,
    ACT_MISH,
    ACT_SOFTSIGN,
    ACT_RELU6,
    ACT_COUNT
};
/* Which derivatives are taken from z; the others are content with y. relu's alpha is its derivative at 0: y
 * does not tell z = 0 from z < 0, and need not where both have derivative 0. */
static inline int slope_reads_z(enum activation a, real alpha) {
    return a == ACT_GELU || a == ACT_SILU || a == ACT_SOFTPLUS || a == ACT_MISH ||
           (a == ACT_RELU && alpha != 0);
}
enum loss {
    LOSS_MSE,
    LOSS_HALF_MSE,
    LOSS_MAE,
    LOSS_HUBER,
    LOSS_POISSON,
    LOSS_BINARY_CROSSENTROPY,
    LOSS_CATEGORICAL_CROSSENTROPY,
    LOSS_PERCEPTRON,
    LOSS_QUANTILE,
    LOSS_HALF_POISSON_DEVIANCE,
    LOSS_COUNT
};
/* The fused forms are computed from z; all others go by y and multiply by the activation's slope. */
enum loss_form { SOFTMAX_CATEGORICAL, SIGMOID_BINARY, EXP_POISSON, GENERAL };
static inline enum loss_form loss_form_of(enum loss loss, enum activation a) {
    const int poisson = loss == LOSS_POISSON || loss == LOSS_HALF_POISSON_DEVIANCE;
    if (poisson && a == ACT_EXP) return EXP_POISSON;
    if (loss == LOSS_CATEGORICAL_CROSSENTROPY && a == ACT_SOFTMAX) return SOFTMAX_CATEGORICAL;
    if (loss == LOSS_BINARY_CROSSENTROPY && a == ACT_SIGMOID) return SIGMOID_BINARY;
    return GENERAL;
}
enum optimizer { OPT_SGD, OPT_ADAM, OPT_RMSPROP, OPT_NADAM, OPT_ADAGRAD, OPT_ADAMAX, OPT_LION, OPT_COUNT };
enum unary { /* elementary functions, as seen by the tests */
             FN_EXP,
             FN_EXPM1,
             FN_LOG,
             FN_LOG1P,
             FN_TANH,
             FN_SIGMOID,
             FN_SOFTPLUS,
             FN_ERF,
             FN_ERFC,
             FN_NORMCDF,
             FN_COUNT
};

/* C(r,c) = start + sum over k of A(r,k) * B(k,c): ONE chain of fused multiply-adds per element,
 * k ascending. `start` is +0, bias(c), or the C(r,c) that is already there (a later k block).
 *   A(r,k)    = a[r*a_row + (k/seg)*a_seg + (k%seg)*a_k]    seg >= 1; k blocks begin at a multiple of seg
 *   B(k,c)    = b[(c/16)*b_panel + k*b_k + c%16]
 *   bias(c)   = bias[c]
 *   C(r,c)    = c[(c/16)*c_panel + r*c_row + c%16]          raw
 * A is read at exactly m x k elements. B, bias and C are touched in whole vectors: columns up to n
 * rounded up to W. C overlaps neither A nor B. k = 0 stores the start value. */
enum tile_start { START_ZERO, START_BIAS, START_RESUME };
typedef struct tile_operands {
    const real *a;
    ptrdiff_t a_row, a_k, a_seg;
    int64_t seg;
    const real *b;
    ptrdiff_t b_k, b_panel;
    const real *bias;
    real *c;
    ptrdiff_t c_row, c_panel;
    enum tile_start start;
} tile_operands;

/* The same with a list of the elements of A that are not zero, row by row: those of row r are
 *   A(r, k[r*ld + e]) = value[r*ld + e]    for e = first[r*step] .. last[r*step] - 1, k ascending
 *   B(k,c)    = b[(c/16)*b_panel + k*16 + c%16]         finite
 *   bias(c)   = bias[c]
 *   C(r,c)    = c[(c/16)*c_panel + r*c_row + c%16]      raw; c_row a multiple of 16 or c_panel 16
 * Whole panels of B, bias and C are touched. C may differ from the tile's in the sign of a zero. far: B is
 * not in a near cache. */
typedef struct sparse_operands {
    const int32_t *k;
    const real *value;
    ptrdiff_t ld;
    const int32_t *first, *last;
    ptrdiff_t step;
    const real *b;
    ptrdiff_t b_panel;
    const real *bias;
    real *c;
    ptrdiff_t c_row, c_panel;
    enum tile_start start;
    int far;
} sparse_operands;
#define SPARSE_MOST 8 /* no table takes more panels at a time */
#define STRIP_MOST 32 /* and no tile is wider */

/* One step of an optimizer; scalars are computed once per step in double and rounded to real.
 *   g   = clip(fma(l2, w, scale*g))        l2 already doubled; scale = 1 unless norms are clipped;
 *                                          clip to [-clip, +clip] when clip > 0; where l1 > 0,
 *                                          + l1*sign(w) before that, sign(0) = 0
 *   SGD      v = fma(-rate, g, momentum*v);  w = w + v           or, nesterov,
 *            w = w + fma(-rate, g, momentum*v)  with the new v;  momentum 0: w = fma(-rate, g, w)
 *   ADAM     w = fma(-decay, w, w);  m = fma(1-beta1, g-m, m);  v = fma(1-beta2, g*g-v, v);
 *            w = w - (rate*m) / (sqrt(v) + epsilon)     rate already holds the corrections;
 *            amsgrad: h = max(h, v), and h stands for v in the root
 *   RMSPROP  v = fma(rho, v, (1-rho)*(g*g));  u = (rate*g) / sqrt(d + epsilon), where d is v, or
 *            centered: a = fma(rho, a, (1-rho)*g), d = max(0, fma(-a, a, v));
 *            momentum 0: w = w - u, else m = fma(momentum, m, u), w = w - m
 * The others begin with w = fma(-decay, w, w), too; NADAM's m and v and ADAMAX' m are ADAM's:
 *   NADAM    w = w - fma(rate_g, g, rate_m*m) / fma(root, sqrt(v), epsilon)
 *   ADAGRAD  v = fma(g, g, v);  w = w - (rate*g) / sqrt(v + epsilon)
 *   ADAMAX   u = max(beta2*u, |g|);  w = w - (rate*m) / (u + epsilon)
 *   LION     w = fma(-rate, sign(fma(beta1, m, (1-beta1)*g)), w);  m = fma(beta2, m, (1-beta2)*g)
 * Slots: SGD {v}; ADAM {m, v, h if amsgrad}; RMSPROP {v, m if momentum, a if centered}; NADAM {m, v};
 * ADAGRAD {v}; ADAMAX {m, u}; LION {m}, in this order. */
typedef struct update_rule {
    enum optimizer kind;
    int nesterov, centered, amsgrad;
    real rate, momentum, rho, beta1, beta2, epsilon, decay; /* rho, beta: as given ... */
    real one_minus_rho, one_minus_beta1, one_minus_beta2;   /* ... and subtracted in double */
    real rate_m, rate_g, root;                              /* NADAM's, with its corrections */
    real l1, l2, scale, clip;
} update_rule;

/* What the loss of a batch needs for some of its rows. Dense targets t are rows like y; labels
 * are class numbers. scale[r] is what multiplies row r's gradient (sample weight / batch rows). */
typedef struct loss_rows {
    enum loss kind;
    enum activation activation; /* of the output layer: decides the fused forms */
    real alpha;                 /* that activation's parameter */
    real smoothing;             /* of labels */
    const real *delta;          /* [cols] huber's delta, quantile's level; read by these two alone */
    int64_t rows, cols;         /* cols: any number */
    double outputs;             /* what a sum over outputs is divided by: cols, or 1 where it stays a sum */
    const real *z, *y;    /* pre-activation (read by the fused forms and where slope_reads_z) and output */
    real *softmax;        /* or NULL: where y is, still to be computed from z, as softmax_forward does */
    ptrdiff_t ld;         /* row stride of z, y, t and d */
    const real *t;        /* dense targets; or NULL */
    const int32_t *label; /* class numbers; or NULL */
    const double *scale;  /* [rows] */
    real *d;              /* gradient by z, stored, stride ld; or NULL: value only */
    double *value;        /* [rows]: the row's loss, unweighted */
} loss_rows;

/* A strip of 16 columns of a normalization: xhat(r,c) = (x(r,c) - mean) * inverse, where mean and inverse are
 * the column's, mean[c], or, by_row, the row's, mean[r]. x, d and dx have 16 reals from row to row. */
typedef struct norm_strip {
    int by_row;
    const real *x;
    const real *mean, *inverse;
    const real *gamma, *beta;     /* [16] */
    const real *d;                /* dL/dz */
    const real *mean_g, *mean_gx; /* means of g and g*xhat over the column, or the row; see norm_backward */
} norm_strip;

#define FMA_CHAINS 12 /* more than latency times issue width of any CPU so far needs */

typedef struct kernels {
    const char *name;     /* "portable", "avx2", "avx512", "neon": what PYNN_ISA says */
    unsigned needs;       /* CPU_* bits */
    int real_bits, width; /* 32 or 64; W */
    int mr, nr;           /* largest tile: rows, columns (nr is 16, 32, or a divisor of 16) */
    int kc;               /* preferred block over k, a multiple of 16 */
    int sparse_panels;    /* most panels of sparse_rows */

    /* 1 <= m <= mr, 1 <= n <= nr. A tile narrower than 16 lies within one panel. */
    void (*tile)(int m, int n, int64_t k, const tile_operands *o);

    /* Lists what is not zero in n reals (any n): k = first + place, and the value. Returns how many; k and
     * value are written up to 16 places beyond them. */
    int64_t (*list_nonzeros)(int64_t n, const real *x, int32_t first, int32_t *k, real *value);
    /* rows rows by 1 <= panels <= sparse_panels panels. */
    void (*sparse_rows)(int panels, int64_t rows, const sparse_operands *o);

    /* dxt[i * 16] = sum over o < out of W(i, o) dt[o * 16], one chain from +0 with o ascending, raw, for
     * i < inputs. W lies in whole panels, w_panel reals apart. */
    void (*inputs_row)(int64_t inputs, int64_t out, const real *w, ptrdiff_t w_panel, const real *dt,
                       real *dxt);

    /* y = act(z), stored; rows x cols, in place allowed; the element-wise ones (not softmax).
     * act_backward: d = d * act'(.), stored; y is the output, z the pre-activation, read where
     * slope_reads_z. Here cols need only be a multiple of W. */
    void (*act_forward)(enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                        ptrdiff_t ldz, real *y, ptrdiff_t ldy);
    void (*act_backward)(enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                         const real *y, ptrdiff_t ldy, real *d, ptrdiff_t ldd);

    /* One row at a time, any number of cols; sums over 16 virtual lanes. Columns beyond cols, up to
     * the next multiple of 16, are left alone. In place allowed.
     * backward: d_j = y_j * (d_j - sum_i d_i y_i). */
    void (*softmax_forward)(int64_t rows, int64_t cols, const real *z, ptrdiff_t ldz, real *y, ptrdiff_t ldy);
    void (*softmax_backward)(int64_t rows, int64_t cols, const real *y, ptrdiff_t ldy, real *d,
                             ptrdiff_t ldd);

    void (*loss)(const loss_rows *l);

    /* w and slots take one step along gradient run g (read only): of each 16, the first cols (any number), in
     * whole vectors. A new value that is not finite is not taken: the old one stays. Returns nonzero if that
     * happened to one of the first cols. Everything written is stored. */
    int (*update)(const update_rule *u, int64_t n, int64_t cols, real *w, const real *g, real *const slot[3]);

    /* x = fma(x, scale, offset), stored; scale and offset NULL: x, stored. Any n. */
    void (*affine)(int64_t n, real *x, const real *scale, const real *offset);

    /* out[c] = sum over rows of d(r,c): one chain of additions per column from +0, r ascending, raw.
     * At most CHUNK rows. */
    void (*col_sum)(int64_t rows, int64_t cols, const real *d, ptrdiff_t ld, real *out);

    /* y = fma(alpha, x, y), raw. */
    void (*axpy)(int64_t n, real alpha, const real *x, real *y);

    /* y = fma(alpha, sign(x), y), raw; sign is -1, 0 or 1. */
    void (*add_signs)(int64_t n, real alpha, const real *x, real *y);

    /* z(r,c) = fma(gamma, xhat, beta), raw; z_row reals from row to row. */
    void (*norm_forward)(int64_t rows, const norm_strip *s, real *z, ptrdiff_t z_row);
    /* dx = k * fma(-xhat, mean_gx, g - mean_g), raw: by column g = d, k = gamma * inverse; by row g = d *
     * gamma, k = inverse. */
    void (*norm_backward)(int64_t rows, const norm_strip *s, real *dx);
    /* out[c] = sum of d, out[16 + c] = sum of d*xhat over rows: one chain per column from +0 (of additions,
     * of FMA), r ascending, raw. At most CHUNK rows. */
    void (*norm_sums)(int64_t rows, const norm_strip *s, real *out);
    /* out[c] = sum of (x - mean[c])^2 over rows: a chain of FMA from +0, raw. At most CHUNK rows. */
    void (*deviation_squares)(int64_t rows, const real *x, const real *mean, real *out);
    /* One row of cols (any number) reals in panels, x_panel reals apart: its mean, and 1 / sqrt(variance +
     * epsilon); sums over 16 virtual lanes, of additions and of FMA; variance by deviations from the mean. */
    void (*row_moments)(int64_t cols, const real *x, ptrdiff_t x_panel, real epsilon, real *mean,
                        real *inverse);
    /* Means of g = d * gamma and of g * xhat over that row; d_panel reals from panel to panel of d. */
    void (*row_slopes)(int64_t cols, const real *x, ptrdiff_t x_panel, const real *d, ptrdiff_t d_panel,
                       const real *gamma, real mean, real inverse, real *mean_g, real *mean_gx);

    /* a = a + b, raw: joins two neighbouring chunks, a being the left one. */
    void (*add)(int64_t n, real *a, const real *b);

    /* Sum of squares of a run: 16 virtual lanes of FMA chains, then 8+8, 4+4, 2+2, 1+1. */
    real (*sum_squares)(int64_t n, const real *x);

    /* The same of magnitudes: chains of additions. */
    real (*sum_sizes)(int64_t n, const real *x);

    /* dst(c,r) = src(r,c), raw. Any numbers; touches exactly rows x cols on both sides. */
    void (*transpose)(int64_t rows, int64_t cols, const real *src, ptrdiff_t lds, real *dst, ptrdiff_t ldd);

    /* y = f(x) for the tests; raw, in place allowed, any n. */
    void (*unary)(enum unary f, int64_t n, const real *x, real *y);

    /* n steps of FMA_CHAINS independent chains that never leave the registers: 2 * n * FMA_CHAINS * W FLOP,
     * the yardstick of the benchmarks. The result is there so that nothing is optimized away. */
    real (*fma_chains)(int64_t n);
} kernels;

#endif
