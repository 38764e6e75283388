/* Coefficients of vmath.inl.h, for the two storage types. Derived by tools/minimax.py, which printed
 * this file: do not edit it, change and run the tool. c[i] belongs to the power i. The error named is
 * the largest, relative to the function, of the polynomial with these coefficients, exactly evaluated. */
/* clang-format off */
#if REAL_BITS == 32
#define LOG2_E 0x1.715476p+0f /* 1 / ln 2 */
#define LN2_HIGH 0x1.62e43p-1f /* ln 2, rounded */
#define LN2_LOW -0x1.05c61p-29f /* ln 2 - LN2_HIGH */
#define LN2_SHORT 0x1.62e4p-1f /* ln 2 with so few digits that an exponent times it is exact */
#define LN2_REST 0x1.7f7d1cp-20f /* ln 2 - LN2_SHORT */
#define SQRT_2_HIGH 0x1.6a09e6p+0f /* square root of 2, rounded */
#define SQRT_2_LOW 0x1.9fcef4p-26f /* what that took */
#define DENSITY_0 0x1.988454p-2f /* density of the normal distribution at 0 */
#define TAIL_K 0x1p+2f /* see TAIL */
#define TAIL_CENTRE 0x1.acp-2f /* see TAIL */
/* exp(r) = 1 + r + r^2 * EXP(r); relative error 2^-26.08 */
static const real EXP[5] = {
    0x1.fffffep-2f, 0x1.5554aep-3f, 0x1.555722p-5f, 0x1.1228dcp-7f,
    0x1.6b658cp-10f,
};
/* log(1 + f) = f + f^2 * LOG(f); relative error 2^-27.71 */
static const real LOG[9] = {
    -0x1.fffff8p-2f, 0x1.555558p-2f, -0x1.000434p-2f, 0x1.99a01ep-3f,
    -0x1.542236p-3f, 0x1.22b78ep-3f, -0x1.0fa6a2p-3f, 0x1.06bf72p-3f,
    -0x1.3265e2p-4f,
};
/* erf(x) = x + x * ERF(x^2); relative error 2^-29.34 */
static const real ERF[7] = {
    0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2cfp-4f, -0x1.b7f856p-6f,
    0x1.53ff72p-8f, -0x1.a3c80cp-11f, 0x1.48e968p-14f,
};
/* Phi(-a) = exp(-a^2/2) * v * TAIL(v - TAIL_CENTRE), v = TAIL_K / (a + TAIL_K); relative error 2^-28.21 */
static const real TAIL[11] = {
    0x1.5493fep-3f, 0x1.fac4d4p-3f, 0x1.3808d2p-2f, 0x1.31860ap-2f,
    0x1.b2a878p-3f, 0x1.48d93cp-4f, -0x1.9c43eep-6f, -0x1.aa8e04p-5f,
    -0x1.aad162p-7f, 0x1.321facp-5f, -0x1.78b454p-7f,
};
#else
#define LOG2_E 0x1.71547652b82fep+0 /* 1 / ln 2 */
#define LN2_HIGH 0x1.62e42fefa39efp-1 /* ln 2, rounded */
#define LN2_LOW 0x1.abc9e3b39803fp-56 /* ln 2 - LN2_HIGH */
#define LN2_SHORT 0x1.62e42fefa38p-1 /* ln 2 with so few digits that an exponent times it is exact */
#define LN2_REST 0x1.ef35793c7673p-45 /* ln 2 - LN2_SHORT */
#define SQRT_2_HIGH 0x1.6a09e667f3bcdp+0 /* square root of 2, rounded */
#define SQRT_2_LOW -0x1.bdd3413b26456p-54 /* what that took */
#define DENSITY_0 0x1.9884533d43651p-2 /* density of the normal distribution at 0 */
#define TAIL_K 0x1p+2 /* see TAIL */
#define TAIL_CENTRE 0x1.94p-2 /* see TAIL */
/* exp(r) = 1 + r + r^2 * EXP(r); relative error 2^-55.52 */
static const real EXP[10] = {
    0x1.0000000000005p-1, 0x1.555555555553dp-3, 0x1.5555555552115p-5,
    0x1.1111111118201p-7, 0x1.6c16c17f2ca2ap-10, 0x1.a01a01798b227p-13,
    0x1.a019a6a7e27e1p-16, 0x1.71de7e5d854dap-19, 0x1.28a28a1fc4108p-22,
    0x1.ae7a8be3271dcp-26,
};
/* 2 atanh(s) = 2 s + s^3 * LOG(s^2); relative error 2^-59.44 */
static const real LOG[7] = {
    0x1.5555555555594p-1, 0x1.999999997f71cp-2, 0x1.249249423e04ep-2,
    0x1.c71c51d364d87p-3, 0x1.746648ca1b2b5p-3, 0x1.39a0d1f0412b8p-3,
    0x1.2f0de4f93a09fp-3,
};
/* erf(x) = x + x * ERF(x^2); relative error 2^-56.33 */
static const real ERF[13] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379fdp-2, 0x1.ce2f21a04361p-4,
    -0x1.b82ce312ab11p-6, 0x1.565bcd126e9acp-8, -0x1.c02db49261c32p-11,
    0x1.f9a33427ba9a8p-14, -0x1.f4d31dfeb9598p-17, 0x1.b9ed77e0032ffp-20,
    -0x1.5f8e7d5e6939dp-23, 0x1.fc0f4e8e3e123p-27, -0x1.453088452a746p-30,
    0x1.25fb2049f32dcp-34,
};
/* Phi(-a) = exp(-a^2/2) * v * TAIL(v - TAIL_CENTRE), v = TAIL_K / (a + TAIL_K); relative error 2^-58.43 */
static const real TAIL[24] = {
    0x1.490928867907ap-3, 0x1.de801f7d83ec9p-3, 0x1.2341fe08ae562p-2,
    0x1.1d9b1855c2efp-2, 0x1.9f09c178ccadbp-3, 0x1.5501d20505f5cp-4,
    -0x1.1b9d005162f2p-6, -0x1.8abd20ec4bcfdp-5, -0x1.0dc822d73ef67p-6,
    0x1.4742fc53c3231p-6, 0x1.14db1a2aad4bfp-6, -0x1.2253870431c23p-7,
    -0x1.bc5f1ac683f3cp-7, 0x1.56d2b7ea80f85p-8, 0x1.679ff1d797d03p-7,
    -0x1.35809db672414p-8, -0x1.2c5b54fcc881dp-7, 0x1.83a2172fab6e3p-8,
    0x1.d736e2c59ee8ep-8, -0x1.1578bba8d6cfbp-7, -0x1.39d9188cda24p-9,
    0x1.28bba9e9efe33p-7, -0x1.8dd6050024c9ap-8, 0x1.7b2d4f1e1eb5p-10,
};
#endif
