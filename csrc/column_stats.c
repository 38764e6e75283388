/* Statistics of a whole array, before it is used for training: the first number outside given limits, and the
 * mean and variance of each column. The array may have any type; values are converted to double, so this file
 * is compiled once, not per storage type. The array is neither changed nor copied. Rows are read by data.c.
 * Sums over rows have the same fixed order as elsewhere: chains of 256 rows, joined by a fixed tree. */
#define PYNN_F64 /* real is double */
#include "data.c"
#include "float_mode.h"

/* ---- the first number outside limits ---- */

static int64_t item_size(int32_t dtype) {
    static const int8_t size[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    return size[dtype];
}

/* Column of the first number of a row that is outside low..high, as NaN always is; cols if there is none.
 * Blocks of 512 doubles (4 KiB: they stay in the first-level cache) are checked as a whole, in a loop that
 * vectorises; only a block with such a number is searched element by element. */
static int64_t outside_in_row(const pynn_source *s, int64_t row, double low, double high) {
    enum { BLOCK = 512 };
    double value[BLOCK];
    pynn_source part = *s;
    for (int64_t from = 0; from < s->cols; from += BLOCK) {
        part.cols = s->cols - from < BLOCK ? s->cols - from : BLOCK;
        if (s->col_offset)
            part.col_offset = s->col_offset + from;
        else
            part.base = s->base + from * item_size(s->dtype);
        gather_row(&part, row, value);
        int64_t within = 0;
        for (int64_t c = 0; c < part.cols; ++c) within += (value[c] >= low) & (value[c] <= high);
        if (within == part.cols) continue;
        for (int64_t c = 0; c < part.cols; ++c)
            if (!(value[c] >= low && value[c] <= high)) return from + c;
    }
    return s->cols;
}

int64_t pynn_first_outside(const pynn_source *s, int64_t first_row, int64_t rows, double low, double high) {
    const uint64_t mode = float_mode_set();
    int64_t found = -1;
    if (!s->col_offset && s->row_stride == s->cols * item_size(s->dtype)) { /* no gaps: one long row */
        pynn_source all = *s;
        all.base += first_row * s->row_stride, all.cols *= rows;
        const int64_t i = outside_in_row(&all, 0, low, high);
        if (i < all.cols) found = first_row * s->cols + i;
    } else {
        for (int64_t row = first_row; row < first_row + rows && found < 0; ++row) {
            const int64_t c = outside_in_row(s, row, low, high);
            if (c < s->cols) found = row * s->cols + c;
        }
    }
    float_mode_restore(mode);
    return found;
}

/* ---- mean and variance ---- */

static void add_to(int64_t n, double *sum, const double *x) {
    for (int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

/* sum[c] = sum over the rows of a chunk, in their order, of x, or of (x - mean)^2 if a mean is given. */
static void sum_chunk(const pynn_source *s, int64_t from, int64_t to, const double *mean, double *row,
                      double *sum) {
    memset(sum, 0, (size_t)s->cols * sizeof *sum);
    for (int64_t r = from; r < to; ++r) {
        gather_row(s, r, row);
        if (mean)
            for (int64_t c = 0; c < s->cols; ++c) {
                const double distance = row[c] - mean[c];
                row[c] = distance * distance;
            }
        add_to(s->cols, sum, row);
    }
}

/* The cancel check: poll(arg) is nonzero if the caller wants to stop (Ctrl-C). It is called every
 * NUMBERS_PER_POLL numbers, which take about 10 ms. */
typedef struct asking {
    int (*poll)(void *);
    void *arg;
} asking;
#define NUMBERS_PER_POLL (4 << 20)

/* Column sums over all rows; returns 0 if cancelled. `open` is the stack of partial sums that wait for their
 * partner in the tree, and works like a binary counter: after chunk number k (from 1) it holds one partial
 * sum for each 1 in k's binary digits, the one over most chunks first. Two partial sums over equally many
 * chunks are added at once, the rest at the end, from the last: so the tree is (0+1), (2+3), ... level by
 * level, and an odd one moves up a level. */
static int sum_rows(const pynn_source *s, const double *mean, double *row, double *open, const asking *ask) {
    const int64_t cols = s->cols;
    int64_t parts = 0, chunks = 0, unasked = 0;
    for (int64_t from = 0; from < s->rows; from += CHUNK) {
        unasked += CHUNK * cols;
        if (unasked > NUMBERS_PER_POLL && ask->poll && ask->poll(ask->arg)) return 0;
        if (unasked > NUMBERS_PER_POLL) unasked = 0;
        const int64_t to = s->rows - from < CHUNK ? s->rows : from + CHUNK;
        sum_chunk(s, from, to, mean, row, open + parts++ * cols);
        for (int64_t k = ++chunks; k % 2 == 0; k /= 2, --parts)
            add_to(cols, open + (parts - 2) * cols, open + (parts - 1) * cols);
    }
    for (; parts > 1; --parts) add_to(cols, open + (parts - 2) * cols, open + (parts - 1) * cols);
    return 1;
}

/* scratch: (1 + L) * cols doubles, L = the number of binary digits of ceil(rows / 256). rows >= 1. */
pynn_status pynn_moments(const pynn_source *s, double *mean, double *variance, double *scratch,
                         int (*poll)(void *), void *poll_arg) {
    const asking ask = {poll, poll_arg};
    const uint64_t mode = float_mode_set();
    double *row = scratch, *open = scratch + s->cols;
    const double rows = (double)s->rows;
    int whole = sum_rows(s, NULL, row, open, &ask);
    for (int64_t c = 0; c < s->cols; ++c) mean[c] = open[c] / rows;
    whole = whole && sum_rows(s, mean, row, open, &ask);
    for (int64_t c = 0; c < s->cols; ++c) variance[c] = open[c] / rows;
    float_mode_restore(mode);
    return whole ? PYNN_OK : PYNN_STOPPED;
}
