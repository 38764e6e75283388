/* Runs the cases of entry_cases.inl.h for a table: operands ending at a forbidden page, then
 * beginning after one, and the portable table on the same operands; all three records must be equal,
 * word for word. One hash of all records per group is what --hash prints. */

typedef void entry_job(const job *j);

static int attempt(const kernels *k, entry_job *run, const entry_case *e, enum place where, uint64_t seed,
                   record *out) {
    rng r = {seed};
    const job j = {k, e, where, &r, out};
    record_clear(out);
    guarded_reset();
    if (GUARDED_CALL) {
        run(&j);
        GUARDED_DONE();
        check(canaries_intact(), "wrote outside an operand at the %s", where ? "start" : "end");
        return 1;
    }
    check(0, "touched a forbidden page at the %s: code %d, %d; %lld x %lld, pad %lld",
          where ? "start" : "end", e->code, e->second, (long long)e->rows, (long long)e->cols,
          (long long)e->pad);
    return 0;
}

static void compare_records(const entry_case *e, const record *mine, const record *other, const char *with) {
    size_t i = 0;
    while (i < mine->n && i < other->n && mine->word[i] == other->word[i]) ++i;
    check(mine->n == other->n && i == mine->n,
          "differs from %s in word %zu: %llx, %llx; code %d, %d; %lld x %lld, fill %d", with, i,
          (unsigned long long)(i < mine->n ? mine->word[i] : 0),
          (unsigned long long)(i < other->n ? other->word[i] : 0), e->code, e->second, (long long)e->rows,
          (long long)e->cols, (int)e->fill);
}

static uint64_t group_hash;

static void run_case(const kernels *k, entry_job *run, const entry_case *e) {
    static record mine, other;
    const uint64_t seed = case_seed();
    const kernels *portable = dispatch_portable(REAL_BITS);
    if (!case_begin()) return;
    if (!attempt(k, run, e, PLACE_END, seed, &mine)) return;
    group_hash = record_hash(group_hash, &mine);
    if (options.hash) return;
    if (attempt(k, run, e, PLACE_START, seed, &other))
        compare_records(e, &mine, &other, "itself at another place");
    if (k != portable && attempt(portable, run, e, PLACE_END, seed, &other))
        compare_records(e, &mine, &other, "portable");
}

static const int fills_of_values[] = {FILL_PLAIN, FILL_WIDE, FILL_WILD};
enum { VALUE_FILLS = 3 };

/* Groups keep the codes that they began with, and with them their hashes: what is added has a group of its
 * own, and is the last one here from then on. */
enum { LAST_ACT = ACT_RELU6, LAST_LOSS = LOSS_HALF_POISSON_DEVIANCE, LAST_OPT = OPT_LION };
_Static_assert(ACT_COUNT == LAST_ACT + 1, "a new activation: cases for it in a group of its own");
_Static_assert(LOSS_COUNT == LAST_LOSS + 1, "a new loss: cases for it in a group of its own");
_Static_assert(OPT_COUNT == LAST_OPT + 1, "a new optimizer: cases for it in a group of its own");

static void act_cases_of(const kernels *k, entry_job *run, int from, int to, real relu_at_zero) {
    for (int code = from; code < to; ++code)
        for (int64_t cols = 16; cols <= 48; cols += 16)
            for (int f = 0; f < VALUE_FILLS; ++f)
                for (int shape = 0; shape < 3; ++shape) {
                    const entry_case e = {.code = code,
                                          .rows = 1 + 2 * shape,
                                          .cols = cols,
                                          .pad = shape == 2 ? 5 : 0,
                                          .fill = (enum fill)fills_of_values[f],
                                          .in_place = shape == 1,
                                          .alpha = code == ACT_STEP || code == ACT_SIGN ? 1
                                                   : code == ACT_RELU                   ? relu_at_zero
                                                                                        : (real)0.2};
                    run_case(k, run, &e);
                }
}
static void act_forward_cases(const kernels *k) { act_cases_of(k, act_forward_case, 0, ACT_SOFTMAX, 0); }
static void act_backward_cases(const kernels *k) { act_cases_of(k, act_backward_case, 0, ACT_SOFTMAX, 0); }
static void more_act_cases(const kernels *k) {
    act_cases_of(k, act_forward_case, ACT_EXP, ACT_EXP + 1, 0);
    act_cases_of(k, act_backward_case, ACT_EXP, ACT_EXP + 1, 0);
    act_cases_of(k, act_backward_case, ACT_RELU, ACT_RELU + 1, (real)0.3);
}

static void newer_act_cases(const kernels *k) {
    act_cases_of(k, act_forward_case, ACT_MISH, ACT_RELU6 + 1, 0);
    act_cases_of(k, act_backward_case, ACT_MISH, ACT_RELU6 + 1, 0);
}

static void softmax_cases(const kernels *k, entry_job *run) {
    for (int64_t cols = 1; cols <= 101; cols += cols < 40 ? 1 : 20)
        for (int f = 0; f < VALUE_FILLS; ++f) {
            const entry_case e = {.rows = 1 + cols % 4,
                                  .cols = cols,
                                  .pad = cols % 3 * 4,
                                  .in_place = cols % 2 == 0,
                                  .fill = (enum fill)fills_of_values[f]};
            run_case(k, run, &e);
        }
}
static void softmax_forward_cases(const kernels *k) { softmax_cases(k, softmax_forward_case); }
static void softmax_backward_cases(const kernels *k) { softmax_cases(k, softmax_backward_case); }

static void loss_cases_of(const kernels *k, int later) {
    static const int widths[] = {1, 2, 3, 10, 15, 16, 17, 33, 100};
    for (int kind = 0; kind <= LOSS_HALF_POISSON_DEVIANCE; ++kind)
        for (int act = 0; act <= ACT_EXP; ++act)
            for (size_t w = 0; w < sizeof widths / sizeof *widths; ++w)
                for (int way = 0; way < (options.quick ? 2 : 6); ++way) {
                    if ((kind > LOSS_PERCEPTRON || act > ACT_SOFTMAX) != later) continue;
                    const entry_case e = {.code = kind,
                                          .second = act,
                                          .rows = 1 + way,
                                          .cols = widths[w],
                                          .pad = way % 3 * 6,
                                          .labels = way % 2,
                                          .value_only = way == 4,
                                          .smoothing = way == 2 || way == 3 ? (real)0.1 : 0,
                                          .nulls = !later,
                                          .alpha = act == ACT_RELU ? 0 : (real)0.2,
                                          .fill = way == 5 ? FILL_WILD : FILL_PLAIN};
                    run_case(k, loss_case, &e);
                }
}
static void loss_cases(const kernels *k) { loss_cases_of(k, 0); }
static void more_loss_cases(const kernels *k) { loss_cases_of(k, 1); }

static void loss_softmax_cases(const kernels *k) {
    for (int64_t rows = 1; rows <= 35; rows += rows < 18 ? 1 : 17)
        for (int64_t cols = 1; cols <= 18; cols += options.quick ? 3 : 1)
            for (int way = 0; way < (options.quick ? 2 : 6); ++way) {
                const entry_case e = {.rows = rows,
                                      .cols = cols,
                                      .pad = way == 5 ? 0 : 32 - cols,
                                      .labels = way % 2,
                                      .value_only = way == 4 && rows % 4 == 0,
                                      .smoothing = way == 2 || way == 3 ? (real)0.1 : 0,
                                      .fill = way == 4 ? FILL_WILD : FILL_PLAIN};
                run_case(k, loss_softmax_case, &e);
            }
}

static void update_cases_of(const kernels *k, real l1) {
    for (int kind = 0; kind <= OPT_RMSPROP; ++kind)
        for (int flags = 0; flags < 64; ++flags)
            for (int64_t n = 16; n <= 80; n += 64) {
                const update_rule rule = {.kind = (enum optimizer)kind,
                                          .nesterov = flags & 1,
                                          .centered = flags & 1,
                                          .rate = (real)0.01,
                                          .momentum = flags & 2 ? (real)0.9 : 0,
                                          .rho = (real)0.9,
                                          .beta1 = (real)0.9,
                                          .beta2 = (real)0.999,
                                          .epsilon = (real)1e-7,
                                          .decay = flags & 2 ? (real)1e-3 : 0,
                                          .one_minus_rho = (real)(1 - 0.9),
                                          .one_minus_beta1 = (real)(1 - 0.9),
                                          .one_minus_beta2 = (real)(1 - 0.999),
                                          .l1 = l1,
                                          .l2 = flags & 4 ? (real)1e-2 : 0,
                                          .scale = flags & 8 ? (real)0.7 : 1,
                                          .clip = flags & 16 ? (real)0.5 : 0};
                const entry_case e = {.cols = n, .fill = flags & 32 ? FILL_WILD : FILL_PLAIN, .rule = rule};
                run_case(k, update_case, &e);
            }
}
static void update_cases(const kernels *k) { update_cases_of(k, 0); }
static void update_l1_cases(const kernels *k) { update_cases_of(k, (real)3e-3); }

/* Elements that may not be taken at every place of a group of 16: one in the second group, two in the third.
 */
static void update_bad_cases(const kernels *k) {
    for (int kind = 0; kind <= OPT_RMSPROP; ++kind)
        for (int flags = 0; flags < 8; flags += options.quick ? 3 : 1)
            for (int bad = 1; bad <= 4; ++bad)
                for (int64_t place = 0; place < PANEL; ++place) {
                    const update_rule rule = {.kind = (enum optimizer)kind,
                                              .nesterov = flags & 1,
                                              .centered = flags & 1,
                                              .rate = (real)0.5,
                                              .momentum = flags & 2 ? (real)0.9 : 0,
                                              .rho = (real)0.9,
                                              .beta1 = (real)0.9,
                                              .beta2 = (real)0.999,
                                              .epsilon = (real)1e-7,
                                              .one_minus_rho = (real)(1 - 0.9),
                                              .one_minus_beta1 = (real)(1 - 0.9),
                                              .one_minus_beta2 = (real)(1 - 0.999),
                                              .l2 = flags & 4 ? (real)1e-2 : 0,
                                              .scale = 1};
                    const entry_case e = {.code = bad, .depth = place, .cols = 3 * PANEL, .rule = rule};
                    run_case(k, update_case, &e);
                }
}

/* The rules that came later, amsgrad among them; values that may not be taken at every fifth place of a
 * group. */
static void more_update_cases(const kernels *k) {
    static const int kinds[] = {OPT_ADAM, OPT_NADAM, OPT_ADAGRAD, OPT_ADAMAX, OPT_LION};
    for (int i = 0; i < 5; ++i)
        for (int flags = 0; flags < 32; ++flags)
            for (int bad = 0; bad <= 4; ++bad) {
                const update_rule rule = {.kind = (enum optimizer)kinds[i],
                                          .amsgrad = kinds[i] == OPT_ADAM,
                                          .rate = (real)0.01,
                                          .rate_m = (real)0.007,
                                          .rate_g = (real)0.012,
                                          .root = (real)31.6,
                                          .beta1 = (real)0.9,
                                          .beta2 = (real)0.99,
                                          .epsilon = (real)1e-7,
                                          .decay = flags & 1 ? (real)1e-3 : 0,
                                          .one_minus_beta1 = (real)(1 - 0.9),
                                          .one_minus_beta2 = (real)(1 - 0.99),
                                          .l2 = flags & 2 ? (real)1e-2 : 0,
                                          .scale = flags & 4 ? (real)0.7 : 1,
                                          .clip = flags & 8 && !bad ? (real)0.5 : 0};
                const entry_case e = {.code = bad,
                                      .depth = 5 * flags % PANEL,
                                      .cols = (bad ? 3 : 1 + flags % 5) * PANEL,
                                      .fill = flags & 16 && !bad ? FILL_WILD : FILL_PLAIN,
                                      .rule = rule};
                run_case(k, update_case, &e);
            }
}

static void sparse_cases(const kernels *k) {
    static const int shares[] = {0, 10, 50, 100};
    for (int64_t n = 0; n <= 200; n += n < 70 ? 1 : 13)
        for (int share = 0; share < 4; ++share)
            for (int f = 0; f < VALUE_FILLS; ++f) {
                const entry_case e = {
                    .code = shares[share], .cols = n, .pad = f, .fill = (enum fill)fills_of_values[f]};
                run_case(k, sparse_case, &e);
            }
}

static void sparse_rows_cases(const kernels *k) {
    static const int rows[] = {0, 1, 2, 5, 18}, depths[] = {1, 7, 16, 33, 100}, shares[] = {0, 20, 100};
    for (int panels = 1; panels <= SPARSE_MOST; ++panels)
        for (int start = 0; start < 3; ++start)
            for (int form = 0; form < 2; ++form)
                for (int far = 0; far < 2; ++far)
                    for (int i = 0; i < 15; ++i) {
                        const entry_case e = {.code = shares[i % 3],
                                              .second = start,
                                              .rows = rows[i % 5],
                                              .cols = panels,
                                              .depth = depths[(i + i / 5 + panels) % 5],
                                              .pad = (i + far) % 4,
                                              .fill = i % 4 == 3 ? FILL_WILD : FILL_WIDE,
                                              .in_place = form,
                                              .labels = far};
                        run_case(k, sparse_rows_case, &e);
                    }
}

static void any_length(const kernels *k, entry_job *run, int code, int64_t step) {
    for (int64_t n = step == 1 ? 0 : step; n <= 200; n += n < 40 ? step : 5 * 16)
        for (int f = 0; f < VALUE_FILLS; ++f)
            for (int flag = 0; flag < 2; ++flag) {
                const entry_case e = {.code = code,
                                      .cols = n,
                                      .nulls = flag,
                                      .in_place = flag,
                                      .alpha = (real)0.37,
                                      .fill = (enum fill)fills_of_values[f]};
                run_case(k, run, &e);
            }
}
static void affine_cases(const kernels *k) { any_length(k, affine_case, 0, 1); }
static void add_cases(const kernels *k) { any_length(k, axpy_add_case, 0, 16); }
static void axpy_cases(const kernels *k) { any_length(k, axpy_add_case, 1, 16); }
static void add_signs_cases(const kernels *k) { any_length(k, add_signs_case, 0, 16); }
static void sum_squares_cases(const kernels *k) { any_length(k, sum_lanes_case, 0, 16); }
static void sum_sizes_cases(const kernels *k) { any_length(k, sum_lanes_case, 1, 16); }
static void unary_cases(const kernels *k) {
    for (int f = 0; f < FN_COUNT; ++f) any_length(k, unary_case, f, 1);
}

static void col_sum_cases(const kernels *k) {
    static const int rows[] = {0, 1, 2, 3, 7, 100, 255, 256};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r)
        for (int64_t cols = 16; cols <= 64; cols += 16)
            for (int f = 0; f < VALUE_FILLS; ++f) {
                const entry_case e = {.rows = rows[r],
                                      .cols = cols,
                                      .pad = cols == 32 ? 7 : 0,
                                      .fill = (enum fill)fills_of_values[f]};
                run_case(k, col_sum_case, &e);
            }
}

static void transpose_cases(const kernels *k) {
    for (int64_t rows = 1; rows <= 35; rows += rows < 18 ? 1 : 7)
        for (int64_t cols = 1; cols <= 35; cols += cols < 18 ? 1 : 7) {
            const entry_case e = {.rows = rows, .cols = cols, .pad = (rows + cols) % 3, .fill = FILL_WILD};
            run_case(k, transpose_case, &e);
        }
}

static void product_cases(const kernels *k) {
    for (int64_t m = 1; m <= 29; m += 7)
        for (int64_t n = 1; n <= 70; n += 23)
            for (int64_t depth = 1; depth <= 301; depth += 100) {
                const entry_case e = {.rows = m, .cols = n, .depth = depth, .fill = FILL_WIDE};
                run_case(k, product_case, &e);
            }
}

static void inputs_row_cases(const kernels *k) {
    for (int64_t inputs = 1; inputs <= 100; inputs += inputs < 40 ? 1 : 15)
        for (int64_t out = 1; out <= 50; out += options.quick || out > 18 ? 7 : 1)
            for (int f = 0; f < VALUE_FILLS; ++f) {
                const entry_case e = {
                    .rows = inputs, .cols = out, .pad = f, .fill = (enum fill)fills_of_values[f]};
                run_case(k, inputs_row_case, &e);
            }
}

/* Strips of any number of rows up to a chunk: with means by column, and by row. */
static void strip_cases(const kernels *k, entry_job *run, int ways) {
    static const int rows[] = {0, 1, 2, 3, 7, 15, 16, 17, 100, 255, 256};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r)
        for (int by_row = 0; by_row < ways; ++by_row)
            for (int f = 0; f < VALUE_FILLS; ++f)
                for (int gap = 0; gap < 2; ++gap) {
                    const entry_case e = {.code = by_row,
                                          .rows = rows[r],
                                          .pad = gap * (5 + 16 * f),
                                          .fill = (enum fill)fills_of_values[f]};
                    run_case(k, run, &e);
                }
}
static void norm_forward_cases(const kernels *k) { strip_cases(k, norm_forward_case, 2); }
static void norm_backward_cases(const kernels *k) { strip_cases(k, norm_backward_case, 2); }
static void norm_sums_cases(const kernels *k) { strip_cases(k, norm_sums_case, 2); }
static void deviation_cases(const kernels *k) { strip_cases(k, deviation_squares_case, 1); }

static void row_cases(const kernels *k, entry_job *run) {
    for (int64_t cols = 1; cols <= 200; cols += cols < 50 ? 1 : 15)
        for (int f = 0; f < VALUE_FILLS; ++f)
            for (int gap = 0; gap < 2; ++gap) {
                const entry_case e = {.cols = cols,
                                      .pad = gap * (5 + 16 * f),
                                      .alpha = gap ? (real)1e-3 : (real)2,
                                      .fill = (enum fill)fills_of_values[f]};
                run_case(k, run, &e);
            }
}
static void row_moments_cases(const kernels *k) { row_cases(k, row_moments_case); }
static void row_slopes_cases(const kernels *k) { row_cases(k, row_slopes_case); }

static void check_entries(const kernels *k) {
    static const struct {
        const char *name;
        void (*cases)(const kernels *k);
    } groups[] = {
        {"product", product_cases},
        {"act_forward", act_forward_cases},
        {"act_backward", act_backward_cases},
        {"softmax_forward", softmax_forward_cases},
        {"softmax_backward", softmax_backward_cases},
        {"loss", loss_cases},
        {"loss_softmax", loss_softmax_cases},
        {"more_act", more_act_cases},
        {"more_loss", more_loss_cases},
        {"newer_act", newer_act_cases},
        {"update", update_cases},
        {"update_bad", update_bad_cases},
        {"more_update", more_update_cases},
        {"live", sparse_cases}, /* a case is drawn from its group's name: committed hashes hang on it */
        {"live_rows", sparse_rows_cases},
        {"inputs_row", inputs_row_cases},
        {"affine", affine_cases},
        {"col_sum", col_sum_cases},
        {"add", add_cases},
        {"axpy", axpy_cases},
        {"sum_squares", sum_squares_cases},
        {"transpose", transpose_cases},
        {"unary", unary_cases},
        {"add_signs", add_signs_cases},
        {"sum_sizes", sum_sizes_cases},
        {"update_l1", update_l1_cases},
        {"norm_forward", norm_forward_cases},
        {"norm_backward", norm_backward_cases},
        {"norm_sums", norm_sums_cases},
        {"deviations", deviation_cases},
        {"row_moments", row_moments_cases},
        {"row_slopes", row_slopes_cases},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; ++i) {
        if (!group_begin(k->name, REAL_BITS, groups[i].name)) continue;
        group_hash = HASH_START;
        groups[i].cases(k);
        group_end();
        if (options.hash)
            printf("f%d %-16s %016llx %s\n", REAL_BITS, groups[i].name, (unsigned long long)group_hash,
                   k->name);
    }
}
