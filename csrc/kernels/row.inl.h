/* The gradient with respect to the inputs for a batch of one row. In the tile, lanes are rows of the batch,
 * so one row would use one lane. Here lanes are inputs: blocks of W are transposed after they are loaded, and
 * each input's sum goes over the outputs in the same order as in the tile. The contract is in kernels.h;
 * gemm.c decides which products use this function. */

/* `blocks` times W inputs from w on, all outputs. Two blocks at a time are two independent chains of FMAs, so
 * the second one hides part of the latency of the first. */
ALWAYS_INLINE void inputs_row_blocks(const int blocks, int inputs, int64_t out, const real *w,
                                     ptrdiff_t w_panel, const real *dt, real *dxt) {
    vec sum[2];
    real transposed[2][W * W], lane[W];
    for (int b = 0; b < blocks; ++b) sum[b] = v_set1(0);
    for (int64_t o = 0; o < out; o += W) {
        const real *w_o = w + o / PANEL * w_panel + o % PANEL;
        const int n = inside(o, out);
        for (int b = 0; b < blocks; ++b) {
            if (inputs >= (b + 1) * W)
                v_transpose(w_o + b * W * PANEL, PANEL, transposed[b], W);
            else
                transpose_part(inputs - b * W, W, w_o + b * W * PANEL, PANEL, transposed[b]);
        }
        for (int i = 0; i < n; ++i) {
            const vec d = v_set1(dt[(o + i) * PANEL]);
            for (int b = 0; b < blocks; ++b) sum[b] = v_fma(v_load(transposed[b] + i * W), d, sum[b]);
        }
    }
    for (int b = 0; b < blocks; ++b) {
        v_store(lane, sum[b]);
        for (int i = 0; i < W && b * W + i < inputs; ++i) dxt[(b * W + i) * PANEL] = lane[i];
    }
}

static void inputs_row(int64_t inputs, int64_t out, const real *w, ptrdiff_t w_panel, const real *dt,
                       real *dxt) {
    for (int64_t i = 0; i < inputs; i += 2 * W) {
        const int n = inputs - i < 2 * W ? (int)(inputs - i) : 2 * W;
        const real *w_i = w + i * PANEL;
        if (n > W)
            inputs_row_blocks(2, n, out, w_i, w_panel, dt, dxt + i * PANEL);
        else
            inputs_row_blocks(1, n, out, w_i, w_panel, dt, dxt + i * PANEL);
    }
}
