/* The public calls of pynn.h, each handed to the engine of the network's storage type. No decisions here
 * but that one. */
#include "dispatch.h"
#include "engine.h"
#include "float_mode.h"
#include "parallel.h"

static const engine *engine_of(int real_bits) { return real_bits == 64 ? &engine_f64 : &engine_f32; }

int64_t pynn_parameters(pynn_net *net) { return engine_of(net->real_bits)->parameters(net); }

int64_t pynn_layout(pynn_net *net, int64_t rows, int threads, int training, int keep_z) {
    return engine_of(net->real_bits)->workspace(net, rows, threads, training, keep_z);
}

int64_t pynn_guards(pynn_net *net, int check) { return engine_of(net->real_bits)->guards(net, check); }

int pynn_guarded(void) {
#ifdef PYNN_GUARDED
    return 1;
#else
    return 0;
#endif
}

int pynn_team(const pynn_net *net, const pynn_run *run, int64_t rows, int training) {
    return engine_of(net->real_bits)->team(net, run, rows, training);
}

pynn_status pynn_train(const pynn_net *net, const pynn_data *data, const pynn_steps *steps,
                       const pynn_run *run, pynn_totals *totals, int64_t *done) {
    return engine_of(net->real_bits)->train(net, data, steps, run, totals, done);
}

pynn_status pynn_gradients(const pynn_net *net, const pynn_data *data, int64_t epoch, const pynn_run *run,
                           pynn_totals *totals) {
    return engine_of(net->real_bits)->gradients(net, data, epoch, run, totals);
}

pynn_status pynn_forward(const pynn_net *net, const pynn_data *data, int64_t first, void *out,
                         const pynn_run *run, double *tree, int64_t *done) {
    return engine_of(net->real_bits)->forward(net, data, first, out, run, tree, done);
}

double pynn_penalty(const pynn_net *net, const pynn_run *run) {
    const uint64_t mode = float_mode_set();
    const double value = engine_of(net->real_bits)->penalty(net, run);
    float_mode_restore(mode);
    return value;
}

void pynn_tree_total(const double *tree, pynn_totals *totals) { engine_f64.tree_total(tree, totals); }

void pynn_pack(const pynn_net *net, const void *canonical, void *packed) {
    engine_of(net->real_bits)->pack(net, canonical, packed);
}

void pynn_unpack(const pynn_net *net, const void *packed, void *canonical) {
    engine_of(net->real_bits)->unpack(net, packed, canonical);
}

void pynn_test_unary(const void *table, int fn, int64_t n, const void *x, void *y) {
    const uint64_t mode = float_mode_set();
    engine_of(pynn_kernel_bits(table))->test_unary(table, fn, n, x, y);
    float_mode_restore(mode);
}

void pynn_test_product(const void *table, int kind, int64_t m, int64_t n, int64_t k, const void *a,
                       const void *b, const void *bias, void *c, void *work, int threads) {
    engine_of(pynn_kernel_bits(table))->test_product(table, kind, m, n, k, a, b, bias, c, work, threads);
}

/* ---- the speed limit of the machine, measured ---- */
typedef struct peak_job {
    const void *table;
    double seconds, flop[64];
} peak_job;

static void peak_worker(team *t, void *arg) {
    peak_job *j = arg;
    const engine *e = engine_of(pynn_kernel_bits(j->table));
    team_barrier(t);
    const double begun = clock_seconds();
    double flop = 0;
    while (clock_seconds() - begun < j->seconds) flop += e->fma_flop(j->table, 1 << 14);
    j->flop[t->id % 64] = flop / (clock_seconds() - begun);
}

double pynn_fma_peak(const void *table, double seconds, int threads) {
    peak_job j = {.table = table, .seconds = seconds};
    parallel_run(threads < 64 ? threads : 64, peak_worker, &j);
    double sum = 0;
    for (int i = 0; i < 64; ++i) sum += j.flop[i];
    return sum;
}
