# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=True
# cython: embedsignature=False, freethreading_compatible=True
"""The native engine: the reference's functions and signatures over the C core.

Arguments are checked here, once; C trusts them. Python owns all memory: parameters, slots,
gradients and the workspace are NumPy arrays, and C gets their addresses. The GIL is released
around each call, which comes back within about 50 ms. Read csrc/pynn.h for the other side.
"""

import os
import sys
from threading import RLock

import numpy as np

from cpython.buffer cimport PyBUF_RECORDS_RO, PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.time cimport monotonic
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memset

from .core cimport *

from ..errors import diverged
from .data import Totals
from .kinds import KINDS
from .plan import MAX_ELEMENTS
from .tables import ACTIVATIONS, LOSSES, OPTIMIZERS


cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1


cdef bint BIG_ENDIAN = sys.byteorder == "big"

include "arrays.pxi"
include "call_lock.pxi"


# FLOP of a step from which it is run so that it can be abandoned: gradients first, then one quick update.
cdef double LONG_STEP = 2e9
# Seconds of a call of one step that do the same: with more, calls would not come back within 50 ms.
cdef double LONG_SECONDS = 0.03
# FLOP of a block of rows in a forward pass, which cannot be abandoned.
cdef double FORWARD_BLOCK = 1e9

# Seconds after which a call of one step would come back: never.
cdef double ONE_STEP = 1e9
# ... and of an evaluation or a prediction: Ctrl-C is heard within 50 ms.
cdef double FORWARD_SECONDS = 0.04

cdef dict METRIC_KINDS = {
    "": 0, "argmax": PYNN_ACCURACY_ARGMAX, "binary": PYNN_ACCURACY_BINARY, "none": PYNN_ACCURACY_BINARY,
}


cdef class Engine:
    """One network's parameters, packed, and the calls that work on them. See reference.Engine."""

    cdef pynn_net net
    cdef pynn_layer *layers
    cdef const void *table
    cdef int64_t outputs
    cdef readonly object plan, dtype
    cdef object _params, _slots, _grads, _work, _scale, _offset, _delta, _order
    cdef CallLock _lock
    cdef int _threads  # most to use
    cdef double _grain, _row_flop
    cdef pynn_team_choice _train_choice, _forward_choice
    cdef bint _long, _clips
    cdef int64_t _ordered, _forward_rows
    cdef public int64_t iteration
    cdef double _powers[3]  # PYNN_POWERS

    def __init__(self, plan, *, threads=None, grain=None):
        self.plan, self.dtype, self._lock = plan, np.dtype(plan.dtype), CallLock()
        if threads is not None and not 1 <= threads <= 1024:
            raise ValueError(f"threads: {threads!r} given; None or 1 to 1024 are possible")
        self._threads, self._grain = threads or 0, -1.0 if grain is None else grain
        self._order, self._ordered = np.empty(0, np.int64), -1
        self.iteration, self._powers[0], self._powers[1], self._powers[2] = 0, 1, 1, 1
        cdef int bits = 8 * self.dtype.itemsize
        self.table = choose_table(bits)
        self.layers = <pynn_layer *>PyMem_Calloc(len(plan.layers), sizeof(pynn_layer))
        if self.layers == NULL:
            raise MemoryError
        cdef pynn_net *net = &self.net
        net.real_bits, net.n_layers, net.layers = bits, len(plan.layers), self.layers
        for i, layer in enumerate(plan.layers):
            self.layers[i].inputs, self.layers[i].outputs = layer.inputs, layer.outputs
            self.layers[i].kind, self.layers[i].activation = KINDS[layer.kind].code, ACTIVATIONS[layer.activation].code
            self.layers[i].alpha, self.layers[i].dropout = layer.alpha, layer.dropout
            self.layers[i].use_bias, self.layers[i].l1, self.layers[i].l2 = layer.use_bias, layer.l1, layer.l2
            self.layers[i].center, self.layers[i].scale = layer.center, layer.scale
            self.layers[i].trainable, self.layers[i].epsilon = layer.trainable, layer.epsilon
            self.layers[i].momentum = layer.momentum
        net.inputs, net.input_dropout, net.seed = plan.inputs, plan.input_dropout, plan.seed & (2**64 - 1)
        if plan.scale is not None:
            self._scale = np.ascontiguousarray(plan.scale, self.dtype)
            offset = np.zeros(plan.inputs) if plan.offset is None else plan.offset
            self._offset = np.ascontiguousarray(offset, self.dtype)
            if self._scale.shape != (plan.inputs,) or self._offset.shape != (plan.inputs,):
                raise ValueError(f"scale: {self._scale.shape} and {self._offset.shape} given, ({plan.inputs},) needed")
            net.scale, net.offset = address(self._scale), address(self._offset)
        net.loss, net.sum_outputs = LOSSES[plan.loss].code, plan.sum_outputs
        net.by_weight, net.smoothing = plan.by_weight, plan.smoothing
        self._delta = np.empty(plan.outputs, self.dtype)
        self._delta[...] = plan.delta
        net.delta = address(self._delta)
        rule = plan.optimizer
        net.optimizer, net.nesterov, net.centered = OPTIMIZERS[rule.name].code, rule.nesterov, rule.centered
        net.amsgrad = rule.amsgrad
        net.momentum, net.rho, net.beta1, net.beta2 = rule.momentum, rule.rho, rule.beta1, rule.beta2
        net.epsilon, net.weight_decay, net.clipvalue = rule.epsilon, rule.weight_decay, rule.clipvalue
        net.clipnorm, net.global_clipnorm = rule.clipnorm, rule.global_clipnorm
        self.outputs = plan.outputs
        net.n_slots = len(rule.slots)
        cdef int64_t packed = pynn_parameters(net)
        if packed < 0:
            raise ValueError(f"layers: an array of {-packed:,} elements would be needed")
        self._clips = rule.clipnorm > 0 or rule.global_clipnorm > 0
        # A number that is gathered, activated or summed costs about as much as 30 FLOP of a product.
        self._row_flop = 6.0 * plan.n_params + 30.0 * (plan.inputs + sum([p.outputs for p in plan.layers]))
        self._forward_rows = max(16, min(256, int(FORWARD_BLOCK / (2.0 * max(1, plan.n_params)))))
        self._params = aligned_zeros(packed, self.dtype)
        self._slots = [aligned_zeros(packed, self.dtype) for _ in rule.slots]
        net.params = address(self._params)
        if not all([layer.scale for layer in plan.layers]):
            self.set_params(np.zeros(plan.n_params))  # a scale that is left out is 1
        for i, slot in enumerate(self._slots):
            net.slots[i] = address(slot)
        if rule.initial_accumulator_value:
            start = np.full(plan.n_params, rule.initial_accumulator_value)
            self.set_slots(dict.fromkeys(rule.slots, start))

    def __dealloc__(self):
        PyMem_Free(self.layers)

    # ---- parameters and state, in the canonical order ----

    @property
    def beta_power(self):
        return np.array([self._powers[i] for i in range(self.plan.optimizer.powers)])

    @beta_power.setter
    def beta_power(self, value):
        for i in range(self.plan.optimizer.powers):
            self._powers[i] = value[i]

    def starts_equal(self, index):
        cdef int64_t at = self.layers[index].tensor[0].at
        if self.layers[index].kind != PYNN_DENSE or self.layers[index].outputs < 2:
            return False
        return bool(self._params[at] == self._params[at + 1])

    @property
    def lists(self):
        """Whether the workspace has room for lists of the inputs that are not zero; see set_lists."""
        return self.net.by_row.ld > 0

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

    cdef int _reserve(self, int64_t rows, int threads, bint training, bint keep_z) except -1:
        """Make sure that the workspace fits; a larger one replaces it."""
        cdef pynn_net *net = &self.net
        cdef int64_t size
        cdef bint fits = net.rows >= rows and net.threads >= threads and net.training >= training
        if fits and net.keep_z == keep_z:
            return 0
        training, threads = training or net.training, max(threads, net.threads)
        if not keep_z:
            rows = max(rows, net.rows)
        net.no_lists = not LISTS
        size = pynn_layout(net, rows, threads, training, keep_z)
        net.rows, net.work = 0, NULL  # until the memory is there
        if size < 0:
            raise ValueError(f"batch_size: {rows} rows need an array of {-size:,} elements; at most {MAX_ELEMENTS:,}")
        self._work = None  # the old one goes before the new one comes
        self._work = aligned_zeros(size, self.dtype)
        net.work, net.rows = address(self._work), rows
        pynn_guards(net, 0)
        return 0

    cdef int _check_guards(self) except -1:
        """After a call of a guarded build: nobody wrote beyond the end of a region."""
        cdef int64_t region = pynn_guards(&self.net, 1)
        if region:
            raise SystemError(f"workspace: region {region} was overrun")
        return 0

    cdef int _need_grads(self) except -1:
        if self._grads is None:
            self._grads = aligned_zeros(self.net.n_params, self.dtype)
            self.net.grads = address(self._grads)
        return 0

    cdef int _run(
        self, pynn_run *run, int64_t rows, bint training, bint keep_z, accuracy, double seconds, list pending
    ) except -1:
        """How a call with batches of this many rows runs: kernels, threads, clock, signals; and room for it."""
        metrics = METRIC_KINDS.get(accuracy)
        if metrics is None:
            raise ValueError(f"accuracy: {accuracy!r} given; known: {', '.join(map(repr, METRIC_KINDS))}")
        run.kernels, run.metrics, run.grain, run.seconds = self.table, metrics, self._grain, seconds
        run.poll, run.poll_arg, run.threads = poll, <void *>pending, self._threads
        run.choice = NULL  # a grain that was given decides on the team by itself
        if self._grain < 0:
            run.choice = &self._train_choice if training else &self._forward_choice
        run.threads = pynn_team(&self.net, run, rows, training)
        return self._reserve(rows, run.threads, training, keep_z)

    # ---- the calls ----

    def train(self, data, *, batch, epoch, rates, totals, order=None, shuffle=False, first=0, last=None, accuracy="",
              store=False, seconds=0.05):
        with self._lock:
            return self._train(data, batch, epoch, rates, totals, order, shuffle, first, last, accuracy, store, seconds)

    cdef int64_t _train(
        self, data, int64_t batch, epoch, rates, totals, order, bint shuffle, int64_t first, last, accuracy, bint store,
        double seconds,
    ) except -1:
        cdef pynn_data d
        cdef pynn_steps steps
        cdef pynn_run run
        cdef int64_t done = 0
        cdef pynn_status status
        cdef list pending = []
        _keep = describe_data(&d, data, self.net.inputs, self.outputs)
        if d.label == NULL and d.y.base == NULL:
            raise ValueError("data: no targets given")
        order = self._take_order(&steps, order, shuffle, d.x.rows, len(totals.table))
        if batch < 1 or steps.n < 1:
            raise ValueError(f"batch: batches of {batch} rows out of {steps.n}")
        cdef int64_t each = (steps.n + batch - 1) // batch  # steps of an epoch
        steps.batch, steps.first, steps.epoch, steps.store = batch, first, epoch, store
        cdef pynn_totals *sums = <pynn_totals *>address(totals.table)
        steps.last = each if last is None else min(last, each * <int64_t>len(totals.table))
        if steps.first >= steps.last:
            return first
        rates = np.ascontiguousarray(rates, np.float64)
        if first < 0 or len(rates) < steps.last:
            raise ValueError(f"rates: {len(rates)} given for steps {first} to {steps.last}")
        steps.rate = <const double *>address(rates) + first
        steps.beta_power = self._powers
        self._run(&run, min(batch, steps.n), True, False, accuracy, seconds, pending)
        steps.store |= self._long or self._row_flop * min(batch, steps.n) > LONG_STEP or self._clips
        if steps.store:
            self._need_grads()
        # The sums go on from where they are: how often a call came back must not show in their rounding.
        cdef double begun = monotonic()
        with nogil:
            status = pynn_train(&self.net, &d, &steps, &run, sums, &done)
        if done == 1 and monotonic() - begun > LONG_SECONDS:
            self._long = True  # from now on such a step can be abandoned: same bits, one sweep more
        self._check_guards()
        self.iteration += done
        if accuracy == "none":
            totals.table[:, 1] = 0
        if pending:
            raise pending[0]
        cdef int64_t next = first + done
        if status == PYNN_DIVERGED:
            raise diverged(next % each, epoch + next // each, sums[next // each].last_loss)
        return next

    cdef object _take_order(self, pynn_steps *steps, order, bint shuffle, int64_t rows, int64_t epochs):
        """Which rows an epoch takes, and in which order; returns what must stay alive."""
        steps.n, steps.order, steps.ordered, steps.order_next = rows, NULL, NULL, 0
        if shuffle:
            if order is not None:
                raise ValueError("order: given together with shuffle, which makes orders")
            if len(self._order) != rows:
                self._order, self._ordered = np.empty(rows, np.int64), -1
            steps.order, steps.ordered = <int64_t *>address(self._order), &self._ordered
        elif order is not None:
            order = np.ascontiguousarray(order, np.int64)
            steps.n = order.shape[order.ndim - 1]
            if order.ndim == 2:
                if len(order) < epochs:
                    raise ValueError(f"order: {len(order)} of them given for {epochs} epochs")
                steps.order_next = steps.n
            if steps.n and (order.min() < 0 or order.max() >= rows):
                raise ValueError(f"order: row numbers must lie in 0..{rows - 1}")
            steps.order = <int64_t *>address(order)
        return order

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
            part |= {f"d{name}": values.copy() for name, values in layer.values(flat).items()}
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
        _keep = describe_data(&d, data, self.net.inputs, self.outputs)
        if d.x.rows < 1 or (d.label == NULL and d.y.base == NULL):
            raise ValueError("data: no rows or no targets given")
        self._run(&run, d.x.rows, True, keep_z, "", ONE_STEP, pending)
        self._need_grads()
        memset(&sums, 0, sizeof(sums))
        with nogil:
            status = pynn_gradients(&self.net, &d, epoch_number, &run, &sums)
        self._check_guards()
        if pending:
            raise pending[0]
        if status == PYNN_DIVERGED:
            raise diverged(0, epoch, sums.last_loss)
        return sums.last_loss

    def predict(self, data):
        out = np.empty((len(data.x), self.outputs), self.dtype)
        with self._lock:
            self._forward(data, address(out), NULL, NULL, "")
        return out

    def evaluate(self, data, *, accuracy=""):
        cdef double tree[PYNN_TREE]
        totals = Totals()
        cdef pynn_totals *sums = <pynn_totals *>address(totals.table)
        memset(tree, 0, sizeof(tree))
        with self._lock:
            self._forward(data, NULL, tree, sums, accuracy)
        if accuracy == "none":
            sums.metric[0] = 0
        if sums.rows > 0:
            sums.last_loss = sums.loss / sums.rows
        return totals

    cdef int _forward(self, data, void *out, double *tree, pynn_totals *sums, accuracy) except -1:
        """Outputs of all rows to `out`, or with a tree their sums, penalty included."""
        cdef pynn_data d
        cdef pynn_run run
        cdef int64_t row = 0
        cdef list pending = []
        _keep = describe_data(&d, data, self.net.inputs, self.outputs)
        self._run(&run, max(1, min(self._forward_rows, d.x.rows)), False, False, accuracy, FORWARD_SECONDS, pending)
        while row < d.x.rows:
            with nogil:
                pynn_forward(&self.net, &d, row, out, &run, tree, &row)
            self._check_guards()
            if pending:
                raise pending[0]
            PyErr_CheckSignals()
        if sums != NULL:
            pynn_tree_total(tree, sums)
            sums.penalty = pynn_penalty(&self.net, &run) * sums.rows
            sums.loss += sums.penalty
        return 0


include "functions.pxi"
