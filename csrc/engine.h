/* The engine's entry points for one storage type, as a table: what api.c chooses from. The bodies are in
 * train.c and test_hooks.c; engine_f32.c and engine_f64.c compile all rooms for their type. */
#ifndef PYNN_ENGINE_H
#define PYNN_ENGINE_H

#include "pynn.h"

typedef struct engine {
    int64_t (*parameters)(pynn_net *);
    int64_t (*workspace)(pynn_net *, int64_t, int, int, int);
    int64_t (*guards)(pynn_net *, int);
    int (*team)(const pynn_net *, const pynn_run *, int64_t, int);
    pynn_status (*train)(const pynn_net *, const pynn_data *, const pynn_steps *, const pynn_run *,
                         pynn_totals *, int64_t *);
    pynn_status (*gradients)(const pynn_net *, const pynn_data *, int64_t, const pynn_run *, pynn_totals *);
    pynn_status (*forward)(const pynn_net *, const pynn_data *, int64_t, void *, const pynn_run *, double *,
                           int64_t *);
    double (*penalty)(const pynn_net *, const pynn_run *);
    void (*tree_total)(const double *, pynn_totals *);
    void (*pack)(const pynn_net *, const void *, void *);
    void (*unpack)(const pynn_net *, const void *, void *);
    void (*test_product)(const void *, int, int64_t, int64_t, int64_t, const void *, const void *,
                         const void *, void *, void *, int);
    void (*test_unary)(const void *, int, int64_t, const void *, void *);
    double (*fma_flop)(const void *, int64_t);
} engine;

extern const engine engine_f32, engine_f64;

#endif
