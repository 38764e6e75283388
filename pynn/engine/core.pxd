# What csrc/pynn.h offers, word for word: the only header that Cython sees. Declarations alone; the calls are
# in _native.pyx and functions.pxi, the comments on each field in the header.

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef extern from "pynn.h" nogil:
    ctypedef enum pynn_status:
        PYNN_OK
        PYNN_STOPPED
        PYNN_DIVERGED
        PYNN_UNKNOWN_ISA
        PYNN_UNSUPPORTED_ISA
    enum:
        PYNN_DENSE
        PYNN_BOOL
        PYNN_U8
        PYNN_I8
        PYNN_U16
        PYNN_I16
        PYNN_U32
        PYNN_I32
        PYNN_U64
        PYNN_I64
        PYNN_FLOAT16
        PYNN_FLOAT32
        PYNN_FLOAT64
        PYNN_ACCURACY_ARGMAX
        PYNN_ACCURACY_BINARY
        PYNN_METRICS
        PYNN_TREE
    ctypedef struct pynn_source:
        const char *base
        int64_t rows, cols, row_stride
        const int64_t *col_offset
        int32_t dtype, swapped
    ctypedef struct pynn_data:
        pynn_source x, y
        const int32_t *label
        const double *weight
    ctypedef struct pynn_tensor:
        int64_t at
    ctypedef struct pynn_layer:
        int32_t kind, activation
        int64_t inputs "in", outputs "out"
        double alpha, dropout, l1, l2, epsilon, momentum
        int32_t use_bias, center, scale, trainable
        pynn_tensor tensor[4]
        int64_t z, y, a, d, ld
    ctypedef struct pynn_lists:
        int64_t ld
    ctypedef struct pynn_net:
        int32_t real_bits, n_layers
        pynn_layer *layers
        int64_t inputs
        double input_dropout
        const void *scale
        const void *offset
        int32_t loss
        int32_t sum_outputs, by_weight
        const void *delta
        double smoothing
        int32_t optimizer, nesterov, centered, amsgrad, n_slots
        double momentum, rho, beta1, beta2, epsilon, weight_decay, clipvalue, clipnorm, global_clipnorm
        int64_t n_params
        void *params
        void *slots[3]
        void *grads
        void *work
        int64_t rows, ld
        int32_t threads, training, keep_z, no_lists
        pynn_lists by_row
        uint64_t seed
    ctypedef struct pynn_totals:
        double loss
        double metric[3]
        double rows, last_loss, penalty
    ctypedef struct pynn_team_choice:
        pass
    ctypedef struct pynn_run:
        const void *kernels
        int32_t threads, metrics
        double grain, seconds
        int (*poll)(void *)
        void *poll_arg
        pynn_team_choice *choice
    ctypedef struct pynn_steps:
        int64_t *order
        int64_t *ordered
        int64_t order_next
        int64_t n, batch, first, last
        uint64_t epoch
        const double *rate
        double *beta_power
        int32_t store
    int64_t pynn_parameters(pynn_net *)
    int64_t pynn_layout(pynn_net *, int64_t, int, int, int)
    int64_t pynn_guards(pynn_net *, int)
    int pynn_guarded()
    int pynn_team(const pynn_net *, const pynn_run *, int64_t, int)
    pynn_status pynn_train(
        const pynn_net *, const pynn_data *, const pynn_steps *, const pynn_run *, pynn_totals *, int64_t *
    )
    pynn_status pynn_gradients(const pynn_net *, const pynn_data *, int64_t, const pynn_run *, pynn_totals *)
    pynn_status pynn_forward(
        const pynn_net *, const pynn_data *, int64_t, void *, const pynn_run *, double *, int64_t *
    )
    double pynn_penalty(const pynn_net *, const pynn_run *)
    void pynn_tree_total(const double *, pynn_totals *)
    void pynn_pack(const pynn_net *, const void *, void *)
    void pynn_unpack(const pynn_net *, const void *, void *)
    int64_t pynn_first_outside(const pynn_source *, int64_t, int64_t, double, double)
    pynn_status pynn_moments(const pynn_source *, double *, double *, double *, int (*)(void *), void *)
    void pynn_philox(const uint32_t *, const uint32_t *, uint32_t *)
    void pynn_uniform(uint64_t, uint32_t, uint64_t, int64_t, double *)
    void pynn_normal(uint64_t, uint32_t, uint64_t, int64_t, double *)
    void pynn_permutation(uint64_t, uint32_t, uint64_t, int64_t, int64_t *)
    int pynn_kernel_count()
    const void *pynn_kernel_table(int)
    const char *pynn_kernel_name(const void *)
    int pynn_kernel_bits(const void *)
    int pynn_kernel_runs_here(const void *)
    pynn_status pynn_choose_kernels(const char *, int, const void **)
    int pynn_max_threads()
    int pynn_has_openmp()
    const char *pynn_compiler()
    void pynn_test_unary(const void *, int, int64_t, const void *, void *)
    void pynn_test_product(
        const void *, int, int64_t, int64_t, int64_t, const void *, const void *, const void *, void *, void *, int
    )
    double pynn_fma_peak(const void *, double, int)
