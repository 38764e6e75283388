/* Prints the words of a dropout mask, `rng_test SEED EPOCH Q POSITION UNITS RATE`: the threshold, then one
 * word for each unit. tests/test_rng.py compares them with the NumPy twin; numbers that Python
 * can ask for (uniform, normal, permutation) are tested there alone. */
#include "../../csrc/rng.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    const uint64_t seed = strtoull(argv[1], NULL, 10), epoch = strtoull(argv[2], NULL, 10);
    const uint32_t q = (uint32_t)strtoul(argv[3], NULL, 10);
    const uint64_t position = strtoull(argv[4], NULL, 10);
    const int64_t units = strtoll(argv[5], NULL, 10);
    printf("%" PRIu32 "\n", rng_dropout_threshold(strtod(argv[6], NULL)));
    uint32_t words[PHILOX_GROUP];
    for (int64_t j = 0; j < units; ++j) {
        const int64_t within = j % PHILOX_GROUP;
        if (within == 0) rng_dropout_words(seed, epoch, q, position, j / PHILOX_GROUP, words);
        printf("%" PRIu32 "\n", words[within]);
    }
    return 0;
}
