/* The tile: C = start + A B for a block small enough to be kept in registers. One body for every
 * instruction set, type and shape; the shape is a compile-time constant in each copy, so the accumulators
 * are registers and the loops over them are unrolled. The contract is in kernels.h; blocking is in gemm.c. */

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

/* Where vector v of a row begins: panels are PANEL columns, `panel` reals apart. */
#define COLUMN(v, panel) (((v)*W / PANEL) * (panel) + (v)*W % PANEL)

/* m rows by nv vectors, k ascending: acc[r][v] is the chain of W neighbouring elements. */
ALWAYS_INLINE void tile_body(const int m, const int nv, int64_t k, const tile_operands *o) {
    vec acc[MR][NR / W];
    const ptrdiff_t c_row = o->c_row, c_panel = o->c_panel;
    UNROLLED for (int r = 0; r < m; ++r) {
        UNROLLED for (int v = 0; v < nv; ++v) {
            acc[r][v] = o->start == START_ZERO   ? v_set1(0)
                        : o->start == START_BIAS ? v_load(o->bias + v * W)
                                                 : v_load(o->c + r * c_row + COLUMN(v, c_panel));
        }
    }
    const ptrdiff_t a_row = o->a_row, a_k = o->a_k, b_k = o->b_k, b_panel = o->b_panel;
    const real *a_segment = o->a, *b = o->b;
    while (k > 0) {
        const int64_t steps = k < o->seg ? k : o->seg;
        const real *a = a_segment;
        for (int64_t i = 0; i < steps; ++i) {
            vec b_k_row[NR / W];
            UNROLLED for (int v = 0; v < nv; ++v) b_k_row[v] = v_load(b + COLUMN(v, b_panel));
            UNROLLED for (int r = 0; r < m; ++r) {
                const vec a_rk = v_set1(a[r * a_row]);
                UNROLLED for (int v = 0; v < nv; ++v) acc[r][v] = v_fma(a_rk, b_k_row[v], acc[r][v]);
            }
            a += a_k;
            b += b_k;
        }
        a_segment += o->a_seg;
        k -= steps;
    }
    UNROLLED for (int r = 0; r < m; ++r) {
        UNROLLED for (int v = 0; v < nv; ++v) v_store(o->c + r * c_row + COLUMN(v, c_panel), acc[r][v]);
    }
}

/* One function per shape, each with a name of its own, which a profiler shows. */
#define TILE(m, nv) \
    static void tile_##m##x##nv(int64_t k, const tile_operands *o) { tile_body(m, nv, k, o); }
#if NR / W == 1
#define TILE_ROW(m) TILE(m, 1)
#define TILE_NAMES(m) \
    { tile_##m##x1 }
#elif NR / W == 2
#define TILE_ROW(m) TILE(m, 1) TILE(m, 2)
#define TILE_NAMES(m) \
    { tile_##m##x1, tile_##m##x2 }
#else
#define TILE_ROW(m) TILE(m, 1) TILE(m, 2) TILE(m, 3) TILE(m, 4)
#define TILE_NAMES(m) \
    { tile_##m##x1, tile_##m##x2, tile_##m##x3, tile_##m##x4 }
#endif

TILE_ROW(1)
TILE_ROW(2)
TILE_ROW(3)
TILE_ROW(4)
#if MR > 4
TILE_ROW(5)
TILE_ROW(6)
#endif
#if MR > 6
TILE_ROW(7)
TILE_ROW(8)
TILE_ROW(9)
TILE_ROW(10)
TILE_ROW(11)
TILE_ROW(12)
TILE_ROW(13)
TILE_ROW(14)
#endif

_Static_assert(MR == 4 || MR == 6 || MR == 14, "there is a tile of each number of rows, and none beyond");
_Static_assert((NR == 2 * PANEL || PANEL % NR == 0) && (NR == W || NR == 2 * W || NR == 4 * W),
               "the same of columns; a tile lies within a panel, or is two of them");
typedef void (*tile_shape)(int64_t k, const tile_operands *o);
static const tile_shape tile_shapes[MR][NR / W] = {
    TILE_NAMES(1),  TILE_NAMES(2),  TILE_NAMES(3),  TILE_NAMES(4),
#if MR > 4
    TILE_NAMES(5),  TILE_NAMES(6),
#endif
#if MR > 6
    TILE_NAMES(7),  TILE_NAMES(8),  TILE_NAMES(9),  TILE_NAMES(10),
    TILE_NAMES(11), TILE_NAMES(12), TILE_NAMES(13), TILE_NAMES(14),
#endif
};

static void tile(int m, int n, int64_t k, const tile_operands *o) { tile_shapes[m - 1][(n - 1) / W](k, o); }

/* The peak speed, for benchmarks: independent chains of FMAs that converge to 1, so that no value becomes
 * infinite or denormal. */
static real fma_chains(int64_t n) {
    const vec half = v_set1((real)0.5);
    vec chain[FMA_CHAINS];
    UNROLLED for (int c = 0; c < FMA_CHAINS; ++c) chain[c] = v_set1((real)c);
    for (int64_t i = 0; i < n; ++i)
        UNROLLED for (int c = 0; c < FMA_CHAINS; ++c) chain[c] = v_fma(chain[c], half, half);
    real sum = 0, lane[W];
    UNROLLED for (int c = 0; c < FMA_CHAINS; ++c) {
        v_store(lane, chain[c]);
        sum += lane[0];
    }
    return sum;
}
