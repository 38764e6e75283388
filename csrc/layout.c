/* Where everything lies: the parameters' tensors, and the workspace of a batch. The one place that computes
 * an offset; the caller allocates what comes out. For L layers, up to `rows` rows and T threads, from the
 * left:
 *
 *   | x | layer 0: y z a m d dt stats | ... | layer L-1 | t | slope | label | scale value metric | norms
 * sizes | | by_row: k value start | by_input: k value start | scratch 0 | ... | scratch T-1 |
 *
 *   x           gathered inputs, panels                  t          dense targets, rows
 *   y, z        outputs; z apart only where it is read    slope      dL/dz of the last layer as rows
 *   a, m        after dropout, its multipliers            label      class numbers
 *   d, dt       dL/dz, and transposed                     scale ..   of each row: weight, loss, metrics
 *   stats       of a normalization, see norm.c            by_row ..  lists of what is not zero in x
 *
 * A region begins on a cache line. What is not needed (dropout's a and m; d in a prediction) has no region:
 * its offset is another one's, or 0. In a guarded build a canary of 64 reals stands behind each region. */
#include "layout.h"

#include "kinds.h"
#include "norm.h"
#include "skip_zeros.h"

#include <string.h>

#define LARGEST ((int64_t)1 << 40) /* elements of one array: refused long before memory is asked for */
#define REGION 64                  /* elements that regions are a multiple of: cache lines, in either type */
#define SPARSE_ROWS 1024           /* in larger batches the lists would take more room than they are worth */

_Static_assert(REGION % PANEL == 0, "a cache line of floats; doubles lie in these arrays, too");

#ifdef PYNN_GUARDED
enum { CANARY = REGION };
#else
enum { CANARY = 0 };
#endif

enum walk { MEASURE, WRITE_CANARIES, CHECK_CANARIES };
typedef struct layout {
    pynn_net *net;
    enum walk walk;
    int64_t top, regions;
    int64_t refused; /* the first size that was too large */
    int64_t overrun; /* the first region whose canary is gone */
} layout;

/* a * b elements, or more than LARGEST. */
static int64_t times(int64_t a, int64_t b) { return a > 0 && b > LARGEST / a ? LARGEST + 1 : a * b; }
static int64_t largest_of(int64_t a, int64_t b) { return a < b ? b : a; }

static void canary(layout *w, int64_t at, int64_t end) {
    unsigned char *byte = (unsigned char *)work_at(w->net, at), *last = (unsigned char *)work_at(w->net, end);
    if (w->walk == WRITE_CANARIES) memset(byte, 0xA5, (size_t)(last - byte));
    for (; w->walk == CHECK_CANARIES && byte < last; ++byte)
        if (*byte != 0xA5 && !w->overrun) w->overrun = w->regions;
}

static int64_t take(layout *w, int64_t elements) {
    if (elements > LARGEST || w->refused) {
        if (!w->refused) w->refused = elements;
        return 0;
    }
    const int64_t at = w->top, end = at + elements;
    w->top = ceil_div(end + CANARY, REGION) * REGION;
    ++w->regions;
    if (CANARY && w->walk != MEASURE) canary(w, end, w->top);
    return at;
}
static int64_t take_doubles(layout *w, int64_t n) {
    return take(w, times(n, (int64_t)(sizeof(double) / sizeof(real))));
}
static int64_t take_panels(layout *w, int64_t rows, int64_t cols) {
    return take(w, times(rows, ceil16(cols)));
}

/* ---- parameters ---- */
static int64_t parameters(pynn_net *net) {
    int64_t at = 0, norm = 0;
    for (int l = 0; l < net->n_layers; ++l) {
        pynn_layer *layer = &net->layers[l];
        layer->n_tensors = layer->takes_transposed = 0;
        kind_of(net, l)->parameters(layer);
        for (int i = 0; i < layer->n_tensors; ++i) {
            pynn_tensor *t = &layer->tensor[i];
            const int64_t size = times(ceil_div(t->cols, PANEL), times(t->rows | 1, PANEL));
            if (size > LARGEST - at) return -size;
            t->at = at, t->norm = norm;
            at += size;
            norm += norm_places(t);
        }
    }
    net->n_params = at;
    return at;
}

static int64_t count_norms(const pynn_net *net) {
    int64_t n = 0;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i) n += norm_places(&net->layers[l].tensor[i]);
    return n;
}

/* ---- the workspace ---- */
static int keeps_z(const pynn_net *net, int l) {
    const pynn_layer *layer = &net->layers[l];
    const enum activation a = (enum activation)layer->activation;
    if (net->keep_z || slope_reads_z(a, (real)layer->alpha)) return 1;
    return is_last(net, l) && loss_form_of((enum loss)net->loss, a) != GENERAL;
}

static void lay_out_layer(layout *w, int l) {
    const pynn_net *net = w->net;
    pynn_layer *layer = &net->layers[l];
    const int64_t rows = is_last(net, l) ? net->rows : net->ld; /* the last one's z and y lie as rows */
    const int drops = layer->dropout > 0 && net->training && !is_last(net, l);
    layer->ld = ceil16(layer->out);
    layer->y = take_panels(w, rows, layer->out);
    layer->z = keeps_z(net, l) ? take_panels(w, rows, layer->out) : layer->y;
    layer->a = drops ? take_panels(w, rows, layer->out) : layer->y;
    layer->m = drops ? take_panels(w, rows, layer->out) : 0;
    layer->d = net->training ? take_panels(w, net->ld, layer->out) : 0;
    layer->dt = net->training ? take_panels(w, ceil16(layer->out), net->rows) : 0;
    const layer_kind *kind = kind_of(net, l);
    layer->stats = kind->stats ? take(w, kind->stats(layer, net->rows)) : 0;
}

static void lay_out_lists(layout *w) {
    pynn_net *net = w->net;
    net->by_row = net->by_input = (pynn_lists){0};
    if (net->no_lists || net->rows > SPARSE_ROWS || !sparse_worth_listing(net)) return;
    const int64_t inputs = ceil16(net->inputs),
                  room = inputs + PANEL; /* a list is written in whole vectors */
    net->by_row.ld = room;
    net->by_row.k = take(w, times(net->rows, room));
    net->by_row.value = take(w, times(net->rows, room));
    net->by_row.start = take(w, times(net->rows, sparse_blocks(net) + 1));
    if (!net->training) return;
    net->by_input.ld = net->rows;
    net->by_input.k = take(w, times(net->rows, inputs));
    net->by_input.value = take(w, times(net->rows, inputs));
    net->by_input.start = take(w, times(ceil_div(net->rows, CHUNK) + 1, inputs));
}

/* The most that one thread needs at a time: open nodes of a gradient's block (one for each level of the tree
 * over chunks, one in work, and a block to be transposed); three rows of the widest layer; a strip of W
 * transposed. */
static int64_t scratch_size(const pynn_net *net) {
    int64_t levels = 1, widest = net->inputs;
    for (int64_t chunks = ceil_div(net->rows, CHUNK); chunks; chunks /= 2) ++levels;
    for (int l = 0; l < net->n_layers; ++l) widest = largest_of(widest, net->layers[l].out);
    const int64_t block = PANEL * largest_of(SPARSE_MOST * PANEL, STRIP_MOST);
    const int64_t nodes = block * levels + PANEL * PANEL, lines = 3 * (ceil16(widest) + PANEL);
    const int64_t strip = STRIP_MOST * (least(widest, TRANSPOSED_OUTPUTS) | 1);
    return largest_of(largest_of(nodes, lines), largest_of(strip, norm_scratch(net->rows)));
}

static void lay_out(layout *w) {
    pynn_net *net = w->net;
    const int64_t wide = ceil16(net->layers[net->n_layers - 1].out);
    net->ld = net->rows | 1;
    net->x = take_panels(w, net->ld, net->inputs);
    for (int l = 0; l < net->n_layers; ++l) lay_out_layer(w, l);
    net->t = take(w, times(net->rows, wide));
    net->slope = net->layers[net->n_layers - 1].d; /* one panel is rows as well */
    if (net->training && wide > PANEL) net->slope = take(w, times(net->rows, wide));
    net->label = take(w, net->rows); /* int32 fits in either type */
    net->row_scale = take_doubles(w, net->rows);
    net->row_value = take_doubles(w, net->rows);
    net->row_metric = take_doubles(w, net->rows * PYNN_METRICS);
    net->norms = take_doubles(w, count_norms(net));
    net->sizes = take_doubles(w, count_norms(net));
    lay_out_lists(w);
    const int64_t size = scratch_size(net), first = w->top;
    net->scratch = first;
    for (int t = 0; t < net->threads; ++t) {
        take(w, size);
        if (t == 0) net->scratch_stride = w->top - first;
    }
}

static int64_t workspace(pynn_net *net, int64_t rows, int threads, int training, int keep_z) {
    if (rows > LARGEST) return -rows;
    net->rows = rows, net->threads = threads, net->training = training, net->keep_z = keep_z;
    layout w = {.net = net};
    lay_out(&w);
    return w.refused ? -w.refused : w.top;
}

static int64_t guards(pynn_net *net, int check) {
    layout w = {.net = net, .walk = check ? CHECK_CANARIES : WRITE_CANARIES};
    if (CANARY && net->work && net->rows > 0) lay_out(&w);
    return w.overrun;
}
