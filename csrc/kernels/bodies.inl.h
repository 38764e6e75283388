/* The kernel bodies, in reading order, and the macro that lists them as a table. Included by each
 * isa_*.c after its vocabulary; every function is static, so code compiled for one instruction set is never
 * linked into the table of another. */
#include "across.inl.h"
#include "vmath.inl.h"
#include "tile.inl.h"
#include "elementwise.inl.h"
#include "sparse_rows.inl.h"
#include "row.inl.h"
#include "normalize.inl.h"
#include "loss_rows.inl.h"
#include "loss_narrow.inl.h"
#include "update.inl.h"

_Static_assert(SPARSE <= SPARSE_MOST && NR <= STRIP_MOST,
               "memory is laid out for these bounds; see kernels.h");
_Static_assert(KC > 0 && KC % PANEL == 0, "blocks over k begin with a panel");

#define KERNELS(isa_name, isa_needs)                                                                    \
    {                                                                                                   \
        .name = isa_name, .needs = isa_needs, .real_bits = REAL_BITS, .width = W, .mr = MR, .nr = NR,   \
        .kc = KC, .sparse_panels = SPARSE, .tile = tile, .list_nonzeros = list_nonzeros,                \
        .sparse_rows = sparse_rows, .inputs_row = inputs_row, .act_forward = act_forward,               \
        .act_backward = act_backward, .softmax_forward = softmax_forward,                               \
        .softmax_backward = softmax_backward, .loss = loss, .update = update, .affine = affine,         \
        .col_sum = col_sum, .axpy = axpy, .add_signs = add_signs, .norm_forward = norm_forward,         \
        .norm_backward = norm_backward, .norm_sums = norm_sums, .deviation_squares = deviation_squares, \
        .row_moments = row_moments, .row_slopes = row_slopes, .add = add, .sum_squares = sum_squares,   \
        .sum_sizes = sum_sizes, .transpose = transpose, .unary = unary, .fma_chains = fma_chains        \
    }
