# Arrays as the core sees them, included by _native.pyx: where they begin, and the description of a user's rows.
# Everything is read through the buffer protocol, which tells address, shape, strides and type in 50 ns.
# Nothing is copied; whoever calls keeps the arrays alive. See data.c for how rows are read.

cdef void *address(array) except NULL:
    """Where an array of ours begins: its items lie side by side."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    cdef void *begin = view.buf
    PyBuffer_Release(&view)
    return begin


def aligned_zeros(size, dtype):
    """A zeroed array that begins on a cache line."""
    itemsize = np.dtype(dtype).itemsize
    raw = np.zeros(size * itemsize + 64, np.uint8)
    cdef size_t skip = -<size_t>address(raw) % 64
    return raw[skip : skip + size * itemsize].view(dtype)


cdef int32_t code_of(const char *item, Py_ssize_t size) noexcept:
    """The type of an item by its buffer format, a letter; -1: none that the core reads."""
    cdef char letter = item[0]
    if item[1] != 0:
        return -1
    if letter == b"?":
        return PYNN_BOOL
    if letter in b"bhilq":
        return PYNN_I8 if size == 1 else PYNN_I16 if size == 2 else PYNN_I32 if size == 4 else PYNN_I64
    if letter in b"BHILQ":
        return PYNN_U8 if size == 1 else PYNN_U16 if size == 2 else PYNN_U32 if size == 4 else PYNN_U64
    if letter in b"efd":
        return PYNN_FLOAT16 if size == 2 else PYNN_FLOAT32 if size == 4 else PYNN_FLOAT64
    return -1


cdef bint fill(pynn_source *s, const Py_buffer *view) noexcept:
    """The description from a buffer; False where the items of a row do not lie side by side."""
    cdef const char *item = view.format
    cdef bint other = False
    if item[0] in b"@=<>^!":
        other = item[0] in b"<>!" and (item[0] == b"<") == BIG_ENDIAN
        item += 1
    s.dtype, s.swapped = code_of(item, view.itemsize), other
    s.base, s.col_offset = <const char *>view.buf, NULL
    s.rows, s.row_stride, s.cols = view.shape[0], view.strides[0], 1
    cdef bint beside = True
    cdef int axis
    for axis in range(view.ndim - 1, 0, -1):
        beside = beside and (view.shape[axis] <= 1 or view.strides[axis] == s.cols * view.itemsize)
        s.cols *= view.shape[axis]
    return beside


cdef object describe(pynn_source *s, array):
    """Fill in the description of an array of rows; returns what must stay alive as long as it is used."""
    cdef Py_buffer view
    try:
        PyObject_GetBuffer(array, &view, PyBUF_RECORDS_RO)
    except ValueError:
        raise TypeError(f"array: dtype {array.dtype} is not a real number type of up to 64 bits") from None
    cdef bint beside = view.ndim > 0 and fill(s, &view)
    cdef bint known = view.ndim > 0 and s.dtype >= 0
    PyBuffer_Release(&view)
    if not known:
        raise TypeError(f"array: dtype {array.dtype} is not a real number type of up to 64 bits")
    if beside:
        return array
    offsets = np.zeros(array.shape[1:], np.int64)
    for axis, n in enumerate(array.shape[1:]):
        reach = [1] * (array.ndim - 1)
        reach[axis] = n
        offsets += (np.arange(n, dtype=np.int64) * array.strides[axis + 1]).reshape(reach)
    offsets = np.ascontiguousarray(offsets.reshape(-1))
    s.col_offset = <const int64_t *>address(offsets)
    return array, offsets


cdef object describe_data(pynn_data *d, data, int64_t inputs, int64_t outputs):
    """The same for all that a call works on. Shapes are checked here: C trusts them."""
    x, y, label, weight = data.x, data.y, data.label, data.weight
    keep = describe(&d.x, x)
    if d.x.cols != inputs:
        raise ValueError(f"x: rows of {d.x.cols} numbers given, the network takes {inputs}")
    d.y.base, d.label, d.weight = NULL, NULL, NULL
    if label is not None:
        label = np.ascontiguousarray(label, np.int32)
        if label.shape != (d.x.rows,):
            raise ValueError(f"label: shape {label.shape} given, ({d.x.rows},) needed")
        d.label = <const int32_t *>address(label)
    elif y is not None:
        keep = keep, describe(&d.y, y)
        if d.y.rows != d.x.rows or d.y.cols != outputs:
            raise ValueError(f"y: shape {y.shape} given, ({d.x.rows}, {outputs}) needed")
    if weight is not None:
        weight = np.ascontiguousarray(weight, np.float64)
        if weight.shape != (d.x.rows,):
            raise ValueError(f"weight: shape {weight.shape} given, ({d.x.rows},) needed")
        d.weight = <const double *>address(weight)
    return keep, label, weight
