/* Looking at whole arrays before an engine sees them: the first value that is not finite, and the mean
 * and variance of each column. Of any type, always in double, so there is one compile unit; nothing is
 * changed or copied. Rows are read by data.c. Sums follow the rule for sums over rows: chains of 256
 * rows, joined by a fixed tree. */
#define PYNN_F64 /* real is double */
#include "data.c"
#include "float_mode.h"

/* ---- the first value that is not finite ---- */

/* A float is infinite or NaN if its exponent is all ones: then adding one to the exponent carries into
 * the sign's place, which the mask has cleared. So the OR of a block's sums tells whether to look closer,
 * at memory speed, without a comparison and in any floating-point mode. */
#define ANY_BAD(TYPE, EXPONENT, ONE)                                          \
    static int any_bad_##TYPE(const char *p, int64_t n) {                     \
        TYPE any = 0, v;                                                      \
        for (int64_t i = 0; i < n; ++i) {                                     \
            memcpy(&v, p + i * (int64_t)sizeof v, sizeof v);                  \
            any = (TYPE)(any | (TYPE)((v & (TYPE)(EXPONENT)) + (TYPE)(ONE))); \
        }                                                                     \
        return (int)(any >> (8 * sizeof v - 1)) & 1;                          \
    }
ANY_BAD(uint16_t, 0x7C00, 0x0400)
ANY_BAD(uint32_t, 0x7F800000, 0x00800000)
ANY_BAD(uint64_t, 0x7FF0000000000000, 0x0010000000000000)

/* Is one of n items side by side, in the machine's byte order, not finite? */
static int any_bad(int32_t dtype, const char *p, int64_t n) {
    if (dtype == PYNN_FLOAT16) return any_bad_uint16_t(p, n);
    return dtype == PYNN_FLOAT32 ? any_bad_uint32_t(p, n) : any_bad_uint64_t(p, n);
}

static int item_bad(int32_t dtype, size_t size, const char *p, int swapped) {
    char item[8];
    load_item(item, size, p, swapped);
    return any_bad(dtype, item, 1);
}

/* Place of the first one among the n items that begin at p; n: none. */
static int64_t first_bad(const pynn_source *s, size_t size, const char *p, int64_t n) {
    enum { BLOCK = 2048 };
    const int side_by_side = !s->col_offset && !s->swapped;
    for (int64_t from = 0; from < n; from += BLOCK) {
        const int64_t to = n - from < BLOCK ? n : from + BLOCK;
        if (side_by_side && !any_bad(s->dtype, p + from * (int64_t)size, to - from)) continue;
        for (int64_t i = from; i < to; ++i) {
            const int64_t offset = s->col_offset ? s->col_offset[i] : i * (int64_t)size;
            if (item_bad(s->dtype, size, p + offset, s->swapped)) return i;
        }
    }
    return n;
}

int64_t pynn_first_nonfinite(const pynn_source *s, int64_t first_row, int64_t rows) {
    if (s->dtype < PYNN_FLOAT16) return -1;
    const size_t size = s->dtype == PYNN_FLOAT16 ? 2 : s->dtype == PYNN_FLOAT32 ? 4 : 8;
    const char *p = s->base + first_row * s->row_stride;
    if (!s->col_offset && s->row_stride == s->cols * (int64_t)size) { /* no gaps: one long row */
        const int64_t n = rows * s->cols, i = first_bad(s, size, p, n);
        return i < n ? first_row * s->cols + i : -1;
    }
    for (int64_t r = 0; r < rows; ++r, p += s->row_stride) {
        const int64_t c = first_bad(s, size, p, s->cols);
        if (c < s->cols) return (first_row + r) * s->cols + c;
    }
    return -1;
}

/* ---- mean and variance ---- */

static void add_to(int64_t n, double *sum, const double *x) {
    for (int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

/* sum[c] = the chain over a chunk's rows of x, or, mean given, of (x - mean)^2. */
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

/* Whom to ask now and then whether to go on: about every 10 ms. */
typedef struct asking {
    int (*poll)(void *);
    void *arg;
} asking;
#define NUMBERS_PER_POLL (4 << 20)

/* Column sums over all rows; 0 if told to stop. `open` holds finished parts of the tree, a binary counter:
 * after chunk number k (from 1) one part for each one in k's binary digits, the widest first. Two parts of
 * equal width join at once, and the rest at the end, narrowest first: neighbours (0+1), (2+3), ... level by
 * level, an odd one promoted. */
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
