/* The order of a sum, revealed from outside (FPRev's method): +M and -M stand at two places among
 * ones, M so large that it swallows a one. What is left is the number of ones added after the two
 * met. In one ascending chain that is the number of terms behind the second, for every pair. */

static void order_one_tile(const kernels *k, int64_t depth, enum tile_start start, rng *r, int64_t pair) {
    enum { DEEPEST = 300 };
    static real a[16 * DEEPEST], b[2 * PANEL * DEEPEST], bias[2 * PANEL], c[16 * 2 * PANEL];
    int64_t second[16];
    for (int i = 0; i < k->mr; ++i) { /* another pair in each row */
        int64_t low, high;
        if (r) { /* drawn */
            high = 1 + rng_below(r, depth - 1), low = rng_below(r, high);
        } else { /* number pair + i, counted through all */
            int64_t left = (pair + i) % (depth * (depth - 1) / 2);
            for (high = 1; left >= high; ++high) left -= high;
            low = left;
        }
        for (int64_t j = 0; j < depth; ++j) a[i * depth + j] = j == low ? SWALLOW : j == high ? -SWALLOW : 1;
        second[i] = high;
    }
    for (int64_t j = 0; j < 2 * PANEL * depth; ++j) b[j] = 1;
    for (int j = 0; j < 2 * PANEL; ++j) bias[j] = 1;
    const tile_operands o = {.a = a,
                             .a_row = depth,
                             .a_k = 1,
                             .a_seg = 0,
                             .seg = depth,
                             .b = b,
                             .b_k = PANEL,
                             .b_panel = PANEL * depth,
                             .bias = bias,
                             .c = c,
                             .c_row = PANEL,
                             .c_panel = 16 * PANEL,
                             .start = start};
    if (start == START_RESUME)
        for (int i = 0; i < 16 * 2 * PANEL; ++i) c[i] = 1;
    k->tile(k->mr, k->nr, depth, &o);
    for (int i = 0; i < k->mr; ++i)
        for (int j = 0; j < k->nr; ++j) {
            const real left = c[c_index(&o, i, j)];
            check(left == (real)(depth - 1 - second[i]), "depth %lld: %g ones came after place %lld",
                  (long long)depth, (double)left, (long long)second[i]);
            count_values(1, left == 0);
        }
}

static void check_tile_order(const kernels *k) {
    static const int depths[] = {2, 3, 4, 5, 8, 13, 16, 17, 32, 33};
    if (!group_begin(k->name, REAL_BITS, "tile-order")) return;
    for (int start = START_ZERO; start <= START_RESUME;
         ++start) { /* the start value counts as the first term */
        for (size_t d = 0; d < sizeof depths / sizeof *depths; ++d)
            for (int64_t pair = 0; pair < depths[d] * (depths[d] - 1) / 2; pair += k->mr)
                if (case_begin()) order_one_tile(k, depths[d], (enum tile_start)start, NULL, pair);
        for (int i = 0; i < 20; ++i) {
            rng r = {case_seed()};
            if (case_begin()) order_one_tile(k, 300, (enum tile_start)start, &r, 0);
        }
    }
    group_end();
}

/* Column sums are one chain too. (The lanes of sum_squares are checked by formula in entry_cases.inl.h.) */
static void check_sum_order(const kernels *k) {
    static real d[CHUNK * PANEL], out[PANEL];
    if (!group_begin(k->name, REAL_BITS, "sum-order")) return;
    for (int number = 0; number < 300; ++number) {
        rng r = {case_seed()};
        if (!case_begin()) continue;
        const int64_t rows = number < 100 ? 2 + number / 4 : 2 + rng_below(&r, CHUNK - 1);
        int64_t high[PANEL];
        for (int c = 0; c < PANEL; ++c) {
            high[c] = 1 + rng_below(&r, rows - 1);
            const int64_t low = rng_below(&r, high[c]);
            for (int64_t i = 0; i < rows; ++i)
                d[i * PANEL + c] = i == low ? SWALLOW : i == high[c] ? -SWALLOW : 1;
        }
        k->col_sum(rows, PANEL, d, PANEL, out);
        for (int c = 0; c < PANEL; ++c) {
            check(out[c] == (real)(rows - 1 - high[c]), "%lld rows: %g ones came after row %lld",
                  (long long)rows, (double)out[c], (long long)high[c]);
            count_values(1, out[c] == 0);
        }
    }
    group_end();
}
