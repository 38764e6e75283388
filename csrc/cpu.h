/* CPU feature detection: which instruction sets this CPU and its operating system can run, as a set of
 * CPU_* bits (kernels.h). The choice of a kernel table is in dispatch.c. For x86 the decision is a function
 * of register values, so that a test can check it for machines that are not at hand. */
#ifndef PYNN_CPU_H
#define PYNN_CPU_H

#include <stdint.h>

typedef struct x86_registers {
    uint32_t max_leaf;  /* CPUID 0: eax */
    uint32_t leaf1_ecx; /* CPUID 1: FMA, OSXSAVE, AVX */
    uint32_t leaf7_ebx; /* CPUID 7.0: AVX2, AVX512 F, DQ, BW, VL */
    uint32_t xcr0;      /* XGETBV 0: the registers that the operating system saves; 0 without OSXSAVE */
} x86_registers;

unsigned x86_features(x86_registers r);
unsigned cpu_features(void); /* of this machine; asked afresh, holds no state */

#endif
