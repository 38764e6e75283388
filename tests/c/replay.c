/* Trains the golden networks without Python: reads cases that tests/golden_cases.py --export wrote (the plan,
 * the data, the first weights, the weights they must end in), runs them through pynn.h with every table
 * that runs here, several thread counts and both modes of backward, and compares bits. It is what
 * runs under emulators and sanitizers. Not a unit test: those are in kernel_test.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pynn.h"

static FILE *file;

static void fail(const char *why) {
    fprintf(stderr, "replay: %s\n", why);
    exit(2);
}
static void take(void *to, size_t size) {
    if (size && fread(to, 1, size, file) != size) fail("the file is too short");
}
static int64_t whole(void) {
    int64_t n;
    take(&n, sizeof n);
    return n;
}
static double number(void) {
    double x;
    take(&x, sizeof x);
    return x;
}
/* An array as the exporter writes it: its size in bytes, then the bytes. NULL if empty. */
static void *array(void) {
    const int64_t size = whole();
    if (!size) return NULL;
    void *a = aligned_alloc(64, ((size_t)size + 63) / 64 * 64);
    if (!a) fail("out of memory");
    take(a, (size_t)size);
    return a;
}
static void *zeros(int64_t n, int64_t item) {
    const size_t size = ((size_t)(n * item) + 127) / 64 * 64;
    void *a = aligned_alloc(64, size);
    if (!a) fail("out of memory");
    return memset(a, 0, size);
}

typedef struct golden {
    char name[64];
    pynn_net net;
    pynn_layer layers[16];
    pynn_data data;
    int64_t n_canonical, batch, epochs, max_threads;
    double rate;
    void *start;        /* of slots, canonical */
    void *first, *last; /* canonical weights before and after */
    int64_t *order;     /* [epochs][rows] */
} golden;

static void read_source(pynn_source *s, int64_t rows) {
    s->rows = rows;
    s->cols = whole();
    s->dtype = (int32_t)whole();
    s->row_stride = whole();
    s->base = array();
}

static int read_case(golden *g) {
    memset(g, 0, sizeof *g);
    if (fread(g->name, 1, sizeof g->name, file) != sizeof g->name) return 0;
    pynn_net *n = &g->net;
    n->real_bits = (int32_t)whole(), n->n_layers = (int32_t)whole(), n->inputs = whole();
    n->loss = (int32_t)whole(), n->sum_outputs = (int32_t)whole(), n->by_weight = (int32_t)whole();
    n->optimizer = (int32_t)whole(), n->nesterov = (int32_t)whole();
    n->centered = (int32_t)whole(), n->amsgrad = (int32_t)whole(), n->n_slots = (int32_t)whole();
    n->seed = (uint64_t)whole();
    g->n_canonical = whole(), g->batch = whole(), g->epochs = whole(), g->max_threads = whole();
    n->delta = array();
    n->input_dropout = number(), n->smoothing = number(), n->momentum = number();
    n->rho = number(), n->beta1 = number(), n->beta2 = number(), n->epsilon = number(),
    n->weight_decay = number();
    n->clipvalue = number(), n->clipnorm = number(), n->global_clipnorm = number(), g->rate = number();
    g->start = array();
    if (n->n_layers > 16) fail("too many layers");
    n->layers = g->layers;
    for (int i = 0; i < n->n_layers; ++i) {
        pynn_layer *l = &g->layers[i];
        l->kind = (int32_t)whole(), l->in = whole(), l->out = whole(), l->activation = (int32_t)whole();
        l->use_bias = (int32_t)whole(), l->center = (int32_t)whole(), l->scale = (int32_t)whole();
        l->trainable = (int32_t)whole();
        l->alpha = number(), l->l1 = number(), l->l2 = number(), l->dropout = number();
        l->epsilon = number(), l->momentum = number();
    }
    n->scale = array(), n->offset = array();
    const int64_t rows = whole();
    read_source(&g->data.x, rows);
    read_source(&g->data.y, rows);
    g->data.label = array(), g->data.weight = array();
    g->first = array(), g->last = array(), g->order = array();
    return 1;
}

/* Trains from the first weights; returns nonzero if the last ones come out, to the bit. */
static int replay(golden *g, const void *table, int threads, int store) {
    const int64_t item = g->net.real_bits / 8, rows = g->data.x.rows,
                  steps = (rows + g->batch - 1) / g->batch;
    pynn_net *n = &g->net;
    pynn_parameters(n);
    n->params = zeros(n->n_params, item), n->grads = zeros(n->n_params, item);
    n->work = zeros(pynn_layout(n, g->batch < rows ? g->batch : rows, threads, 1, 0), item);
    pynn_guards(n, 0);
    for (int i = 0; i < n->n_slots; ++i)
        n->slots[i] = zeros(n->n_params, item), pynn_pack(n, g->start, n->slots[i]);
    pynn_pack(n, g->first, n->params);
    double power[PYNN_POWERS] = {1, 1, 1}, *rates = zeros(steps, 8);
    for (int64_t s = 0; s < steps; ++s) rates[s] = g->rate;
    const pynn_run run = {
        .kernels = table, .threads = threads, .metrics = PYNN_ACCURACY_ARGMAX, .seconds = 1e9};
    pynn_totals totals = {0};
    int good = 1;
    for (int64_t epoch = 0; epoch < g->epochs; ++epoch) {
        const pynn_steps e = {.order = g->order + epoch * rows,
                              .n = rows,
                              .batch = g->batch,
                              .last = steps,
                              .epoch = (uint64_t)epoch,
                              .rate = rates,
                              .beta_power = power,
                              .store = store};
        int64_t done = 0;
        good &= pynn_train(n, &g->data, &e, &run, &totals, &done) == PYNN_OK && done == steps;
    }
    good &= pynn_guards(n, 1) == 0;
    void *end = zeros(g->n_canonical, item);
    pynn_unpack(n, n->params, end);
    good &= memcmp(end, g->last, (size_t)(g->n_canonical * item)) == 0;
    free(n->params), free(n->grads), free(n->work), free(rates), free(end);
    for (int i = 0; i < n->n_slots; ++i) free(n->slots[i]);
    return good;
}

static void release(golden *g) {
    free((void *)(uintptr_t)g->net.scale), free((void *)(uintptr_t)g->net.offset);
    free((void *)(uintptr_t)g->net.delta);
    free((void *)(uintptr_t)g->data.x.base), free((void *)(uintptr_t)g->data.y.base);
    free((void *)(uintptr_t)g->data.label), free((void *)(uintptr_t)g->data.weight);
    free(g->start), free(g->first), free(g->last), free(g->order);
}

int main(int argc, char **argv) {
    if (argc != 2 || !(file = fopen(argv[1], "rb"))) fail("usage: replay CASES");
    golden g;
    int passed = 0, failed = 0;
    while (read_case(&g)) {
        const int needs_store = g.net.clipnorm > 0 || g.net.global_clipnorm > 0;
        for (int i = 0; i < pynn_kernel_count(); ++i) {
            const void *table = pynn_kernel_table(i);
            if (pynn_kernel_bits(table) != g.net.real_bits || !pynn_kernel_runs_here(table)) continue;
            for (int threads = 1; threads <= 3; ++threads)
                for (int store = needs_store; store < 2; ++store) {
                    if (replay(&g, table, threads, store))
                        ++passed;
                    else if (++failed <= 20)
                        printf("FAILED: %s, float%d, %s, %d threads%s\n", g.name, g.net.real_bits,
                               pynn_kernel_name(table), threads, store ? ", stored gradients" : "");
                }
        }
        release(&g);
    }
    fclose(file);
    for (int i = 0; i < pynn_kernel_count(); ++i)
        if (pynn_kernel_runs_here(pynn_kernel_table(i)))
            printf("ran: %s, float%d\n", pynn_kernel_name(pynn_kernel_table(i)),
                   pynn_kernel_bits(pynn_kernel_table(i)));
    printf("replay: %d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
