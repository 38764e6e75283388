/* Products that skip zeros, for sparse rows: the nonzero elements of A are listed, and only they are
 * multiplied. One row of A is multiplied with many columns of B at a time, not several rows with fewer
 * columns, because two rows seldom have their zeros at the same places. The bits are those of `tile`: fma(0,
 * b, c) is c, for finite b. The contract is in kernels.h; csrc/skip_zeros.c makes the lists. */

/* Writes the lanes of a whose bit is set to value, and their numbers, counted from first, to k. Up to W
 * elements of k and value are overwritten, even where fewer bits are set. */
#ifndef HAS_KEEP
static inline int64_t v_keep(vec a, unsigned bits, int32_t first, int32_t *k, real *value) {
    real lane[W];
    int64_t count = 0;
    v_store(lane, a);
    for (; bits; bits &= bits - 1) {
        const int l = __builtin_ctz(bits);
        k[count] = first + l;
        value[count++] = lane[l];
    }
    return count;
}
#endif

static int64_t list_nonzeros(int64_t n, const real *x, int32_t first, int32_t *k, real *value) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i += W) {
        const vec x_i = v_load_part(x + i, inside(i, n));
        const unsigned bits = m_bits(m_not(v_eq(x_i, v_set1(0))));
        count += v_keep(x_i, bits, first + (int32_t)i, k + count, value + count);
    }
    return count;
}

/* Prefetch distance in list elements, where B is not in a near cache (`far`): the hardware prefetcher cannot
 * predict which rows of B are skipped. */
#define SPARSE_AHEAD 12

/* All rows by np panels: the sums of one row stay in registers while its list is read. */
ALWAYS_INLINE void sparse_body(const int np, const int far, int64_t rows, const sparse_operands *o) {
    const ptrdiff_t b_panel = o->b_panel, c_panel = o->c_panel;
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t begin = o->first[r * o->step], end = o->last[r * o->step];
        if (begin == end && o->start == START_RESUME) continue;
        vec acc[SPARSE * GROUPS];
        real *c = o->c + r * o->c_row;
        UNROLLED for (int v = 0; v < np * GROUPS; ++v) {
            acc[v] = o->start == START_ZERO   ? v_set1(0)
                     : o->start == START_BIAS ? v_load(o->bias + v * W)
                                              : v_load(c + COLUMN(v, c_panel));
        }
        const int32_t *k = o->k + r * o->ld;
        const real *value = o->value + r * o->ld;
        for (int64_t e = begin; e < end; ++e) {
            const vec a = v_set1(value[e]);
            const real *b = o->b + (int64_t)k[e] * PANEL;
            if (far && e + SPARSE_AHEAD < end) {
                const real *next = o->b + (int64_t)k[e + SPARSE_AHEAD] * PANEL;
                UNROLLED for (int p = 0; p < np; ++p) {
                    __builtin_prefetch(next + p * b_panel);
                    if (PANEL * sizeof(real) > 64) __builtin_prefetch(next + p * b_panel + PANEL / 2);
                }
            }
            UNROLLED for (int v = 0; v < np * GROUPS; ++v)
                acc[v] = v_fma(a, v_load(b + COLUMN(v, b_panel)), acc[v]);
        }
        UNROLLED for (int v = 0; v < np * GROUPS; ++v) v_store(c + COLUMN(v, c_panel), acc[v]);
    }
}

_Static_assert(SPARSE == 1 || SPARSE == 3 || SPARSE == 6 || SPARSE == 7,
               "there is a function for each number of panels, and none beyond");
#define SPARSE_ROWS(np)                                                    \
    static void sparse_rows_##np(int64_t rows, const sparse_operands *o) { \
        if (o->far)                                                        \
            sparse_body(np, 1, rows, o);                                   \
        else                                                               \
            sparse_body(np, 0, rows, o);                                   \
    }
SPARSE_ROWS(1)
#if SPARSE > 1
SPARSE_ROWS(2)
SPARSE_ROWS(3)
#endif
#if SPARSE > 3
SPARSE_ROWS(4)
SPARSE_ROWS(5)
SPARSE_ROWS(6)
#endif
#if SPARSE > 6
SPARSE_ROWS(7)
#endif

static void sparse_rows(int panels, int64_t rows, const sparse_operands *o) {
    switch (panels) {
#if SPARSE > 6
    case 7: sparse_rows_7(rows, o); break;
#endif
#if SPARSE > 3
    case 6: sparse_rows_6(rows, o); break;
    case 5: sparse_rows_5(rows, o); break;
    case 4: sparse_rows_4(rows, o); break;
#endif
#if SPARSE > 1
    case 3: sparse_rows_3(rows, o); break;
    case 2: sparse_rows_2(rows, o); break;
#endif
    default: sparse_rows_1(rows, o); break;
    }
}
