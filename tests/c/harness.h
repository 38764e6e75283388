/* What the kernel checks stand on: counted checks with a repro line, guarded memory, random bits,
 * and records of results. It knows nothing of kernels. Read kernel_test.c for the program, then
 * tile_checks.inl.h and entry_checks.inl.h for what is checked. */
#ifndef PYNN_TEST_HARNESS_H
#define PYNN_TEST_HARNESS_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_options {
    int quick, hash;
    const char *table, *group; /* NULL: all */
    int64_t only_case;         /* -1: all */
    int bits;                  /* 0: both */
} test_options;
extern test_options options;

/* ---- groups, cases, checks: a failure names the group and the case, which repeat it ---- */
int group_begin(const char *table, int bits, const char *group); /* 0: not wanted */
void group_end(void);
int case_begin(void); /* next case of the group; 0: not wanted */
uint64_t case_seed(void);
void check(int ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
void count_values(int64_t values, int64_t zeros); /* a group of mostly zeros proves nothing: it fails */
int64_t failures(void);
void print_summary(void);

/* ---- memory that ends at, or begins after, a page that may not be touched ---- */
enum place { PLACE_END, PLACE_START };
void *guarded(size_t bytes, enum place where); /* the other side has a canary; all 0xFF: NaN */
void guarded_reset(void);                      /* frees all */
int canaries_intact(void);

/* `if (GUARDED_CALL) { ... } else { it touched a forbidden page }` */
extern sigjmp_buf guard_jump;
extern volatile int guard_armed;
void guard_install(void);
#define GUARDED_CALL (sigsetjmp(guard_jump, 1) == 0 && (guard_armed = 1))
#define GUARDED_DONE() (guard_armed = 0)

/* ---- random bits: splitmix64 ---- */
typedef struct rng {
    uint64_t state;
} rng;
uint64_t rng_next(rng *r);
int64_t rng_below(rng *r, int64_t n);
double rng_unit(rng *r); /* [0,1) */

/* ---- a record: all results of a case as words, NaN made one NaN ---- */
typedef struct record {
    uint64_t *word;
    size_t n, capacity;
} record;
void record_clear(record *r);
void record_word(record *r, uint64_t w);
void record_f32(record *r, const float *p, int64_t n);
void record_f64(record *r, const double *p, int64_t n);
uint64_t record_hash(uint64_t hash, const record *r); /* FNV-1a over the words */
#define HASH_START UINT64_C(0xcbf29ce484222325)

#endif
