/* The choice of a kernel table: one list, best first; the first table that this CPU can run is chosen,
 * unless the caller names an instruction set. Production, tests and benchmarks use this list. Nothing here
 * depends on a network or on threads. What a table needs is in its `needs`; what the CPU has is in cpu.c. */
#include "dispatch.h"
#include "cpu.h"
#include "pynn.h"
#include <string.h>

extern const kernels kernels_portable_f32, kernels_portable_f64;
#if defined(__x86_64__) || defined(_M_X64)
extern const kernels kernels_avx512_f32, kernels_avx512_f64, kernels_avx2_f32, kernels_avx2_f64;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const kernels kernels_neon_f32, kernels_neon_f64;
#endif

static const kernels *const tables[] = {
#if defined(__x86_64__) || defined(_M_X64)
    &kernels_avx512_f32,   &kernels_avx512_f64,   &kernels_avx2_f32, &kernels_avx2_f64,
#elif defined(__aarch64__) || defined(_M_ARM64)
    &kernels_neon_f32,     &kernels_neon_f64,
#endif
    &kernels_portable_f32, &kernels_portable_f64,
};
enum { N_TABLES = sizeof tables / sizeof tables[0] };

/* The names of all architectures: "neon" on x86 is known but unsupported, which is another error than an
 * unknown name. */
static const char *const known_names[] = {"avx512", "avx2", "neon", "portable"};
enum { N_NAMES = sizeof known_names / sizeof known_names[0] };

const kernels *dispatch_table(int i) { return i >= 0 && i < N_TABLES ? tables[i] : NULL; }

const kernels *dispatch_portable(int real_bits) {
    return real_bits == 64 ? &kernels_portable_f64 : &kernels_portable_f32;
}

static int runs_on(const kernels *k, unsigned features) { return (k->needs & ~features) == 0; }

static int is_known(const char *name) {
    for (int i = 0; i < N_NAMES; ++i) {
        if (strcmp(name, known_names[i]) == 0) return 1;
    }
    return 0;
}

pynn_status pynn_choose_kernels(const char *isa, int real_bits, const void **table) {
    const int any = isa == NULL || isa[0] == '\0';
    const unsigned features = cpu_features();
    *table = NULL;
    if (!any && !is_known(isa)) return PYNN_UNKNOWN_ISA;
    for (int i = 0; i < N_TABLES; ++i) {
        const kernels *k = tables[i];
        if (k->real_bits != real_bits || !runs_on(k, features)) continue;
        if (any || strcmp(isa, k->name) == 0) {
            *table = k;
            return PYNN_OK;
        }
    }
    return PYNN_UNSUPPORTED_ISA;
}

int pynn_kernel_count(void) { return N_TABLES; }
const void *pynn_kernel_table(int i) { return dispatch_table(i); }
const char *pynn_kernel_name(const void *table) { return ((const kernels *)table)->name; }
int pynn_kernel_bits(const void *table) { return ((const kernels *)table)->real_bits; }
int pynn_kernel_runs_here(const void *table) { return runs_on(table, cpu_features()); }

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
const char *pynn_compiler(void) {
#if defined(__clang__)
    return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#elif defined(__GNUC__)
    return "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__);
#elif defined(_MSC_VER)
    return "msvc " TEXT(_MSC_VER);
#else
    return "unknown";
#endif
}
