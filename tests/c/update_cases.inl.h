/* The update rules, written out one element at a time from the formulas in kernels.h, against the table's
 * entry; with elements that may not be taken, too. What a case is, is in entry_cases.inl.h; which cases there
 * are, in entry_checks.inl.h. */
static int simple_update(const update_rule *u, real *w, real g, real *s0, real *s1, real *s2) {
    g = FMA_REAL(u->l1, sign_of_real(*w), FMA_REAL(u->l2, *w, u->scale * g));
    if (u->clip > 0) g = g > u->clip ? u->clip : g < -u->clip ? -u->clip : g;
    if (u->kind == OPT_SGD) {
        if (u->momentum > 0) {
            *s0 = FMA_REAL(-u->rate, g, u->momentum * *s0);
            *w += u->nesterov ? FMA_REAL(-u->rate, g, u->momentum * *s0) : *s0;
        } else
            *w = FMA_REAL(-u->rate, g, *w);
    } else if (u->kind == OPT_ADAM) {
        *w = FMA_REAL(-u->decay, *w, *w);
        *s0 = FMA_REAL(u->one_minus_beta1, g - *s0, *s0);
        *s1 = FMA_REAL(u->one_minus_beta2, g * g - *s1, *s1);
        if (u->amsgrad && *s1 > *s2) *s2 = *s1;
        *w -= u->rate * *s0 / (SQRT_REAL(u->amsgrad ? *s2 : *s1) + u->epsilon);
    } else if (u->kind == OPT_NADAM) {
        *w = FMA_REAL(-u->decay, *w, *w);
        *s0 = FMA_REAL(u->one_minus_beta1, g - *s0, *s0);
        *s1 = FMA_REAL(u->one_minus_beta2, g * g - *s1, *s1);
        *w -= FMA_REAL(u->rate_g, g, u->rate_m * *s0) / FMA_REAL(u->root, SQRT_REAL(*s1), u->epsilon);
    } else if (u->kind == OPT_ADAGRAD) {
        *w = FMA_REAL(-u->decay, *w, *w);
        *s0 = FMA_REAL(g, g, *s0);
        *w -= u->rate * g / SQRT_REAL(*s0 + u->epsilon);
    } else if (u->kind == OPT_ADAMAX) {
        const real size = g < 0 ? -g : g;
        *w = FMA_REAL(-u->decay, *w, *w);
        *s0 = FMA_REAL(u->one_minus_beta1, g - *s0, *s0);
        *s1 *= u->beta2;
        if (size > *s1) *s1 = size;
        *w -= u->rate * *s0 / (*s1 + u->epsilon);
    } else if (u->kind == OPT_LION) {
        const real way = FMA_REAL(u->beta1, *s0, u->one_minus_beta1 * g);
        *w = FMA_REAL(-u->decay, *w, *w);
        if (way != 0) *w += way > 0 ? -u->rate : way < 0 ? u->rate : way; /* NaN stays */
        *s0 = FMA_REAL(u->beta2, *s0, u->one_minus_beta2 * g);
    } else {
        real *m = s1, *a = u->momentum > 0 ? s2 : s1, spread;
        spread = *s0 = FMA_REAL(u->rho, *s0, u->one_minus_rho * (g * g));
        if (u->centered) *a = FMA_REAL(u->rho, *a, u->one_minus_rho * g), spread = FMA_REAL(-*a, *a, spread);
        if (spread < 0) spread = 0;
        const real move = u->rate * g / SQRT_REAL(spread + u->epsilon);
        if (u->momentum > 0)
            *m = FMA_REAL(u->momentum, *m, move), *w -= *m;
        else
            *w -= move;
    }
    return isfinite(*w) && isfinite(*s0) && isfinite(*s1) && isfinite(*s2);
}

static int slots_of(const update_rule *u) {
    if (u->kind == OPT_ADAM) return 2 + u->amsgrad;
    if (u->kind == OPT_NADAM || u->kind == OPT_ADAMAX) return 2;
    if (u->kind == OPT_ADAGRAD || u->kind == OPT_LION) return 1;
    return (u->kind == OPT_RMSPROP) + (u->momentum > 0) + (u->kind == OPT_RMSPROP && u->centered);
}

/* Ways to a value that is not finite; of the third one, in w alone or in a slot alone, according to the rule.
 */
static void put_bad(int way, real *w, real *g) {
    *g = way == 1 ? (real)INFINITY : way == 2 ? (real)NAN : -REAL_MAX;
    if (way == 4) *w = REAL_MAX;
}

/* The first columns of each panel alone, in whole vectors: they get what they get among all, and nothing else
 * is touched. What is said about values that are not finite is said about these columns. */
static void update_columns(const job *j, real old[4][256], const real *g, real expected[4][256],
                           const int good[256]) {
    const entry_case *e = j->e;
    const int64_t width = j->k->width;
    for (int64_t cols = 1; cols <= PANEL; ++cols) {
        static real state[4][256];
        const int64_t touched = (cols + width - 1) / width * width;
        int any_bad = 0;
        memcpy(state, old, sizeof state);
        real *slot[3] = {state[1], state[2], state[3]};
        const int bad = j->k->update(&e->rule, e->cols, cols, state[0], g, slot);
        for (int64_t i = 0; i < e->cols; ++i) any_bad |= i % PANEL < cols && !good[i];
        check((bad != 0) == any_bad, "of %d columns: says %d about values that are not finite, expected %d",
              (int)cols, bad, any_bad);
        for (int s = 0; s <= slots_of(&e->rule); ++s) {
            real right[256];
            for (int64_t i = 0; i < e->cols; ++i) right[i] = i % PANEL < touched ? expected[s][i] : old[s][i];
            check_formula(state[s], right, e->cols, "some columns");
        }
    }
}

/* An element whose new value is not finite keeps all its old values; what is written is stored. */
static void update_case(const job *j) {
    const entry_case *e = j->e;
    const int64_t n = e->cols;
    const int slots = slots_of(&e->rule);
    static real expected[4][256], before[4][256];
    real *w = matrix(j->r, j->where, 1, n, n, e->fill), *g = matrix(j->r, j->where, 1, n, n, e->fill);
    real *slot[3] = {NULL, NULL, NULL};
    for (int s = 0; s < slots; ++s)
        slot[s] = matrix(j->r, j->where, 1, n, n, e->fill == FILL_WILD ? FILL_TINY : FILL_POSITIVE);
    if (e->rule.kind == OPT_RMSPROP && e->rule.centered)
        for (int64_t i = 0; i < n; ++i)
            slot[slots - 1][i] *= (real)0.125; /* a mean is below the root of the spread */
    if (e->code) {
        put_bad(e->code, &w[PANEL + e->depth], &g[PANEL + e->depth]);
        put_bad(e->code, &w[2 * PANEL + e->depth], &g[2 * PANEL + e->depth]);
        put_bad(e->code, &w[3 * PANEL - 1 - e->depth], &g[3 * PANEL - 1 - e->depth]);
    }
    int any_bad = 0, each_good[256];
    for (int64_t i = 0; i < n; ++i) {
        real old[4] = {w[i], slots > 0 ? slot[0][i] : 0, slots > 1 ? slot[1][i] : 0,
                       slots > 2 ? slot[2][i] : 0},
             new[4];
        memcpy(new, old, sizeof old);
        for (int s = 0; s < 4; ++s) before[s][i] = old[s];
        const int good = simple_update(&e->rule, &new[0], g[i], &new[1], &new[2], &new[3]);
        for (int s = 0; s < 4; ++s) expected[s][i] = stored(good ? new[s] : old[s]);
        each_good[i] = good;
        any_bad |= !good;
    }
    update_columns(j, before, g, expected, each_good);
    const int bad = j->k->update(&e->rule, n, PANEL, w, g, slot);
    check((bad != 0) == any_bad, "says %d about values that are not finite, expected %d", bad, any_bad);
    check_formula(w, expected[0], n, "weights");
    record_word(j->out, bad != 0);
    record_matrix(j, w, 1, n, n, 1);
    for (int s = 0; s < slots; ++s) {
        check_formula(slot[s], expected[s + 1], n, "slot");
        record_matrix(j, slot[s], 1, n, n, 1);
    }
}
