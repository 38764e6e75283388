/* Cases of the two entries that skip zeros. Lists are checked against a plain loop; products over lists
 * against one scalar chain over what is listed, to the bit, and against the chain over all elements, up to
 * the sign of a zero. What stands between the lists is NaN with the number -1: whoever reads it shows it. Run
 * by entry_checks.inl.h, like the cases of entry_cases.inl.h. */

/* An element of A: not zero in `share` of 100 cases; zeros of both signs. */
static real sparse_real(rng *r, int share, enum fill fill) {
    if (rng_below(r, 100) < share) return random_real(r, fill);
    return rng_below(r, 2) ? 0 : -(real)0;
}

/* k and value have room for 16 places beyond the count, and not for one more. */
static void sparse_case(const job *j) {
    const int64_t n = j->e->cols;
    const int32_t first = (int32_t)(j->e->pad * 1000);
    real *x = guarded((size_t)n * sizeof *x, j->where), expected[256];
    int32_t place[256];
    int64_t count = 0, wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
        x[i] = sparse_real(j->r, j->e->code, j->e->fill);
        if (!(x[i] == 0)) place[count] = first + (int32_t)i, expected[count++] = x[i];
    }
    int32_t *k = guarded((size_t)(count + 16) * sizeof *k, j->where);
    real *value = guarded((size_t)(count + 16) * sizeof *value, j->where);
    const int64_t found = j->k->list_nonzeros(n, x, first, k, value);
    check(found == count, "%lld of %lld found, expected %lld", (long long)found, (long long)n,
          (long long)count);
    if (found != count) return;
    for (int64_t i = 0; i < count; ++i) wrong += k[i] != place[i], record_word(j->out, (uint64_t)k[i]);
    check(!wrong, "%lld of %lld places", (long long)wrong, (long long)count);
    check_formula(value, expected, count, "values");
    record_word(j->out, (uint64_t)count);
    RECORD(j->out, value, count);
    count_values(1, 0);
}

/* The operands of one product over lists, and A itself, zeros and all. */
typedef struct sparse_product {
    int64_t rows, panels, depth;
    real *a; /* [rows][depth] */
    sparse_operands o;
} sparse_product;

static int64_t sparse_c_index(const sparse_operands *o, int64_t r, int64_t c) {
    return c / PANEL * o->c_panel + r * o->c_row + c % PANEL;
}

/* Row r's list begins at r * ld + r % 2; the arrays end with the last row's list. */
static void sparse_lists(const job *j, sparse_product *p) {
    const int64_t ld = p->depth + 2, step = 1 + j->e->pad, ends = p->rows > 0 ? (p->rows - 1) * step + 1 : 0;
    int64_t extent = 0;
    for (int64_t r = 0; r < p->rows; ++r) {
        extent = r * ld + r % 2;
        for (int64_t i = 0; i < p->depth; ++i) extent += !(p->a[r * p->depth + i] == 0);
    }
    int32_t *k = guarded((size_t)extent * sizeof *k, j->where);
    real *value = guarded((size_t)extent * sizeof *value, j->where);
    int32_t *first = guarded((size_t)ends * sizeof *first, j->where);
    int32_t *last = guarded((size_t)ends * sizeof *last, j->where);
    for (int64_t r = 0; r < p->rows; ++r) {
        int32_t end = first[r * step] = (int32_t)(r % 2);
        for (int64_t i = 0; i < p->depth; ++i) {
            const real a = p->a[r * p->depth + i];
            if (!(a == 0)) k[r * ld + end] = (int32_t)i, value[r * ld + end++] = a;
        }
        last[r * step] = end;
    }
    p->o.k = k, p->o.value = value, p->o.ld = ld, p->o.first = first, p->o.last = last, p->o.step = step;
}

/* What the list gives and what all elements give. Returns how many results differ: in bits from the first, by
 * more than the sign of a zero from the second. */
static int64_t sparse_wrong(const sparse_product *p, const real *start, const real *c) {
    int64_t wrong = 0;
    for (int64_t r = 0; r < p->rows; ++r)
        for (int64_t q = 0; q < p->panels * PANEL; ++q) {
            const sparse_operands *o = &p->o;
            const real *b = o->b + q / PANEL * o->b_panel + q % PANEL, found = c[r * p->panels * PANEL + q];
            real listed = start[r * p->panels * PANEL + q], all = listed;
            for (int64_t e = o->first[r * o->step]; e < o->last[r * o->step]; ++e)
                listed = FMA_REAL(o->value[r * o->ld + e], b[o->k[r * o->ld + e] * PANEL], listed);
            for (int64_t i = 0; i < p->depth; ++i) all = FMA_REAL(p->a[r * p->depth + i], b[i * PANEL], all);
            wrong += !same_bits(found, listed) || !(same_bits(found, all) || (found == 0 && all == 0));
        }
    return wrong;
}

/* As many panels at a time as the table takes, up to all: the record is the same from every table. */
static void sparse_rows_case(const job *j) {
    enum { MOST_ROWS = 18, MOST_DEPTH = 100, MOST = MOST_ROWS * SPARSE_MOST * PANEL };
    static real a[MOST_ROWS * MOST_DEPTH], start[MOST], result[MOST];
    const entry_case *e = j->e;
    sparse_product p = {.rows = e->rows, .panels = e->cols, .depth = e->depth, .a = a};
    const int64_t wide = p.panels * PANEL;
    for (int64_t i = 0; i < p.rows * p.depth; ++i) /* every third row is empty */
        a[i] = sparse_real(j->r, i / p.depth % 3 == 1 ? 0 : e->code, e->fill);
    sparse_lists(j, &p);
    p.o.b_panel = p.depth * PANEL + e->pad, p.o.far = e->labels, p.o.start = (enum tile_start)e->second;
    p.o.b = matrix(j->r, j->where, p.panels, p.depth * PANEL, p.o.b_panel, FILL_WIDE);
    p.o.bias = matrix(j->r, j->where, 1, e->second == START_BIAS ? wide : 0, wide, FILL_WIDE);
    const int64_t lines = e->in_place || !p.rows ? p.rows : p.panels,
                  length = e->in_place ? wide : p.rows * PANEL;
    const ptrdiff_t ld = length + e->pad; /* in_place: C lies as rows, else in panels */
    real *c = p.o.c = matrix(j->r, j->where, lines, length, ld, FILL_WIDE);
    p.o.c_row = e->in_place ? ld : PANEL, p.o.c_panel = e->in_place ? PANEL : ld;
    for (int64_t i = 0; i < p.rows * wide; ++i)
        start[i] = e->second == START_ZERO   ? 0
                   : e->second == START_BIAS ? p.o.bias[i % wide]
                                             : c[sparse_c_index(&p.o, i / wide, i % wide)];
    for (int64_t q = 0, n; q < p.panels; q += n) {
        sparse_operands o = p.o;
        n = p.panels - q < j->k->sparse_panels ? p.panels - q : j->k->sparse_panels;
        o.b += q * o.b_panel, o.c += q * o.c_panel, o.bias += e->second == START_BIAS ? q * PANEL : 0;
        j->k->sparse_rows((int)n, p.rows, &o);
    }
    for (int64_t i = 0; i < p.rows * wide; ++i) result[i] = c[sparse_c_index(&p.o, i / wide, i % wide)];
    const int64_t wrong = sparse_wrong(&p, start, result);
    check(!wrong, "%lld of %lld x %lld results", (long long)wrong, (long long)p.rows, (long long)wide);
    check(gaps_intact(c, lines, length, ld), "wrote between the lines of C");
    RECORD(j->out, result, p.rows * wide);
    count_values(1, 0);
}
