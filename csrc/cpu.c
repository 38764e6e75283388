/* CPU features. An instruction set counts as present only if the operating system saves its
 * registers across a task switch, too: XGETBV tells that, CPUID alone does not. Nothing is cached, so
 * there is no data race between threads; the question is asked once per network. Read dispatch.c for
 * how a kernel table is chosen. */
#include "cpu.h"
#include "kernels/kernels.h"

#if defined(_M_X64) && !defined(__clang__)
#include <intrin.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

#define BIT(n) (UINT32_C(1) << (n))
#define HAS(word, bits) (((word) & (bits)) == (bits))

enum { L1_FMA = 12, L1_OSXSAVE = 27, L1_AVX = 28 };
enum { L7_AVX2 = 5, L7_AVX512F = 16, L7_AVX512DQ = 17, L7_AVX512BW = 30, L7_AVX512VL = 31 };
enum { XCR_XMM = 1, XCR_YMM = 2, XCR_OPMASK = 5, XCR_ZMM_LOW = 6, XCR_ZMM_HIGH = 7 };

unsigned x86_features(x86_registers r) {
    const uint32_t ymm = BIT(XCR_XMM) | BIT(XCR_YMM);
    const uint32_t zmm = ymm | BIT(XCR_OPMASK) | BIT(XCR_ZMM_LOW) | BIT(XCR_ZMM_HIGH);
    const uint32_t avx512 = BIT(L7_AVX512F) | BIT(L7_AVX512DQ) | BIT(L7_AVX512BW) | BIT(L7_AVX512VL);
    unsigned found = 0;
    if (r.max_leaf < 7 || !HAS(r.leaf1_ecx, BIT(L1_OSXSAVE) | BIT(L1_AVX)) || !HAS(r.xcr0, ymm)) return 0;
    if (HAS(r.leaf1_ecx, BIT(L1_FMA))) found |= CPU_FMA;
    if (HAS(r.leaf7_ebx, BIT(L7_AVX2))) found |= CPU_AVX2;
    if (HAS(r.leaf7_ebx, avx512) && HAS(r.xcr0, zmm)) found |= CPU_AVX512;
    return found;
}

#if defined(__x86_64__) || defined(_M_X64)

typedef struct cpuid_answer {
    uint32_t eax, ebx, ecx, edx;
} cpuid_answer;

#if defined(_M_X64) && !defined(__clang__)
static cpuid_answer cpuid(uint32_t leaf) {
    int r[4];
    __cpuidex(r, (int)leaf, 0);
    return (cpuid_answer){(uint32_t)r[0], (uint32_t)r[1], (uint32_t)r[2], (uint32_t)r[3]};
}
static uint32_t xgetbv0(void) { return (uint32_t)_xgetbv(0); }
#else
static cpuid_answer cpuid(uint32_t leaf) {
    cpuid_answer r;
    __cpuid_count(leaf, 0, r.eax, r.ebx, r.ecx, r.edx);
    return r;
}
/* As inline assembly: the intrinsic could only be used in a function compiled for the target "xsave". */
static uint32_t xgetbv0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}
#endif

unsigned cpu_features(void) {
    x86_registers r = {.max_leaf = cpuid(0).eax};
    if (r.max_leaf < 7) return 0;
    r.leaf1_ecx = cpuid(1).ecx;
    r.leaf7_ebx = cpuid(7).ebx;
    r.xcr0 = HAS(r.leaf1_ecx, BIT(L1_OSXSAVE)) ? xgetbv0() : 0; /* faults where OSXSAVE is off */
    return x86_features(r);
}

#elif defined(__aarch64__) || defined(_M_ARM64)
unsigned cpu_features(void) { return CPU_NEON; } /* part of the architecture */
#else
unsigned cpu_features(void) { return 0; }
#endif
