/* All rooms of the engine, from the lowest to the highest, for the storage type of this compile unit. */
#include "real.h"

#include "engine.h"

#include "data.c"
#include "gemm.c"
#include "skip_zeros.c"
#include "gradient.c"
#include "tail.c"
#include "dense.c"
#include "norm.c"
#include "kinds.c"
#include "loss.c"
#include "optim.c"
#include "model.c"
#include "layout.c"
#include "train.c"
#include "test_hooks.c"

const engine TYPED(engine) = {
    .parameters = parameters,
    .workspace = workspace,
    .guards = guards,
    .team = team_for,
    .train = train,
    .gradients = gradients,
    .forward = forward,
    .penalty = penalty_now,
    .tree_total = tree_total,
    .pack = pack,
    .unpack = unpack,
    .test_product = test_product,
    .test_unary = test_unary,
    .fma_flop = fma_flop,
};
