/* All kernel checks for one storage type: this file for float, kernel_suite_f64.c for double. */
#include "../../csrc/dispatch.h"
#include "../../csrc/kernels/kernels.h"
#include "harness.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fills.inl.h"
#include "tile_checks.inl.h"
#include "order_checks.inl.h"
#include "entry_cases.inl.h"
#include "update_cases.inl.h"
#include "sparse_cases.inl.h"
#include "norm_cases.inl.h"
#include "entry_checks.inl.h"

void TYPED(check_table)(const kernels *k) {
    if (!options.hash) {
        check_tile_integers(k);
        check_tile_random(k);
        check_tile_blocks(k);
        check_tile_order(k);
        check_sum_order(k);
    }
    check_entries(k);
}
