# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
# cython: embedsignature=False, freethreading_compatible=True
"""The native engine: the reference's functions and signatures over the C core.

Arguments are checked here, once; below are asserts. Python owns all memory: parameters, slots,
gradients and the workspace are NumPy arrays, and C gets their addresses. The GIL is released
around each call, which comes back within about 50 ms. Read csrc/pynn.h for the other side.
"""

import os
from math import isfinite
from threading import RLock
from time import monotonic

import numpy as np

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int32_t, int64_t, uint32_t

from .core cimport *

from ..errors import DivergenceError
from .data import Totals
from .plan import build_workspace
from .tables import ACTIVATIONS, LOSSES, OPTIMIZERS


cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1


# ---- arrays: addresses, and the description of a user's array ----

cdef void *address(array) except NULL:
    """Where an array begins. The caller keeps it alive."""
    return <void *><size_t>array.__array_interface__["data"][0]


def aligned_zeros(size, dtype):
    """A zeroed array that begins on a cache line."""
    itemsize = np.dtype(dtype).itemsize
    raw = np.zeros(size * itemsize + 64, np.uint8)
    skip = -raw.__array_interface__["data"][0] % 64
    return raw[skip : skip + size * itemsize].view(dtype)


KINDS = {
    "b1": PYNN_BOOL, "u1": PYNN_U8, "i1": PYNN_I8, "u2": PYNN_U16, "i2": PYNN_I16, "u4": PYNN_U32, "i4": PYNN_I32,
    "u8": PYNN_U64, "i8": PYNN_I64, "f2": PYNN_FLOAT16, "f4": PYNN_FLOAT32, "f8": PYNN_FLOAT64,
}


cdef object describe(pynn_source *s, array):
    """Fill in the description of an array of rows; returns what must stay alive as long as it is used."""
    dtype = array.dtype
    code = KINDS.get(dtype.kind + str(dtype.itemsize))
    if code is None:
        raise TypeError(f"array: dtype {dtype} is not a real number type of up to 64 bits")
    cdef int64_t cols = 1
    for n in array.shape[1:]:
        cols *= n
    strides = array.strides
    s.base = <const char *><size_t>array.__array_interface__["data"][0]
    s.rows, s.cols, s.row_stride, s.dtype = array.shape[0], cols, strides[0], code
    s.swapped = not dtype.isnative
    s.col_offset = NULL
    step, beside = dtype.itemsize, True
    for n, stride in zip(array.shape[:0:-1], strides[:0:-1]):
        beside = beside and (stride == step or n <= 1)
        step *= n
    if beside:
        return array
    offsets = np.zeros(array.shape[1:], np.int64)
    for axis, n in enumerate(array.shape[1:]):
        reach = [1] * (array.ndim - 1)
        reach[axis] = n
        offsets += (np.arange(n, dtype=np.int64) * strides[axis + 1]).reshape(reach)
    offsets = np.ascontiguousarray(offsets.reshape(-1))
    s.col_offset = <const int64_t *>address(offsets)
    return array, offsets


cdef object describe_data(pynn_data *d, data, int64_t inputs, int64_t outputs):
    """The same for all that a call works on. Shapes are checked here: C trusts them."""
    keep = [describe(&d.x, data.x)]
    if d.x.cols != inputs:
        raise ValueError(f"x: rows of {d.x.cols} numbers given, the network takes {inputs}")
    d.y.base, d.label, d.weight = NULL, NULL, NULL
    if data.label is not None:
        label = np.ascontiguousarray(data.label, np.int32)
        if label.shape != (d.x.rows,):
            raise ValueError(f"label: shape {label.shape} given, ({d.x.rows},) needed")
        keep.append(label)
        d.label = <const int32_t *>address(label)
    elif data.y is not None:
        keep.append(describe(&d.y, data.y))
        if d.y.rows != d.x.rows or d.y.cols != outputs:
            raise ValueError(f"y: shape {data.y.shape} given, ({d.x.rows}, {outputs}) needed")
    if data.weight is not None:
        weight = np.ascontiguousarray(data.weight, np.float64)
        if weight.shape != (d.x.rows,):
            raise ValueError(f"weight: shape {weight.shape} given, ({d.x.rows},) needed")
        keep.append(weight)
        d.weight = <const double *>address(weight)
    return keep


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


def compiler():
    return pynn_compiler().decode()


cdef int poll(void *pending) noexcept with gil:
    """Signals, looked for within a long step: a pending exception is kept for the caller."""
    try:
        PyErr_CheckSignals()
    except BaseException as error:
        (<list>pending).append(error)
        return 1
    return 0


cdef class Turn:
    """One call at a time: the calls share the workspace. A call from within a call is refused.

    (Only a signal handler can try that: signals are looked for in the middle of long steps.)
    """

    cdef object lock
    cdef bint taken

    def __cinit__(self):
        self.lock, self.taken = RLock(), False

    def __enter__(self):
        self.lock.acquire()
        if self.taken:
            self.lock.release()
            raise RuntimeError("this network is in the middle of a call; a signal handler cannot use it now")
        self.taken = True

    def __exit__(self, *error):
        self.taken = False
        self.lock.release()


# FLOP of a step from which it is run so that it can be abandoned: gradients first, then one quick update.
cdef double LONG_STEP = 2e9
# FLOP of a block of rows in a forward pass, which cannot be abandoned.
cdef double FORWARD_BLOCK = 1e9

METRIC_KINDS = {"": 0, "argmax": PYNN_ACCURACY_ARGMAX, "binary": PYNN_ACCURACY_BINARY, "none": PYNN_ACCURACY_BINARY}


cdef class Engine:
    """One network's parameters, packed, and the calls that work on them. See reference.Engine."""

    cdef pynn_net net
    cdef pynn_layer *layers
    cdef const void *table
    cdef readonly object plan, dtype
    cdef object _params, _slots, _grads, _work, _work_shape, _scale, _offset, _threads
    cdef Turn _lock
    cdef double _grain
    cdef bint _long
    cdef public object iteration, beta_power

    def __init__(self, plan, *, threads=None, grain=None):
        self.plan, self.dtype, self._lock = plan, np.dtype(plan.dtype), Turn()
        if threads is not None and not 1 <= threads <= 1024:
            raise ValueError(f"threads: {threads!r} given; None or 1 to 1024 are possible")
        self._threads, self._grain = threads, -1.0 if grain is None else grain
        self.iteration, self.beta_power = 0, np.ones(2)
        cdef int bits = 8 * self.dtype.itemsize
        self.table = choose_table(bits)
        self.layers = <pynn_layer *>PyMem_Calloc(len(plan.layers), sizeof(pynn_layer))
        if self.layers == NULL:
            raise MemoryError
        cdef pynn_net *net = &self.net
        net.real_bits, net.n_layers, net.layers = bits, len(plan.layers), self.layers
        for i, layer in enumerate(plan.layers):
            self.layers[i].inputs, self.layers[i].outputs = layer.inputs, layer.outputs
            self.layers[i].activation = ACTIVATIONS[layer.activation].code
            self.layers[i].use_bias, self.layers[i].alpha = layer.use_bias, layer.alpha
            self.layers[i].l2, self.layers[i].dropout = layer.l2, layer.dropout
            self.layers[i].w, self.layers[i].b = layer.packed_w, layer.packed_b
        net.inputs, net.input_dropout, net.seed = plan.inputs, plan.input_dropout, plan.seed & (2**64 - 1)
        if plan.scale is not None:
            self._scale = np.ascontiguousarray(plan.scale, self.dtype)
            offset = np.zeros(plan.inputs) if plan.offset is None else plan.offset
            self._offset = np.ascontiguousarray(offset, self.dtype)
            if self._scale.shape != (plan.inputs,) or self._offset.shape != (plan.inputs,):
                raise ValueError(f"scale: {self._scale.shape} and {self._offset.shape} given, ({plan.inputs},) needed")
            net.scale, net.offset = address(self._scale), address(self._offset)
        net.loss, net.delta, net.smoothing = LOSSES[plan.loss].code, plan.delta, plan.smoothing
        rule = plan.optimizer
        net.optimizer, net.nesterov, net.centered = OPTIMIZERS[rule.name].code, rule.nesterov, rule.centered
        net.momentum, net.rho, net.beta1, net.beta2 = rule.momentum, rule.rho, rule.beta1, rule.beta2
        net.epsilon, net.weight_decay, net.clipvalue = rule.epsilon, rule.weight_decay, rule.clipvalue
        net.clipnorm, net.global_clipnorm = rule.clipnorm, rule.global_clipnorm
        net.n_params, net.n_slots = plan.n_packed, len(rule.slots)
        self._params = aligned_zeros(plan.n_packed, self.dtype)
        self._slots = [aligned_zeros(plan.n_packed, self.dtype) for _ in rule.slots]
        net.params = address(self._params)
        for i, slot in enumerate(self._slots):
            net.slots[i] = address(slot)

    def __dealloc__(self):
        PyMem_Free(self.layers)

    # ---- parameters and state, in the canonical order ----

    def get_params(self):
        with self._lock:
            return self._unpacked(self._params)

    def set_params(self, flat):
        with self._lock:
            self._pack(flat, self._params)

    def get_slots(self):
        with self._lock:
            return {name: self._unpacked(slot) for name, slot in zip(self.plan.optimizer.slots, self._slots)}

    def set_slots(self, slots):
        with self._lock:
            for name, slot in zip(self.plan.optimizer.slots, self._slots):
                self._pack(slots[name], slot)

    def _unpacked(self, packed):
        flat = np.empty(self.plan.n_params, self.dtype)
        pynn_unpack(&self.net, address(packed), address(flat))
        return flat

    def _pack(self, flat, packed):
        flat = np.ascontiguousarray(flat, self.dtype).reshape(-1)
        if flat.size != self.plan.n_params:
            raise ValueError(f"flat: {flat.size} numbers given, the network has {self.plan.n_params}")
        pynn_pack(&self.net, address(flat), address(packed))

    # ---- room for a batch ----

    cdef int _reserve(self, int64_t rows, bint training, bint keep_z) except -1:
        """Make sure that the workspace fits; a larger one replaces it."""
        threads = self._threads or pynn_max_threads()
        if self._work_shape is not None:
            has_rows, has_threads, has_training, has_z = self._work_shape
            if has_rows >= rows and has_threads >= threads and has_training >= training and has_z == keep_z:
                return 0
            training = training or has_training
            if not keep_z:
                rows = max(rows, has_rows)
        self._work_shape = None
        place = build_workspace(self.plan, rows, threads, training=training, keep_z=keep_z)
        self._work = None  # the old one goes before the new one comes
        self._work = aligned_zeros(place.size, self.dtype)
        cdef pynn_net *net = &self.net
        net.work, net.rows = address(self._work), rows
        net.ld, net.x, net.t, net.slope, net.label = place.ld, place.x, place.t, place.slope, place.label
        net.row_scale, net.row_value, net.row_metric = place.row_scale, place.row_value, place.row_metric
        net.norms, net.scratch, net.scratch_size = place.norms, place.scratch, place.scratch_size
        net.by_row.k, net.by_row.value, net.by_row.ld, net.by_row.start = place.by_row
        net.by_input.k, net.by_input.value, net.by_input.ld, net.by_input.start = place.by_input
        for i, p in enumerate(place.layers):
            self.layers[i].z, self.layers[i].y, self.layers[i].a, self.layers[i].m = p.z, p.y, p.a, p.m
            self.layers[i].d, self.layers[i].dt, self.layers[i].ld = p.d, p.dt, p.ld
        self._work_shape = rows, threads, training, keep_z
        return 0

    cdef int _need_grads(self) except -1:
        if self._grads is None:
            self._grads = aligned_zeros(self.plan.n_packed, self.dtype)
            self.net.grads = address(self._grads)
        return 0

    cdef int _run(self, pynn_run *run, str accuracy, double seconds, list pending) except -1:
        """How a call runs: kernels, threads, clock, signals."""
        if accuracy not in METRIC_KINDS:
            raise ValueError(f"accuracy: {accuracy!r} given; known: {', '.join(map(repr, METRIC_KINDS))}")
        run.kernels, run.metrics, run.grain, run.seconds = self.table, METRIC_KINDS[accuracy], self._grain, seconds
        run.threads = min(self._threads or pynn_max_threads(), self._work_shape[1])
        run.poll, run.poll_arg = poll, <void *>pending
        return 0

    # ---- the calls ----

    def train(self, data, *, batch, epoch, rates, totals, order=None, first=0, last=None, accuracy="", store=False,
              seconds=0.05):
        with self._lock:
            return self._train(data, batch, epoch, rates, totals, order, first, last, accuracy, store, seconds)

    def _train(self, data, batch, epoch, rates, totals, order, first, last, accuracy, store, seconds):
        cdef pynn_data d
        cdef pynn_epoch e
        cdef pynn_run run
        cdef pynn_totals sums
        cdef int64_t done = 0
        cdef pynn_status status
        cdef list pending = []
        _keep = describe_data(&d, data, self.plan.inputs, self.plan.outputs)
        if d.label == NULL and d.y.base == NULL:
            raise ValueError("data: no targets given")
        e.n, e.order = d.x.rows, NULL
        if order is not None:
            order = np.ascontiguousarray(order, np.int64)
            e.n = order.size
            used = order[first * batch : None if last is None else last * batch]
            if used.size and (used.min() < 0 or used.max() >= d.x.rows):
                raise ValueError(f"order: row numbers must lie in 0..{d.x.rows - 1}")
            e.order = <const int64_t *>address(order)
        if batch < 1 or e.n < 1:
            raise ValueError(f"batch: batches of {batch} rows out of {e.n}")
        cdef int64_t steps = (e.n + batch - 1) // batch
        e.batch, e.first, e.last = batch, first, steps if last is None else min(last, steps)
        if e.first >= e.last:
            return first
        rates = np.ascontiguousarray(rates, np.float64)
        if first < 0 or rates.size < e.last:
            raise ValueError(f"rates: {rates.size} given for steps {first} to {e.last}")
        e.rate = <const double *>address(rates) + e.first
        powers = np.array(self.beta_power, np.float64)
        e.epoch, e.beta_power = epoch, <double *>address(powers)
        self._reserve(min(batch, e.n), True, False)
        # A number that is gathered, activated or summed costs about as much as 30 FLOP of a product.
        cdef double numbers = self.plan.inputs + sum([layer.outputs for layer in self.plan.layers])
        cdef double flop = (6.0 * self.plan.n_params + 30.0 * numbers) * min(batch, e.n)
        e.store = store or self._long or flop > LONG_STEP or self.net.clipnorm > 0 or self.net.global_clipnorm > 0
        if e.store:
            self._need_grads()
        self._run(&run, accuracy, seconds, pending)
        # The sums go on from where they are: how often a call came back must not show in their rounding.
        sums.loss, sums.rows, sums.last_loss = totals.loss, totals.rows, totals.last_loss
        sums.metric[0], sums.metric[1], sums.metric[2] = totals.accuracy, totals.mae, totals.mse
        cdef double begun = monotonic()
        with nogil:
            status = pynn_train(&self.net, &d, &e, &run, &sums, &done)
        if done == 1 and monotonic() - begun > 0.03:
            self._long = True  # from now on such a step can be abandoned: same bits, one sweep more
        self.beta_power = powers
        self.iteration += done
        totals.loss, totals.rows, totals.last_loss = sums.loss, sums.rows, sums.last_loss
        totals.accuracy, totals.mae, totals.mse = sums.metric[0], sums.metric[1], sums.metric[2]
        if accuracy == "none":
            totals.accuracy = 0.0
        if pending:
            raise pending[0]
        if status == PYNN_DIVERGED:
            raise diverged(first + done, sums.last_loss)
        return first + done

    def gradients(self, data, *, epoch=-1):
        with self._lock:
            loss = self._gradients(data, epoch, False)
            return loss, self._unpacked(self._grads)

    def trace(self, data, *, epoch=-1):
        with self._lock:
            return self._trace(data, epoch)

    def _trace(self, data, epoch):
        cdef Py_ssize_t i
        loss = self._gradients(data, epoch, True)
        flat = self._unpacked(self._grads)
        rows = len(data.x)
        layers = []
        for i in range(self.net.n_layers):
            layer, place = self.plan.layers[i], self.layers[i]
            part = {}
            a = place.a if epoch >= 0 else place.y
            for name, offset in (("z", place.z), ("y", place.y), ("a", a), ("d", place.d)):
                part[name] = self._block(offset, rows, layer.outputs, i == self.net.n_layers - 1 and name != "d")
            part["dW"] = flat[layer.w : layer.b].reshape(layer.inputs, layer.outputs).copy()
            bias = layer.outputs if layer.use_bias else 0
            part["db"] = flat[layer.b : layer.b + bias].copy() if bias else np.zeros(layer.outputs, self.dtype)
            layers.append(part)
        return loss, layers

    def _block(self, offset, rows, cols, by_rows):
        """A copy of a matrix in the workspace: rows of the last layer, or panels of 16 columns."""
        wide = (cols + 15) // 16
        if by_rows:
            ld = self.layers[self.net.n_layers - 1].ld
            return self._work[offset : offset + rows * ld].reshape(rows, ld)[:, :cols].copy()
        block = self._work[offset : offset + wide * self.net.ld * 16].reshape(wide, self.net.ld, 16)
        return np.ascontiguousarray(block[:, :rows].transpose(1, 0, 2).reshape(rows, wide * 16)[:, :cols])

    def _gradients(self, data, epoch, keep_z):
        """Leave the gradients packed in _grads and everything on the way in the workspace."""
        cdef pynn_data d
        cdef pynn_run run
        cdef pynn_totals sums
        cdef pynn_status status
        cdef list pending = []
        cdef int64_t epoch_number = epoch
        _keep = describe_data(&d, data, self.plan.inputs, self.plan.outputs)
        if d.x.rows < 1 or (d.label == NULL and d.y.base == NULL):
            raise ValueError("data: no rows or no targets given")
        self._reserve(d.x.rows, True, keep_z)
        self._need_grads()
        self._run(&run, "", 1e9, pending)
        sums.loss = sums.rows = sums.metric[0] = sums.metric[1] = sums.metric[2] = sums.last_loss = 0
        with nogil:
            status = pynn_gradients(&self.net, &d, epoch_number, &run, &sums)
        if pending:
            raise pending[0]
        if status == PYNN_DIVERGED:
            raise diverged(0, sums.last_loss)
        return sums.last_loss

    def predict(self, data):
        out = np.empty((len(data.x), self.plan.outputs), self.dtype)
        with self._lock:
            self._forward(data, out, None, "")
        return out

    def evaluate(self, data, *, accuracy=""):
        cdef pynn_totals sums
        cdef pynn_run run
        tree = np.zeros(PYNN_TREE)
        with self._lock:
            self._reserve(1, False, False)
            self._run(&run, accuracy, 0, [])
            self._forward(data, None, tree, accuracy)
            pynn_tree_total(<const double *>address(tree), &sums)
            hits = 0.0 if accuracy == "none" else sums.metric[0]
            totals = Totals(sums.loss, hits, sums.metric[1], sums.metric[2], sums.rows)
            totals.loss += pynn_penalty(&self.net, &run) * sums.rows
        if sums.rows:
            totals.last_loss = totals.loss / totals.rows
        return totals

    def _forward(self, data, out, tree, accuracy):
        cdef pynn_data d
        cdef pynn_run run
        cdef int64_t row = 0
        cdef list pending = []
        cdef void *to = NULL
        cdef double *sums = NULL
        _keep = describe_data(&d, data, self.plan.inputs, self.plan.outputs)
        if d.x.rows == 0:
            return
        cdef int64_t block = max(16, min(256, int(FORWARD_BLOCK / (2.0 * self.plan.n_params))))
        self._reserve(min(block, d.x.rows), False, False)
        self._run(&run, accuracy, 0.04, pending)
        if out is not None:
            to = address(out)
        if tree is not None:
            sums = <double *>address(tree)
        while row < d.x.rows:
            with nogil:
                pynn_forward(&self.net, &d, row, to, &run, sums, &row)
            if pending:
                raise pending[0]
            PyErr_CheckSignals()


def diverged(step, loss):
    """The error for a loss, or elements of an update, that are not finite."""
    if isfinite(loss):
        what = f"step {step} of this epoch would make weights infinite; those stay as they were, the others have moved"
    else:
        what = f"the loss of step {step} of this epoch is {loss}; the weights are those of the step before"
    return DivergenceError(f"training diverged: {what}", step, loss)


include "functions.pxi"
