/* The tile against its formula: every shape, depth, layout and start. Operands hold exactly the
 * elements that the contract lets a tile touch, between forbidden pages; B's columns past n are NaN.
 * The expected value is a scalar chain of fma; on small integers it must equal the exact sum. */

typedef struct tile_case {
    int m, n;
    int64_t k;
    enum tile_start start;
    int a_layout, b_layout, c_layout;
    enum place where;
} tile_case;

enum { A_LAYOUTS = 5, TILE_MAX = 64 * 64 };

static void lay_out_a(tile_operands *o, const tile_case *t, int64_t pad) {
    const int64_t k = t->k > 0 ? t->k : 1, m = t->m;
    switch (t->a_layout) {
    case 0: o->a_row = k + pad, o->a_k = 1, o->seg = k, o->a_seg = 0; break;        /* rows: x, deltas */
    case 1: o->a_row = 1, o->a_k = m + pad, o->seg = k, o->a_seg = 0; break;        /* columns: x in dW */
    case 2: o->a_row = 16, o->a_k = 1, o->seg = 16, o->a_seg = 16 * m + pad; break; /* panels by rows */
    case 3: o->a_row = 1, o->a_k = m + pad, o->seg = 16, o->a_seg = 16 * (m + pad) + 3; break;
    default: o->a_row = 11, o->a_k = 2, o->seg = 5, o->a_seg = 11 * m + pad; break;
    }
}

static int64_t a_index(const tile_operands *o, int64_t r, int64_t k) {
    return r * o->a_row + (k / o->seg) * o->a_seg + (k % o->seg) * o->a_k;
}
static int64_t b_index(const tile_operands *o, int64_t k, int64_t c) {
    return (c / PANEL) * o->b_panel + k * o->b_k + c % PANEL;
}
static int64_t c_index(const tile_operands *o, int64_t r, int64_t c) {
    return (c / PANEL) * o->c_panel + r * o->c_row + c % PANEL;
}

static int whole_vectors(const kernels *k, int n) { return (n + k->width - 1) / k->width * k->width; }

/* Guarded operands of exactly the contract's extents; the returned c_extent is C's. */
static int64_t tile_operands_for(tile_operands *o, const kernels *k, const tile_case *t, enum fill fill,
                                 rng *r) {
    const int64_t pad = rng_below(r, 3) * 5;
    const int nw = whole_vectors(k, t->n);
    int64_t a_extent = 0, b_extent = 0, c_extent = 0;
    lay_out_a(o, t, pad);
    o->b_k = t->b_layout ? 48 + pad : PANEL, o->b_panel = t->b_layout ? PANEL : t->k * PANEL + pad;
    o->c_row = t->c_layout ? 48 + pad : PANEL, o->c_panel = t->c_layout ? PANEL : t->m * PANEL + pad;
    o->start = t->start;
    for (int64_t i = 0; i < t->m; ++i)
        for (int64_t j = 0; j < t->k; ++j)
            a_extent = a_extent > a_index(o, i, j) ? a_extent : a_index(o, i, j) + 1;
    for (int c = 0; c < nw; ++c) {
        if (t->k > 0 && b_extent <= b_index(o, t->k - 1, c)) b_extent = b_index(o, t->k - 1, c) + 1;
        if (c_extent <= c_index(o, t->m - 1, c)) c_extent = c_index(o, t->m - 1, c) + 1;
    }
    real *a = guarded((size_t)a_extent * sizeof(real), t->where),
         *b = guarded((size_t)b_extent * sizeof(real), t->where);
    real *bias = matrix(r, t->where, 1, t->start == START_BIAS ? nw : 0, 0, fill);
    o->c = guarded((size_t)c_extent * sizeof(real), t->where);
    for (int64_t j = 0; j < t->k; ++j) {
        for (int64_t i = 0; i < t->m; ++i) a[a_index(o, i, j)] = random_real(r, fill);
        for (int c = 0; c < t->n; ++c) b[b_index(o, j, c)] = random_real(r, fill);
    }
    if (t->start == START_RESUME)
        for (int64_t i = 0; i < t->m; ++i)
            for (int c = 0; c < t->n; ++c) o->c[c_index(o, i, c)] = random_real(r, fill);
    o->a = a, o->b = b, o->bias = bias;
    return c_extent;
}

static real start_value(const tile_operands *o, int r, int c) {
    return o->start == START_ZERO ? 0 : o->start == START_BIAS ? o->bias[c] : o->c[c_index(o, r, c)];
}

/* One chain per element; on integers, the exact sum too. Returns 0 if the two differ. */
static int expected_tile(const tile_operands *o, const tile_case *t, enum fill fill, real *expected) {
    for (int r = 0; r < t->m; ++r) {
        for (int c = 0; c < t->n; ++c) {
            real chain = start_value(o, r, c);
            int64_t exact = fill == FILL_INTEGER ? (int64_t)chain : 0;
            for (int64_t j = 0; j < t->k; ++j) {
                const real a = o->a[a_index(o, r, j)], b = o->b[b_index(o, j, c)];
                chain = FMA_REAL(a, b, chain);
                if (fill == FILL_INTEGER) exact += (int64_t)a * (int64_t)b;
            }
            if (fill == FILL_INTEGER && (int64_t)chain != exact) return 0;
            expected[r * t->n + c] = chain;
        }
    }
    return 1;
}

/* Error bound of a sum of k products in any order of fused steps: k * u * (|start| + |A||B|), and the same
 * for the wide sum that it is compared with. Returns the largest ratio of error and bound. */
static double worst_ratio(const tile_operands *o, const tile_case *t, const real *start, const real *result) {
    double worst = 0;
    for (int r = 0; r < t->m; ++r) {
        for (int c = 0; c < t->n; ++c) {
            wide exact = start[r * t->n + c], size = exact < 0 ? -exact : exact;
            for (int64_t j = 0; j < t->k; ++j) {
                const wide product = (wide)o->a[a_index(o, r, j)] * (wide)o->b[b_index(o, j, c)];
                exact += product, size += product < 0 ? -product : product;
            }
            const wide error = exact - (wide)result[r * t->n + c];
            const wide bound = (wide)t->k * ((wide)ROUNDOFF + 2 * (wide)WIDE_ROUNDOFF) * size;
            if (error != 0)
                worst = fmax(worst, bound > 0 ? (double)((error < 0 ? -error : error) / bound) : INFINITY);
        }
    }
    return worst;
}

/* What was stored where it may not be: anything in C that is no column of whole vectors. */
static int c_gaps_intact(const kernels *k, const tile_operands *o, const tile_case *t, int64_t c_extent) {
    static unsigned char touched[TILE_MAX * 2];
    memset(touched, 0, (size_t)c_extent);
    for (int r = 0; r < t->m; ++r)
        for (int c = 0; c < whole_vectors(k, t->n); ++c) touched[c_index(o, r, c)] = 1;
    for (int64_t i = 0; i < c_extent; ++i)
        if (!touched[i] && !is_canary(o->c + i)) return 0;
    return 1;
}

static int tile_in_bounds(const kernels *k, const tile_case *t, const tile_operands *o) {
    if (GUARDED_CALL) {
        k->tile(t->m, t->n, t->k, o);
        GUARDED_DONE();
        return 1;
    }
    check(0, "touched a forbidden page, m %d n %d k %lld start %d layouts %d %d %d at %s", t->m, t->n,
          (long long)t->k, (int)t->start, t->a_layout, t->b_layout, t->c_layout, t->where ? "start" : "end");
    return 0;
}

static void check_one_tile(const kernels *k, const tile_case *t, enum fill fill) {
    static real expected[TILE_MAX], start[TILE_MAX], result[TILE_MAX];
    rng r = {case_seed()};
    tile_operands o = {0};
    if (!case_begin()) return;
    guarded_reset();
    const int64_t c_extent = tile_operands_for(&o, k, t, fill, &r);
    for (int i = 0; i < t->m * t->n; ++i) start[i] = start_value(&o, i / t->n, i % t->n);
    check(expected_tile(&o, t, fill, expected), "the test's own sum is not exact");
    if (!tile_in_bounds(k, t, &o)) return;
    int64_t wrong = 0, zeros = 0;
    for (int i = 0; i < t->m * t->n; ++i) {
        result[i] = o.c[c_index(&o, i / t->n, i % t->n)];
        zeros += result[i] == 0;
        if (fill == FILL_INTEGER ? result[i] != expected[i] : !same_bits(result[i], expected[i])) ++wrong;
    }
    check(!wrong, "%lld of %d elements, m %d n %d k %lld start %d layouts %d %d %d", (long long)wrong,
          t->m * t->n, t->m, t->n, (long long)t->k, (int)t->start, t->a_layout, t->b_layout, t->c_layout);
    check(canaries_intact() && c_gaps_intact(k, &o, t, c_extent), "wrote outside C, m %d n %d k %lld", t->m,
          t->n, (long long)t->k);
    if (t->k > 0) count_values(t->m * t->n, zeros);
    if (fill != FILL_INTEGER) {
        const double ratio = worst_ratio(&o, t, start, result);
        check(ratio <= 1, "error is %.3g times the bound, m %d n %d k %lld", ratio, t->m, t->n,
              (long long)t->k);
    }
}

/* Every m, n and short k with every start; layouts and places are drawn. */
static void check_tiles(const kernels *k, const char *group, enum fill fill, const int *depth, int depths) {
    if (!group_begin(k->name, REAL_BITS, group)) return;
    for (int m = 1; m <= k->mr; ++m)
        for (int n = 1; n <= k->nr; ++n)
            for (int d = 0; d < depths; ++d)
                for (int start = 0; start < (options.quick ? 1 : 3); ++start) {
                    rng r = {case_seed() ^ 1};
                    tile_case t = {.m = m, .n = n, .k = depth[d], .start = (enum tile_start)start};
                    if (options.quick) t.start = (enum tile_start)((m + n + d) % 3);
                    t.a_layout = (int)rng_below(&r, A_LAYOUTS);
                    t.b_layout = (int)rng_below(&r, 2), t.c_layout = (int)rng_below(&r, 2);
                    t.where = rng_below(&r, 2) ? PLACE_START : PLACE_END;
                    check_one_tile(k, &t, fill);
                }
    group_end();
}

static void check_tile_integers(const kernels *k) {
    static const int all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 33, 97, 299};
    static const int few[] = {0, 1, 2, 5, 16, 17, 33};
    if (options.quick)
        check_tiles(k, "tile-integers", FILL_INTEGER, few, sizeof few / sizeof *few);
    else
        check_tiles(k, "tile-integers", FILL_INTEGER, all, sizeof all / sizeof *all);
}

static void check_tile_random(const kernels *k) {
    static const int all[] = {1, 2, 3, 8, 17, 64, 131, 300}, few[] = {1, 3, 17, 65};
    if (options.quick)
        check_tiles(k, "tile-random", FILL_WIDE, few, sizeof few / sizeof *few);
    else
        check_tiles(k, "tile-random", FILL_WIDE, all, sizeof all / sizeof *all);
}

/* k cut into blocks, each resumed from C: the bits of one block. */
static void check_tile_blocks(const kernels *k) {
    if (!group_begin(k->name, REAL_BITS, "tile-blocks")) return;
    for (int number = 0; number < (options.quick ? 60 : 600); ++number) {
        static real one[TILE_MAX];
        rng r = {case_seed()};
        if (!case_begin()) continue;
        tile_case t = {.m = 1 + (int)rng_below(&r, k->mr),
                       .n = 1 + (int)rng_below(&r, k->nr),
                       .k = 2 + rng_below(&r, 299),
                       .start = rng_below(&r, 2) ? START_ZERO : START_BIAS,
                       .a_layout = (int)rng_below(&r, A_LAYOUTS),
                       .b_layout = (int)rng_below(&r, 2),
                       .c_layout = (int)rng_below(&r, 2)};
        tile_operands o = {0};
        guarded_reset();
        tile_operands_for(&o, k, &t, FILL_WIDE, &r);
        k->tile(t.m, t.n, t.k, &o);
        for (int i = 0; i < t.m * t.n; ++i) one[i] = o.c[c_index(&o, i / t.n, i % t.n)];
        const int64_t unit = t.a_layout < 2 ? 1 : o.seg; /* blocks begin at a multiple of seg */
        for (int64_t from = 0, to; from < t.k; from = to) {
            to = from + unit * (1 + rng_below(&r, (t.k / unit / 3) + 1));
            if (to > t.k) to = t.k;
            tile_operands block = o;
            block.a += a_index(&o, 0, from), block.b += b_index(&o, from, 0);
            if (t.a_layout < 2) block.seg = t.k - from;
            if (from) block.start = START_RESUME;
            k->tile(t.m, t.n, to - from, &block);
        }
        int64_t wrong = 0;
        for (int i = 0; i < t.m * t.n; ++i) wrong += !same_bits(one[i], o.c[c_index(&o, i / t.n, i % t.n)]);
        check(!wrong, "%lld of %d elements differ, m %d n %d k %lld", (long long)wrong, t.m * t.n, t.m, t.n,
              (long long)t.k);
        count_values(1, 0);
    }
    group_end();
}
