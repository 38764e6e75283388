/* Coefficients of vmath.inl.h, for the two storage types. Derived by tools/minimax.py, which printed
 * this file: do not edit it, change and run the tool. c[i] belongs to the power i. The error named is the
 * largest, relative to the function, of the polynomial with these rounded coefficients, exactly evaluated. */
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
#define TAIL_CENTRE 0x1.38p-1f /* see TAIL */
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
/* Phi(-a) = exp(-a^2/2) * v * TAIL(v - TAIL_CENTRE), v = TAIL_K / (a + TAIL_K); relative error 2^-28.91 */
static const real TAIL[11] = {
    0x1.d158f2p-3f, 0x1.9d0112p-2f, 0x1.0e1936p-1f, 0x1.efdec2p-2f,
    0x1.0ca098p-2f, 0x1.822608p-7f, -0x1.6ec302p-4f, -0x1.093998p-5f,
    0x1.0ae2b2p-5f, 0x1.f4e534p-7f, -0x1.88d2aap-7f,
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
#define TAIL_CENTRE 0x1.38p-1 /* see TAIL */
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
/* Phi(-a) = exp(-a^2/2) * v * TAIL(v - TAIL_CENTRE), v = TAIL_K / (a + TAIL_K); relative error 2^-57.64 */
static const real TAIL[24] = {
    0x1.d158f20b12eb4p-3, 0x1.9d0112936ed5ap-2, 0x1.0e1932dd21f88p-1,
    0x1.efde81f5a31ap-2, 0x1.0ca2038294524p-2, 0x1.833be3b872c87p-7,
    -0x1.6f3fc5a4c3f71p-4, -0x1.0d393f59d5e02p-5, 0x1.14b6a8a287d9fp-5,
    0x1.2f630535bc856p-6, -0x1.22271a7ab203bp-6, -0x1.0cc9f49adcf2p-7,
    0x1.7dd9d29f725ep-7, 0x1.f000038710882p-10, -0x1.019e08c2da241p-7,
    0x1.dffa5a778f961p-10, 0x1.2209c3d2f60fdp-8, -0x1.cddbac8d6fffcp-9,
    -0x1.4b6d4069841e6p-10, 0x1.d665534ea58c8p-9, -0x1.ce1711aa43a9ep-11,
    -0x1.66b111640363ep-9, 0x1.228eb3fdaed8fp-10, 0x1.7f5987fd9d2e7p-10,
};
#endif
