# The rest of the module _native, included by _native.pyx: functions that need no network (the same in
# reference.py), and doors for the tests and benchmarks. All of them check what they are given.

# ---- which kernels ----

cdef const void *choose_table(int bits) except NULL:
    """The table that PYNN_ISA asks for, or the best one that runs here."""
    asked = os.environ.get("PYNN_ISA", "")
    name = asked.encode()
    cdef const void *table = NULL
    cdef pynn_status status = pynn_choose_kernels(name, bits, &table)
    if status != PYNN_OK:
        known = dict.fromkeys(k["name"] for k in kernels())
        here = dict.fromkeys(k["name"] for k in kernels() if k["runs_here"])
        problem = "is not known" if status == PYNN_UNKNOWN_ISA else "does not run on this CPU"
        raise ValueError(f"PYNN_ISA: {asked!r} {problem}; known: {', '.join(known)}; on this CPU: {', '.join(here)}")
    return table


def kernels():
    """Every kernel table compiled in, best first: name, bits of the storage type, whether it runs here."""
    return [
        {
            "index": i,
            "name": pynn_kernel_name(pynn_kernel_table(i)).decode(),
            "bits": pynn_kernel_bits(pynn_kernel_table(i)),
            "runs_here": bool(pynn_kernel_runs_here(pynn_kernel_table(i))),
        }
        for i in range(pynn_kernel_count())
    ]


def isa(dtype="float32"):
    """Name of the kernel table in use for this storage type."""
    return pynn_kernel_name(choose_table(8 * np.dtype(dtype).itemsize)).decode()


def max_threads():
    """Threads a call may use: OMP_NUM_THREADS, affinity, cgroup quota and threadpoolctl honoured."""
    return pynn_max_threads()


def has_openmp():
    return bool(pynn_has_openmp())


def guarded():
    """Whether this build has canary words between the regions of a workspace (see csrc/layout.c)."""
    return bool(pynn_guarded())


def compiler():
    return pynn_compiler().decode()


# ---- functions that need no network: the same in the reference ----

def philox(key, counter):
    cdef uint32_t k[2]
    cdef uint32_t c[4]
    cdef uint32_t out[4]
    for i in range(2):
        k[i] = key[i]
    for i in range(4):
        c[i] = counter[i]
    pynn_philox(k, c, out)
    return np.array([out[0], out[1], out[2], out[3]], np.uint32)


cdef room_for(n, out):
    if out is None:
        return np.empty(n, np.float64)
    if out.dtype != np.float64 or out.shape != (n,) or not out.flags.c_contiguous:
        raise ValueError(f"out: {out.dtype} of shape {out.shape}; expected {n} contiguous float64")
    return out


def uniform(seed, purpose, stream, n, out=None):
    out = room_for(n, out)
    if n:
        pynn_uniform(seed & (2**64 - 1), purpose, stream, n, <double *>address(out))
    return out


def normal(seed, purpose, stream, n, out=None):
    out = room_for(n, out)
    if n:
        pynn_normal(seed & (2**64 - 1), purpose, stream, n, <double *>address(out))
    return out


def permutation(seed, purpose, stream, n):
    out = np.empty(n, np.int64)
    if n:
        pynn_permutation(seed & (2**64 - 1), purpose, stream, n, <int64_t *>address(out))
    return out


def first_outside(array, double low, double high):
    """Row and flat column of the first number that is not in low..high, as NaN never is; None if there is none."""
    cdef pynn_source s
    cdef int64_t row = 0, found = -1, rows
    _keep = describe(&s, array)
    if s.cols == 0:
        return None
    rows = max(1, (1 << 22) // s.cols)
    while row < s.rows and found < 0:
        with nogil:
            found = pynn_first_outside(&s, row, min(rows, s.rows - row), low, high)
        row += rows
        if row < s.rows:
            PyErr_CheckSignals()
    return None if found < 0 else (found // s.cols, found % s.cols)


def moments(array):
    """Mean and population variance of each flat column, in double."""
    cdef pynn_source s
    _keep = describe(&s, array)
    if s.rows < 1:
        raise ValueError("array: no rows given")
    mean, variance = np.empty(s.cols), np.empty(s.cols)
    levels = int((s.rows + 255) // 256).bit_length()
    scratch = np.empty((levels + 1) * s.cols)
    cdef double *m = <double *>address(mean)
    cdef double *v = <double *>address(variance)
    cdef double *t = <double *>address(scratch)
    cdef list pending = []
    cdef void *told = <void *>pending
    with nogil:
        pynn_moments(&s, m, v, t, poll, told)
    if pending:
        raise pending[0]
    return mean, variance


# ---- doors for the tests and benchmarks ----

cdef bint LISTS = True


def set_lists(on):
    """Whether workspaces made from now on have room for lists of inputs that are not zero. No bit depends on it."""
    global LISTS
    LISTS = on


UNARY = ("exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus", "erf", "erfc", "normcdf")


cdef const void *table_at(index, int bits) except NULL:
    if index is None:
        return choose_table(bits)
    cdef const void *table = pynn_kernel_table(index)
    if pynn_kernel_bits(table) != bits or not pynn_kernel_runs_here(table):
        raise ValueError(f"table: number {index} is of another type or does not run here")
    return table


def unary(name, x, table=None):
    """An elementary function of the core, for float32 or float64 arrays."""
    x = np.ascontiguousarray(x)
    out = np.empty_like(x)
    if x.size:
        pynn_test_unary(table_at(table, 8 * x.itemsize), UNARY.index(name), x.size, address(x), address(out))
    return out


def product(kind, a, b, bias=None, table=None, threads=1):
    """One of the three products of a dense layer through the core's packing and blocking.

    "forward": bias + a @ b; "inputs": a @ b.T; "weights": a.T @ b.
    """
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    code = ("forward", "inputs", "weights").index(kind)
    if code == 0:
        (m, k), n = a.shape, b.shape[1]
    elif code == 1:
        (m, k), n = a.shape, b.shape[0]
    else:
        (k, m), n = a.shape, b.shape[1]
    cdef const void *t = table_at(table, 8 * a.itemsize)
    up = [size + -size % 16 + 16 for size in (m, n, k)]
    room = 2 * (up[0] * up[1] + up[1] * up[2] + up[0] * up[2]) + 64 * sum(up) + threads * 16 * 32 * 40
    work, out = aligned_zeros(room, a.dtype), np.empty((m, n), a.dtype)
    bias = np.zeros(n, a.dtype) if bias is None else np.ascontiguousarray(bias, a.dtype)
    if m and n:
        pynn_test_product(t, code, m, n, k, address(a), address(b), address(bias), address(out), address(work), threads)
    return out


def fma_peak(dtype="float32", seconds=0.2, threads=1, table=None):
    """FLOP/s of chains of fused multiply-adds that never leave the registers."""
    cdef const void *t = table_at(table, 8 * np.dtype(dtype).itemsize)
    cdef double s = seconds, rate
    cdef int n = threads
    with nogil:
        rate = pynn_fma_peak(t, s, n)
    return rate
