/* Counted checks, guarded memory, random bits and records for the kernel checks; see harness.h.
 * POSIX only: it maps pages and catches the signal of a forbidden touch. */
#define _GNU_SOURCE
#include "harness.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

test_options options = {.only_case = -1};

/* ---- groups and checks ---- */
static struct {
    const char *table, *name;
    int bits;
    int64_t cases, passed, failed, values, zeros;
} group;
static int64_t total_passed, total_failed;
enum { MOST_FAILURES_SHOWN = 5 };

int group_begin(const char *table, int bits, const char *name) {
    if (options.group && strcmp(options.group, name) != 0) return 0;
    memset(&group, 0, sizeof group);
    group.table = table, group.bits = bits, group.name = name;
    return 1;
}

int case_begin(void) {
    const int64_t number = group.cases++;
    return options.only_case < 0 || options.only_case == number;
}

/* By the group's name and the case's number, so that a case can be run alone, and not by the table. */
uint64_t case_seed(void) {
    uint64_t seed = HASH_START;
    for (const char *c = group.name; *c; ++c) seed = (seed ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return seed + (uint64_t)group.cases * UINT64_C(0x9e3779b97f4a7c15);
}

void check(int ok, const char *format, ...) {
    if (ok) {
        ++group.passed;
        return;
    }
    if (group.failed++ >= MOST_FAILURES_SHOWN) return;
    va_list arguments;
    va_start(arguments, format);
    printf("FAIL %s f%d %s: ", group.table, group.bits, group.name);
    vprintf(format, arguments);
    printf("\n  repeat: kernel_test --table %s --bits %d --group %s --case %lld\n", group.table, group.bits,
           group.name, (long long)(group.cases - 1));
    va_end(arguments);
}

void count_values(int64_t values, int64_t zeros) { group.values += values, group.zeros += zeros; }

void group_end(void) {
    if (options.only_case < 0) {
        check(group.passed + group.failed > 0, "nothing was checked");
        check(group.zeros * 10 <= group.values * 6, "%lld of %lld results are zero: the group proves nothing",
              (long long)group.zeros, (long long)group.values);
    }
    if (!options.hash || group.failed) {
        printf("%-8s f%d %-16s %8lld cases %9lld checks %s\n", group.table, group.bits, group.name,
               (long long)group.cases, (long long)(group.passed + group.failed),
               group.failed ? "FAILED" : "ok");
    }
    fflush(stdout);
    total_passed += group.passed, total_failed += group.failed;
}

int64_t failures(void) { return total_failed; }

void print_summary(void) {
    printf("%lld passed, %lld failed\n", (long long)total_passed, (long long)total_failed);
}

/* ---- guarded memory: [forbidden page][SLAB bytes][forbidden page], one buffer in each ---- */
enum { SLABS = 16, CANARY_BYTES = 256, CANARY = 0xFF };
#define SLAB ((size_t)1 << 20)
static struct slab {
    unsigned char *bytes, *canary;
    size_t canary_size;
} slabs[SLABS];
static int slabs_used;

static void slab_map(struct slab *s) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *p = mmap(NULL, SLAB + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                            0);
    if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) || mprotect(p + page + SLAB, page, PROT_NONE)) {
        perror("guarded memory");
        exit(2);
    }
    s->bytes = p + page;
}

void *guarded(size_t bytes, enum place where) {
    if (slabs_used == SLABS || bytes + CANARY_BYTES > SLAB) {
        fprintf(stderr, "guarded memory: too little for %zu bytes\n", bytes);
        exit(2);
    }
    struct slab *s = &slabs[slabs_used++];
    if (!s->bytes) slab_map(s);
    unsigned char *buffer = where == PLACE_END ? s->bytes + SLAB - bytes : s->bytes;
    s->canary = where == PLACE_END ? buffer - CANARY_BYTES : buffer + bytes;
    memset(where == PLACE_END ? s->canary : buffer, CANARY, bytes + CANARY_BYTES);
    return buffer;
}

void guarded_reset(void) { slabs_used = 0; }

int canaries_intact(void) {
    for (int i = 0; i < slabs_used; ++i) {
        for (int j = 0; j < CANARY_BYTES; ++j) {
            if (slabs[i].canary[j] != CANARY) return 0;
        }
    }
    return 1;
}

sigjmp_buf guard_jump;
volatile int guard_armed;

static void on_fault(int number) {
    if (guard_armed) {
        guard_armed = 0;
        siglongjmp(guard_jump, 1);
    }
    printf("crashed: ");
    check(0, "signal %d", number);
    fflush(stdout);
    _exit(3);
}

void guard_install(void) {
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* what was said before a crash stays */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* ---- random bits ---- */
uint64_t rng_next(rng *r) {
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
int64_t rng_below(rng *r, int64_t n) { return (int64_t)(rng_next(r) % (uint64_t)n); }
double rng_unit(rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }

/* ---- records ---- */
void record_clear(record *r) { r->n = 0; }
void record_word(record *r, uint64_t w) {
    if (r->n == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 4096;
        r->word = realloc(r->word, r->capacity * sizeof *r->word);
        if (!r->word) exit(2);
    }
    r->word[r->n++] = w;
}
void record_f32(record *r, const float *p, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        uint32_t bits;
        memcpy(&bits, p + i, sizeof bits);
        record_word(r, p[i] != p[i] ? UINT32_C(0x7fc00000) : bits);
    }
}
void record_f64(record *r, const double *p, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        uint64_t bits;
        memcpy(&bits, p + i, sizeof bits);
        record_word(r, p[i] != p[i] ? UINT64_C(0x7ff8000000000000) : bits);
    }
}
uint64_t record_hash(uint64_t hash, const record *r) {
    for (size_t i = 0; i < r->n; ++i) {
        for (int shift = 0; shift < 64; shift += 8) {
            hash = (hash ^ ((r->word[i] >> shift) & 0xff)) * UINT64_C(0x100000001b3);
        }
    }
    return hash;
}
