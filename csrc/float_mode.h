/* The floating-point mode that all arithmetic of the core runs in: round to nearest, denormals
 * neither flushed nor read as zero, no traps. Other libraries change these control bits of a thread and
 * do not restore them, so every entry point that computes sets the mode first and restores the previous
 * one at its end. Header only. */
#ifndef PYNN_FLOAT_MODE_H
#define PYNN_FLOAT_MODE_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#elif !defined(__aarch64__)
#include <fenv.h>
#endif

/* Sets the mode and returns the previous one, for float_mode_restore (which restores the exception flags,
 * too). */
static inline uint64_t float_mode_set(void) {
#if defined(__SSE2__)
    const uint64_t found = _mm_getcsr();
    _mm_setcsr(0x1F80); /* all exceptions masked, nothing else */
#elif defined(__aarch64__)
    uint64_t found;
    __asm__ volatile("mrs %0, fpcr" : "=r"(found));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
#else
    const uint64_t found = (uint64_t)fegetround();
    fesetround(FE_TONEAREST);
#endif
    return found;
}

static inline void float_mode_restore(uint64_t found) {
#if defined(__SSE2__)
    _mm_setcsr((unsigned)found);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(found));
#else
    fesetround((int)found);
#endif
}

#endif
