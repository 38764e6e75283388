/* See skip_zeros.h. A list by row is cut into blocks of inputs, so that the weights of a block stay in the
 * first-level cache while all rows pass by; a list by input is cut at the chunks of the batch. */
#include "skip_zeros.h"

#include <string.h>

#define SPARSE_BLOCK 64         /* inputs whose weights, sparse_panels wide, fit the first-level cache */
#define SPARSE_SHARE 0.4        /* of elements that are not zero: beyond it, tiles are faster */
#define DENSE_ROW INT32_MAX     /* as the length of a list: it was given up */
#define SPARSE_CACHE (24 << 10) /* bytes of d that stay in the first-level cache beside everything else */

static inline int64_t sparse_blocks(const pynn_net *net) { return ceil_div(net->inputs, SPARSE_BLOCK); }
static inline int32_t *ints_at(const pynn_net *net, int64_t offset) {
    return (int32_t *)(void *)work_at(net, offset);
}
/* Where the blocks of row r's list begin; the last one is its end. */
static inline int32_t *row_starts(const pynn_net *net, int64_t r) {
    return ints_at(net, net->by_row.start) + r * (sparse_blocks(net) + 1);
}

static int sparse_worth_listing(const pynn_net *net) {
    return net->layers[0].kind == PYNN_DENSE && net->inputs >= SPARSE_BLOCK && net->layers[0].out > 2 * PANEL;
}
static int sparse_possible(const step_context *s) { return s->net->by_row.k > 0 && s->batch > 1; }

static void sparse_list_row(const step_context *s, int64_t r, const real *x) {
    const pynn_net *net = s->net;
    const int64_t at = r * net->by_row.ld, blocks = sparse_blocks(net);
    int32_t *k = ints_at(net, net->by_row.k) + at, *start = row_starts(net, r);
    real *value = work_at(net, net->by_row.value) + at;
    int64_t count = 0;
    for (int64_t b = 0; b < blocks; ++b) {
        const int64_t first = b * SPARSE_BLOCK, n = least(SPARSE_BLOCK, net->inputs - first);
        start[b] = (int32_t)count;
        count += s->k->list_nonzeros(n, x + first, (int32_t)first, k + count, value + count);
        if (2 * count < first + n + SPARSE_BLOCK) continue;
        start[blocks] = DENSE_ROW;
        return;
    }
    start[blocks] = (int32_t)count;
}

static int sparse_decide(const step_context *s) {
    const int64_t blocks = sparse_blocks(s->net);
    double count = 0;
    for (int64_t r = 0; r < s->batch; ++r) {
        const int32_t of_row = row_starts(s->net, r)[blocks];
        if (of_row == DENSE_ROW) return 0; /* its list is not complete */
        count += of_row;
    }
    return count <= SPARSE_SHARE * (double)s->batch * (double)s->net->inputs;
}

static inline int32_t *input_starts(const pynn_net *net, int64_t chunk) {
    return ints_at(net, net->by_input.start) + chunk * ceil16(net->inputs);
}

/* One block of inputs: its 64 lists stay in the first-level cache while the rows are gone through. */
static void transpose_block(const step_context *s, int64_t b) {
    const pynn_net *net = s->net;
    const pynn_lists *from = &net->by_row, *to = &net->by_input;
    const int64_t first = b * SPARSE_BLOCK, n = least(SPARSE_BLOCK, net->inputs - first), ld = to->ld;
    const int32_t *restrict k = ints_at(net, from->k), *start = row_starts(net, 0) + b;
    const real *restrict value = work_at(net, from->value);
    int32_t *restrict k_to = ints_at(net, to->k) + first * ld, count[SPARSE_BLOCK] = {0};
    real *restrict value_to = work_at(net, to->value) + first * ld;
    memset(input_starts(net, 0) + first, 0, (size_t)n * sizeof(int32_t));
    for (int64_t chunk = 0; chunk * CHUNK < s->batch; ++chunk) {
        for (int64_t r = chunk * CHUNK; r < least((chunk + 1) * CHUNK, s->batch); ++r) {
            const int32_t *of_row = start + r * (sparse_blocks(net) + 1);
            for (int64_t e = r * from->ld + of_row[0]; e < r * from->ld + of_row[1]; ++e) {
                const int64_t i = k[e] - first, at = i * ld + count[i]++;
                k_to[at] = (int32_t)r;
                value_to[at] = value[e];
            }
        }
        memcpy(input_starts(net, chunk + 1) + first, count, (size_t)n * sizeof(int32_t));
    }
}

static void sparse_transpose(const step_context *s) {
    const range blocks = share(sparse_blocks(s->net), 1, s->team);
    for (int64_t b = blocks.from; b < blocks.to; ++b) transpose_block(s, b);
}

static void sparse_forward(const step_context *s, const forward_product *p, range rows, range cols,
                           const cancel_check *cancel, strip_done done, void *arg) {
    const pynn_net *net = s->net;
    const range all = {cols.from / PANEL, ceil_div(cols.to, PANEL)};
    const parts groups = in_parts(all, s->k->sparse_panels);
    for (int64_t g = 0; g < groups.count; ++g) {
        const range panel = part(&groups, g), c = {panel.from * PANEL, least(panel.to * PANEL, cols.to)};
        if (cancel && cancel->requested(cancel->arg)) return;
        for (int64_t b = 0; b < sparse_blocks(net); ++b) {
            const sparse_operands o = {
                .k = ints_at(net, net->by_row.k) + rows.from * net->by_row.ld,
                .value = work_at(net, net->by_row.value) + rows.from * net->by_row.ld,
                .ld = net->by_row.ld,
                .first = row_starts(net, rows.from) + b,
                .last = row_starts(net, rows.from) + b + 1,
                .step = sparse_blocks(net) + 1,
                .b = p->w + packed_at(p->in, 0, c.from),
                .b_panel = weight_stride(p->in),
                .bias = p->bias + c.from,
                .c = p->z + rows.from * p->z_row + panel.from * p->z_panel,
                .c_row = p->z_row,
                .c_panel = p->z_panel,
                .start = b ? START_RESUME : START_BIAS,
            };
            s->k->sparse_rows((int)(panel.to - panel.from), rows.to - rows.from, &o);
        }
        if (done) done(arg, rows, c);
    }
}

static void sparse_forward_row(const step_context *s, const forward_product *p, range cols, strip_done done,
                               void *arg) {
    const int64_t room = ceil16(p->in) + PANEL;
    real *x = s->scratch, *value = x + room;
    int32_t *k = (int32_t *)(void *)(value + room), none = 0;
    for (int64_t c = 0; c < p->in; c += PANEL) memcpy(x + c, panel_at(&p->x, 0, c), PANEL * sizeof(real));
    int32_t count = (int32_t)s->k->list_nonzeros(p->in, x, 0, k, value);
    const range all = {cols.from / PANEL, ceil_div(cols.to, PANEL)};
    const parts groups = in_parts(all, s->k->sparse_panels);
    for (int64_t g = 0; g < groups.count; ++g) {
        const range panel = part(&groups, g), c = {panel.from * PANEL, least(panel.to * PANEL, cols.to)};
        const sparse_operands o = {
            .k = k,
            .value = value,
            .first = &none,
            .last = &count,
            .b = p->w + packed_at(p->in, 0, c.from),
            .b_panel = weight_stride(p->in),
            .bias = p->bias + c.from,
            .c = p->z + panel.from * p->z_panel,
            .c_panel = p->z_panel,
            .start = START_BIAS,
            .far = 1,
        };
        s->k->sparse_rows((int)(panel.to - panel.from), 1, &o);
        if (done) done(arg, (range){0, 1}, c);
    }
}

static void sparse_weights(const step_context *s, const weight_product *p, range i, range c, real *scratch) {
    const pynn_net *net = s->net;
    const int64_t m = i.to - i.from, panels_c = ceil_div(c.to - c.from, PANEL), n = m * panels_c * PANEL;
    int open = 0;
    for (int64_t chunk = 0; chunk * CHUNK < p->batch; ++chunk) {
        const sparse_operands o = {
            .k = ints_at(net, net->by_input.k) + i.from * net->by_input.ld,
            .value = work_at(net, net->by_input.value) + i.from * net->by_input.ld,
            .ld = net->by_input.ld,
            .first = input_starts(net, chunk) + i.from,
            .last = input_starts(net, chunk + 1) + i.from,
            .step = 1,
            .b = panel_at(&p->d, 0, c.from),
            .b_panel = p->d.stride,
            .c = scratch + open * n,
            .c_row = PANEL,
            .c_panel = m * PANEL,
            .start = START_ZERO,
        };
        s->k->sparse_rows((int)panels_c, m, &o);
        open = tree_join(s->k, scratch, open + 1, chunk, n);
    }
    tree_close(s->k, scratch, open, n);
}

/* As many panels of d as stay in the first-level cache while the inputs pass by, but at least 4: fewer chains
 * would wait for each other. All strips alike. */
static int64_t sparse_strip(const step_context *s, int64_t out) {
    const int64_t fit = SPARSE_CACHE / (s->batch * PANEL * (int64_t)sizeof(real)), all = ceil_div(out, PANEL);
    const int64_t most = least(s->k->sparse_panels, fit > 4 ? fit : 4), strips = ceil_div(all, most);
    return ceil_div(all, strips) * PANEL;
}
