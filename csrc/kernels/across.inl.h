/* Sum and maximum over the lanes of one vector, in the fixed order 8+8, 4+4, 2+2, 1+1, through memory. An
 * instruction set with faster shuffles defines its own and HAS_ACROSS. Read elementwise.inl.h for the 16
 * virtual lanes. */
#ifndef HAS_ACROSS
static inline real v_sum(vec a) {
    real lane[W];
    v_store(lane, a);
    for (int half = W / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
}
static inline real v_max(vec a) {
    real lane[W];
    v_store(lane, a);
    for (int half = W / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lane[l] = lane[l] < lane[l + half] ? lane[l + half] : lane[l];
    return lane[0];
}
#endif
