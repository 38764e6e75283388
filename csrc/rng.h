/* Philox-4x32-10, sixteen blocks at a time, and the words of a dropout mask. Header only, in plain C
 * loops over 16 lanes: included within a target region, it is compiled with that instruction set's
 * vectors. Integers only, so the bits are the same everywhere. Philox is the counter-based generator of
 * Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). It has
 * no state: block = f(key, counter). rng.c makes numbers and permutations from it; the same in NumPy
 * is pynn/engine/philox.py.
 *
 * Key: the seed, low half first. Counter of block i, for every purpose but dropout:
 *   { i low, i high, stream low, purpose << 28 | stream high (28 bits) }
 * Counter of a dropout block, for the row at position p (48 bits) of the epoch's order, dropout layer q:
 *   { block, p low, q << 16 | p high, epoch low ^ PYNN_DROPOUT << 28 } */
#ifndef PYNN_RNG_H
#define PYNN_RNG_H

#include <stdint.h>
#include "pynn.h"

#define PHILOX_LANES 16
#define PHILOX_GROUP 64 /* units whose words come together: 4 words of 16 blocks */

/* Ten rounds: multiply, swap halves, mix in the key, advance the key. In place. Each lane stays in registers
 * for all rounds; the compiler vectorises the loop over lanes. */
static inline void philox(const uint32_t key[2], int lanes, uint32_t *c0, uint32_t *c1, uint32_t *c2,
                          uint32_t *c3) {
    const uint32_t k0 = key[0], k1 = key[1];
    for (int l = 0; l < lanes; ++l) {
        uint32_t a = c0[l], b = c1[l], c = c2[l], d = c3[l];
        for (uint32_t round = 0; round < 10; ++round) {
            const uint64_t p0 = (uint64_t)a * 0xD2511F53u, p1 = (uint64_t)c * 0xCD9E8D57u;
            a = (uint32_t)(p1 >> 32) ^ b ^ (k0 + round * 0x9E3779B9u);
            b = (uint32_t)p1;
            c = (uint32_t)(p0 >> 32) ^ d ^ (k1 + round * 0xBB67AE85u);
            d = (uint32_t)p0;
        }
        c0[l] = a;
        c1[l] = b;
        c2[l] = c;
        c3[l] = d;
    }
}

static inline void philox_16(const uint32_t key[2], uint32_t c0[PHILOX_LANES], uint32_t c1[PHILOX_LANES],
                             uint32_t c2[PHILOX_LANES], uint32_t c3[PHILOX_LANES]) {
    philox(key, PHILOX_LANES, c0, c1, c2, c3);
}

/* A unit is kept if its random word is at least this; rate in [0, 1). The product is exact, the cast rounds
 * down. */
static inline uint32_t rng_dropout_threshold(double rate) { return (uint32_t)(rate * 0x1p32); }

/* The words of units 64*group .. 64*group + 63, in order. Unit j's is word j/16 % 4 of block
 * (j/64)*16 + j%16: so the four result vectors of sixteen blocks are 64 units side by side. */
static inline void rng_dropout_words(uint64_t seed, uint64_t epoch, uint32_t q, uint64_t p, int64_t group,
                                     uint32_t words[PHILOX_GROUP]) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t block = (uint32_t)(group * PHILOX_LANES);
    const uint32_t tail = (uint32_t)epoch ^ ((uint32_t)PYNN_DROPOUT << 28);
    for (uint32_t l = 0; l < PHILOX_LANES; ++l) {
        words[l] = block + l;
        words[16 + l] = (uint32_t)p;
        words[32 + l] = (q << 16) | (uint32_t)(p >> 32);
        words[48 + l] = tail;
    }
    philox_16(key, words, words + 16, words + 32, words + 48);
}

#endif
