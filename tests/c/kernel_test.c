/* The kernel tables against their contract (csrc/kernels/kernels.h), without Python: every table
 * that runs on this CPU, both storage types. `kernel_test [--quick] [--hash] [--table NAME]
 * [--bits 32|64] [--group NAME] [--case N]`; the exit status is nonzero if a check failed.
 * --hash prints one line per group, type and table instead: equal bits, equal hash, on any CPU.
 * Read tile_checks.inl.h and entry_checks.inl.h for what is checked, build.py for how to build. */
#include "../../csrc/cpu.h"
#include "../../csrc/dispatch.h"
#include "../../csrc/pynn.h"
#include "harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_table_f32(const kernels *k);
void check_table_f64(const kernels *k);

static int bad_usage(const char *word) {
    fprintf(stderr, "kernel_test: what is '%s'?\n", word);
    return 2;
}

static int read_options(int argc, char **argv) {
    for (int i = 1; i < argc; ++i) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(word, "--quick") == 0)
            options.quick = 1;
        else if (strcmp(word, "--hash") == 0)
            options.hash = 1;
        else if (!value)
            return bad_usage(word);
        else if (++i, strcmp(word, "--table") == 0)
            options.table = value;
        else if (strcmp(word, "--group") == 0)
            options.group = value;
        else if (strcmp(word, "--bits") == 0)
            options.bits = atoi(value);
        else if (strcmp(word, "--case") == 0)
            options.only_case = atoll(value);
        else
            return bad_usage(word);
    }
    return 0;
}

/* The decision about x86 machines that are not at hand: what CPUID offers counts only as far as XGETBV says
 * that the operating system saves the registers. */
static void check_cpu(void) {
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, AVX = 1 << 28, YMM = 0x6, ZMM = 0xe6 };
    const uint32_t avx2 = UINT32_C(1) << 5, avx512 = UINT32_C(0xC0030000) | avx2, ecx = FMA | OSXSAVE | AVX;
    const unsigned two = CPU_AVX2 | CPU_FMA;
    const struct {
        x86_registers r;
        unsigned expected;
        const char *machine;
    } rows[] = {
        {{7, ecx, avx512, ZMM}, two | CPU_AVX512, "AVX-512, registers saved"},
        {{7, ecx, avx512, YMM}, two, "AVX-512, opmask and zmm not saved"},
        {{7, ecx, avx512, 0x66}, two, "AVX-512, upper 16 zmm not saved"},
        {{7, ecx, avx512 & ~(UINT32_C(1) << 31), ZMM}, two, "AVX-512 without VL"},
        {{7, ecx, avx512 & ~(UINT32_C(1) << 17), ZMM}, two, "AVX-512 without DQ"},
        {{7, ecx, avx2, YMM}, two, "AVX2 and FMA"},
        {{7, ecx & ~(uint32_t)FMA, avx2, YMM}, CPU_AVX2, "AVX2 without FMA"},
        {{7, ecx, 0, YMM}, CPU_FMA, "FMA without AVX2"},
        {{7, ecx, avx2, 0x2}, 0, "AVX2, ymm not saved"},
        {{7, ecx & ~(uint32_t)OSXSAVE, avx2, YMM}, 0, "AVX2, OSXSAVE off"},
        {{6, ecx, avx2, YMM}, 0, "no CPUID leaf 7"},
    };
    if (!group_begin("-", 0, "cpu")) return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        if (!case_begin()) continue;
        const unsigned found = x86_features(rows[i].r);
        check(found == rows[i].expected, "%s: features %x, expected %x", rows[i].machine, found,
              rows[i].expected);
    }
    group_end();
}

static void check_choice(void) {
    if (!group_begin("-", 0, "dispatch")) return;
    for (int bits = 32; bits <= 64; bits += 32) {
        if (!case_begin()) continue;
        const void *best, *chosen;
        check(pynn_choose_kernels(NULL, bits, &best) == PYNN_OK && pynn_kernel_runs_here(best),
              "no best table");
        check(pynn_choose_kernels("", bits, &chosen) == PYNN_OK && chosen == best,
              "'' is not the best table");
        check(pynn_choose_kernels("avx3", bits, &chosen) == PYNN_UNKNOWN_ISA && !chosen,
              "avx3 is not unknown");
        check(pynn_choose_kernels("AVX2", bits, &chosen) == PYNN_UNKNOWN_ISA, "names are lower case");
        int foreign = 0, first = 1;
        for (int i = 0; i < pynn_kernel_count(); ++i) {
            const void *table = pynn_kernel_table(i);
            if (pynn_kernel_bits(table) != bits) continue;
            const pynn_status s = pynn_choose_kernels(pynn_kernel_name(table), bits, &chosen);
            const int runs = pynn_kernel_runs_here(table);
            check(s == (runs ? PYNN_OK : PYNN_UNSUPPORTED_ISA) && chosen == (runs ? table : NULL),
                  "%s: status %d", pynn_kernel_name(table), (int)s);
            if (runs && first) check(table == best, "the first table that runs is not the best"), first = 0;
            foreign |= strcmp(pynn_kernel_name(table), "neon") == 0;
        }
        const char *other = foreign ? "avx2" : "neon";
        check(pynn_choose_kernels(other, bits, &chosen) == PYNN_UNSUPPORTED_ISA, "%s is not unsupported",
              other);
    }
    group_end();
}

int main(int argc, char **argv) {
    const int usage = read_options(argc, argv);
    if (usage) return usage;
    guard_install();
    if (!options.hash && !options.table) check_cpu(), check_choice();
    int checked = 0;
    for (int i = 0; i < pynn_kernel_count(); ++i) {
        const kernels *k = dispatch_table(i);
        if (options.table && strcmp(options.table, k->name) != 0) continue;
        if (options.bits && options.bits != k->real_bits) continue;
        if (!pynn_kernel_runs_here(k)) {
            if (!options.hash) printf("%-8s f%d skipped: this CPU does not run it\n", k->name, k->real_bits);
            continue;
        }
        k->real_bits == 64 ? check_table_f64(k) : check_table_f32(k);
        ++checked;
    }
    if (!checked) {
        printf("no table was checked\n");
        return 1;
    }
    if (!options.hash || failures()) print_summary();
    return failures() != 0;
}
