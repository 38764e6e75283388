/* The update rules: one step of an optimizer over a run of parameters and their gradients. The formulas and
 * the order of their operations are in kernels.h. Layers are not known here; optim.c computes the scalars. */

/* Norm scaling, l2, l1 and clipping by value, in this order. plain: none of them is used; then g itself has
 * the same effect as fma(0, w, 1*g), from which it can only differ in the sign of a zero. */
ALWAYS_INLINE vec rule_gradient(const update_rule *u, const int plain, vec w, vec g) {
    if (plain) return g;
    g = v_fma(v_set1(u->l2), w, v_mul(v_set1(u->scale), g));
    if (u->l1 > 0) g = v_fma(v_set1(u->l1), sign_of(w), g);
    if (u->clip > 0) {
        const vec high = v_set1(u->clip), low = v_set1(-u->clip);
        g = v_select(v_lt(g, low), low, v_select(v_lt(high, g), high, g));
    }
    return g;
}

typedef struct step {
    vec w, slot[3];
} step;

ALWAYS_INLINE step sgd(const update_rule *u, const int n_slots, step s, vec g) {
    const vec rate = v_set1(u->rate);
    if (n_slots == 0) {
        s.w = v_fnma(rate, g, s.w);
        return s;
    }
    const vec momentum = v_set1(u->momentum), v = v_fnma(rate, g, v_mul(momentum, s.slot[0]));
    s.w = v_add(s.w, u->nesterov ? v_fnma(rate, g, v_mul(momentum, v)) : v);
    s.slot[0] = v;
    return s;
}

/* What the rules with moments begin with. */
ALWAYS_INLINE vec decayed(const update_rule *u, vec w) { return v_fnma(v_set1(u->decay), w, w); }
ALWAYS_INLINE vec first_moment(const update_rule *u, vec m, vec g) {
    return v_fma(v_set1(u->one_minus_beta1), v_sub(g, m), m);
}
ALWAYS_INLINE vec second_moment(const update_rule *u, vec v, vec g) {
    return v_fma(v_set1(u->one_minus_beta2), v_sub(v_mul(g, g), v), v);
}

ALWAYS_INLINE step adam(const update_rule *u, const int n_slots, step s, vec g) {
    const vec m = s.slot[0] = first_moment(u, s.slot[0], g);
    vec v = s.slot[1] = second_moment(u, s.slot[1], g);
    if (n_slots > 2) v = s.slot[2] = v_greater(s.slot[2], v); /* amsgrad */
    const vec root = v_add(v_sqrt(v), v_set1(u->epsilon));
    s.w = v_sub(decayed(u, s.w), v_div(v_mul(v_set1(u->rate), m), root));
    return s;
}

ALWAYS_INLINE step nadam(const update_rule *u, step s, vec g) {
    const vec m = s.slot[0] = first_moment(u, s.slot[0], g);
    const vec v = s.slot[1] = second_moment(u, s.slot[1], g);
    const vec ahead = v_fma(v_set1(u->rate_g), g, v_mul(v_set1(u->rate_m), m));
    s.w = v_sub(decayed(u, s.w), v_div(ahead, v_fma(v_set1(u->root), v_sqrt(v), v_set1(u->epsilon))));
    return s;
}

ALWAYS_INLINE step adagrad(const update_rule *u, step s, vec g) {
    const vec v = s.slot[0] = v_fma(g, g, s.slot[0]);
    const vec root = v_sqrt(v_add(v, v_set1(u->epsilon)));
    s.w = v_sub(decayed(u, s.w), v_div(v_mul(v_set1(u->rate), g), root));
    return s;
}

ALWAYS_INLINE step adamax(const update_rule *u, step s, vec g) {
    const vec m = s.slot[0] = first_moment(u, s.slot[0], g);
    const vec most = s.slot[1] = v_greater(v_mul(v_set1(u->beta2), s.slot[1]), v_abs(g));
    s.w = v_sub(decayed(u, s.w), v_div(v_mul(v_set1(u->rate), m), v_add(most, v_set1(u->epsilon))));
    return s;
}

ALWAYS_INLINE step lion(const update_rule *u, step s, vec g) {
    const vec m = s.slot[0];
    const vec way = v_fma(v_set1(u->beta1), m, v_mul(v_set1(u->one_minus_beta1), g));
    s.w = v_fnma(v_set1(u->rate), sign_of(way), decayed(u, s.w));
    s.slot[0] = v_fma(v_set1(u->beta2), m, v_mul(v_set1(u->one_minus_beta2), g));
    return s;
}

ALWAYS_INLINE step rmsprop(const update_rule *u, step s, vec g) {
    const vec rho = v_set1(u->rho), rest = v_set1(u->one_minus_rho);
    vec spread = s.slot[0] = v_fma(rho, s.slot[0], v_mul(rest, v_mul(g, g)));
    if (u->centered) {
        vec *mean = &s.slot[u->momentum > 0 ? 2 : 1];
        *mean = v_fma(rho, *mean, v_mul(rest, g));
        spread = v_fnma(*mean, *mean, spread);
        spread = v_select(v_lt(spread, v_set1(0)), v_set1(0), spread); /* negative only by rounding */
    }
    vec move = v_div(v_mul(v_set1(u->rate), g), v_sqrt(v_add(spread, v_set1(u->epsilon))));
    if (u->momentum > 0) move = s.slot[1] = v_fma(v_set1(u->momentum), s.slot[1], move);
    s.w = v_sub(s.w, move);
    return s;
}

ALWAYS_INLINE step step_of(const update_rule *u, const enum optimizer kind, const int n_slots, step s,
                           vec g) {
    switch (kind) {
    case OPT_ADAM: return adam(u, n_slots, s, g);
    case OPT_RMSPROP: return rmsprop(u, s, g);
    case OPT_NADAM: return nadam(u, s, g);
    case OPT_ADAGRAD: return adagrad(u, s, g);
    case OPT_ADAMAX: return adamax(u, s, g);
    case OPT_LION: return lion(u, s, g);
    default: return sgd(u, n_slots, s, g);
    }
}

static inline mask is_finite(vec x) { return v_le(v_abs(x), v_set1(REAL_MAX)); }

/* The lanes whose new state is finite. sgd adds its slot to w, so w is finite only if the slot is; the other
 * rules divide by a slot, or take a sign, and w may be finite where a slot is not: theirs are checked, too.
 */
ALWAYS_INLINE mask step_is_finite(const enum optimizer kind, const int n_slots, const step *s) {
    mask good = is_finite(s->w);
    UNROLLED for (int k = 0; k < n_slots && kind != OPT_SGD; ++k) good = m_and(good, is_finite(s->slot[k]));
    return good;
}

/* An element is updated as a whole or not at all: w and its slots together. That one is not (its new state is
 * not finite) is so rare that only then the old values are loaded again, and that only then it is checked
 * whether the element lies within cols. `groups` vectors are processed together; span is cols in whole
 * vectors. */
ALWAYS_INLINE int update_run(const update_rule *u, const enum optimizer kind, const int n_slots,
                             const int plain, const int groups, int64_t n, int64_t span, int64_t cols,
                             real *w, const real *g, real *const slot[3]) {
    const update_rule rule = *u;
    real *const state[3] = {slot[0], slot[1], slot[2]};
    int bad = 0;
    for (int64_t p = 0; p < n; p += PANEL)
        for (int64_t i = p; i < p + span; i += groups * W) {
            step new[GROUPS];
            mask good = v_lt(v_set1(0), v_set1(1));
            UNROLLED for (int v = 0; v < groups; ++v) {
                const int64_t at = i + v * W;
                step old = {.w = v_load(w + at)};
                UNROLLED for (int k = 0; k < n_slots; ++k) old.slot[k] = v_load(state[k] + at);
                const vec g_at = rule_gradient(&rule, plain, old.w, v_load(g + at));
                new[v] = step_of(&rule, kind, n_slots, old, g_at);
                good = m_and(good, step_is_finite(kind, n_slots, &new[v]));
            }
            if (__builtin_expect(m_any(m_not(good)), 0)) {
                for (int v = 0; v < groups; ++v) {
                    const mask moves = step_is_finite(kind, n_slots, &new[v]);
                    bad |= m_any(m_and(m_not(moves), inside_mask((int)(p + cols - i) - v * W)));
                    new[v].w = v_select(moves, new[v].w, v_load(w + i + v * W));
                    for (int k = 0; k < n_slots; ++k)
                        new[v].slot[k] = v_select(moves, new[v].slot[k], v_load(state[k] + i + v * W));
                }
            }
            UNROLLED for (int v = 0; v < groups; ++v) {
                v_store(w + i + v * W, v_flush(new[v].w));
                UNROLLED for (int k = 0; k < n_slots; ++k)
                    v_store(state[k] + i + v * W, v_flush(new[v].slot[k]));
            }
        }
    return bad;
}

ALWAYS_INLINE int update_kind(const update_rule *u, const int plain, const int groups, int64_t n,
                              int64_t span, int64_t cols, real *w, const real *g, real *const slot[3]) {
    switch (u->kind) {
    case OPT_ADAM:
        return u->amsgrad ? update_run(u, OPT_ADAM, 3, plain, groups, n, span, cols, w, g, slot)
                          : update_run(u, OPT_ADAM, 2, plain, groups, n, span, cols, w, g, slot);
    case OPT_NADAM: return update_run(u, OPT_NADAM, 2, plain, groups, n, span, cols, w, g, slot);
    case OPT_ADAGRAD: return update_run(u, OPT_ADAGRAD, 1, plain, groups, n, span, cols, w, g, slot);
    case OPT_ADAMAX: return update_run(u, OPT_ADAMAX, 2, plain, groups, n, span, cols, w, g, slot);
    case OPT_LION: return update_run(u, OPT_LION, 1, plain, groups, n, span, cols, w, g, slot);
    case OPT_RMSPROP:
        switch ((u->momentum > 0) + (u->centered != 0)) {
        case 2: return update_run(u, OPT_RMSPROP, 3, plain, groups, n, span, cols, w, g, slot);
        case 1: return update_run(u, OPT_RMSPROP, 2, plain, groups, n, span, cols, w, g, slot);
        default: return update_run(u, OPT_RMSPROP, 1, plain, groups, n, span, cols, w, g, slot);
        }
    default:
        return u->momentum > 0 ? update_run(u, OPT_SGD, 1, plain, groups, n, span, cols, w, g, slot)
                               : update_run(u, OPT_SGD, 0, plain, groups, n, span, cols, w, g, slot);
    }
}

static int update(const update_rule *u, int64_t n, int64_t cols, real *w, const real *g,
                  real *const slot[3]) {
    const int plain = u->l1 == 0 && u->l2 == 0 && u->scale == 1 && !(u->clip > 0);
    if (cols <= PANEL - W) return update_kind(u, 0, 1, n, cols, cols, w, g, slot);
    return plain ? update_kind(u, 1, GROUPS, n, PANEL, cols, w, g, slot)
                 : update_kind(u, 0, GROUPS, n, PANEL, cols, w, g, slot);
}
