"""The reference engine: what a network computes, in plain NumPy that reads like the lecture.

It is the specification: _native.pyx has the same functions with the same signatures, and a test
compares them. In float64 its results are the standard; its bits are not (NumPy's products may add in any
order), and it is not fast. Forward is a loop down the layers, backward the same loop upwards. Shapes: B rows
of a batch, I inputs and O outputs of a layer. Read formulas.py for the formulas, plan.py for LayerPlan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import diverged
from . import formulas
from .data import Data, Totals, blocks, first_outside, moments, one_order_each
from .formulas import Array, stored
from .kinds import KINDS
from .philox import ORDER, dropout_keep, normal, permutation, philox, uniform
from .plan import LayerPlan, Plan, weights
from .tables import ACTIVATIONS, LOSSES, OPTIMIZERS
from .update_formulas import next_powers, rule_of_step

__all__ = ["Engine", "first_outside", "moments", "normal", "permutation", "philox", "unary", "uniform"]


@dataclass(frozen=True)
class State:
    """All that training changes. A step makes a new one, so an interrupt never sees half a step."""

    params: np.ndarray  # flat: W1 (I, O) row by row, b1, W2, ...
    slots: dict[str, np.ndarray]  # the optimizer's memory, laid out like params
    iteration: int  # completed steps
    beta_power: np.ndarray  # running products of the steps: beta1^iteration, beta2^iteration, ...


@dataclass
class Pass:
    """One layer's share of a forward pass (and, later, of the backward pass)."""

    layer: LayerPlan
    inputs: Array  # (B, I): the layer before's a
    seen: Any  # what the kind of layer wants to know again when it goes backward
    z: Array  # (B, O), as the kind says; inputs W + b in a dense layer
    y: Array  # (B, O) = act(z)
    mask: Array | None  # (B, O): 0 or 1 / (1 - rate)
    a: Array  # (B, O) = y * mask


@dataclass
class Batch:
    """Rows in the storage type. Positions in the epoch's order decide the dropout masks."""

    x: Array  # (B, inputs)
    t: Array | None  # (B, outputs)
    weight: Array  # (B,) float64
    positions: Array  # (B,)


class Engine:
    def __init__(self, plan: Plan, *, threads: int | None = None, grain: float | None = None) -> None:
        """`threads` and `grain` are the native engine's affair; here they change nothing."""
        if plan.layers[-1].dropout:
            raise ValueError("layers: a Dropout after the last Dense layer would drop the network's answers")
        self.plan = plan
        self.dtype = np.dtype(plan.dtype)
        o, zeros = plan.optimizer, np.zeros(plan.n_params, self.dtype)
        start: np.ndarray = stored(np.full(plan.n_params, o.initial_accumulator_value, self.dtype))
        self._state = State(zeros, dict.fromkeys(o.slots, start), 0, np.ones(o.powers))
        self._scale = None if plan.scale is None else np.asarray(plan.scale, self.dtype)
        self._offset = None if plan.offset is None else np.asarray(plan.offset, self.dtype)
        self._order: tuple[int, int, Array] = -1, 0, np.empty(0, np.int64)  # epoch, rows, order

    # ---- what training changes ----

    @property
    def iteration(self) -> int:
        return self._state.iteration

    @iteration.setter
    def iteration(self, value: int) -> None:
        self._state = replace(self._state, iteration=int(value))

    @property
    def beta_power(self) -> np.ndarray:
        return self._state.beta_power.copy()

    @beta_power.setter
    def beta_power(self, value: np.ndarray) -> None:
        self._state = replace(self._state, beta_power=np.array(value, np.float64).reshape(self.plan.optimizer.powers))

    def starts_equal(self, index: int) -> bool:
        """Whether the first two weights of a dense layer's first row are the same: a look that costs no copy."""
        layer = self.plan.layers[index]
        if layer.kind != "dense" or layer.outputs < 2:
            return False
        return bool(self._state.params[layer.w] == self._state.params[layer.w + 1])

    def get_params(self) -> np.ndarray:
        return self._state.params.copy()

    def set_params(self, flat: np.ndarray) -> None:
        self._state = replace(self._state, params=self._flat(flat))

    def get_slots(self) -> dict[str, np.ndarray]:
        return {name: slot.copy() for name, slot in self._state.slots.items()}

    def set_slots(self, slots: dict[str, np.ndarray]) -> None:
        self._state = replace(self._state, slots={name: self._flat(slots[name]) for name in self._state.slots})

    def _flat(self, values: np.ndarray) -> Array:
        flat = stored(np.array(values, self.dtype).reshape(-1))
        if flat.size != self.plan.n_params:
            raise ValueError(f"flat: {flat.size} numbers given, the network has {self.plan.n_params}")
        return flat

    # ---- the calls ----

    @np.errstate(all="ignore")  # infinities are looked for, and reported, where they matter
    def train(
        self,
        data: Data,
        *,
        batch: int,
        epoch: int,
        rates: np.ndarray,
        totals: Totals,
        order: np.ndarray | None = None,
        shuffle: bool = False,
        first: int = 0,
        last: int | None = None,
        accuracy: str = "",
        store: bool = False,
        seconds: float = 0.05,
    ) -> int:
        """Run steps first.. until `last` or the time is up; return the next step.

        Steps are counted from the beginning of `epoch` on, through as many epochs as `totals` has places for; without
        `last`, only the first one is run. An epoch's s-th step takes positions s * batch .. of its order: all have the
        given one, or each its row of them; with `shuffle` it follows from seed and epoch; else rows come as they lie.
        rates[s] is the learning rate of step s. `store` asks the native engine to keep gradients in memory; the result
        is the same.
        """
        if shuffle and order is not None:
            raise ValueError("order: given together with shuffle, which makes orders")
        rows = data.rows if order is None else order.shape[-1]
        orders = None if order is None else one_order_each(order, len(totals))
        steps = -(-rows // batch)  # of an epoch
        last = steps if last is None else min(last, steps * len(totals))
        end = time.monotonic() + seconds
        for s in range(first, last):
            now, begin = epoch + s // steps, s % steps * batch
            positions = np.arange(begin, min(begin + batch, rows))
            turn = self._shuffled(now, rows) if shuffle else None if orders is None else orders[s // steps]
            taken = positions if turn is None else turn[positions]
            gathered = self._gather(data, taken, positions)
            self._step(gathered, s % steps, now, float(rates[s]), totals[s // steps], accuracy)
            if time.monotonic() >= end:
                return s + 1
        return max(first, last)

    @np.errstate(all="ignore")
    def gradients(self, data: Data, *, epoch: int = -1) -> tuple[float, np.ndarray]:
        """Loss of all rows as one batch, and its gradient laid out like the parameters. epoch < 0: no dropout."""
        loss, gradient, _, _ = self._slopes(self._gather_all(data), epoch)
        return loss, gradient

    @np.errstate(all="ignore")
    def trace(self, data: Data, *, epoch: int = -1) -> tuple[float, list[dict[str, np.ndarray]]]:
        """The same, with everything on the way: per layer z, y, a and d = dL/dz (B, O), and dW (I, O), db (O,) ..."""
        loss, gradient, passes, deltas = self._slopes(self._gather_all(data), epoch)
        return loss, [
            {"z": p.z, "y": p.y, "a": p.a, "d": d} | {f"d{name}": g for name, g in p.layer.values(gradient).items()}
            for p, d in zip(passes, deltas, strict=True)
        ]

    @np.errstate(all="ignore")
    def predict(self, data: Data) -> np.ndarray:
        out = np.empty((data.rows, self.plan.outputs), self.dtype)
        for rows in blocks(data.rows):
            out[rows] = self._forward(self._gather(replace(data, y=None, label=None), rows, rows), -1)[-1].a
        return out

    @np.errstate(all="ignore")
    def evaluate(self, data: Data, *, accuracy: str = "") -> Totals:
        totals = Totals()
        for rows in blocks(data.rows):
            batch = self._gather(data, rows, rows)
            last = self._forward(batch, -1)[-1]
            totals.loss += float(np.sum(batch.weight * self._row_losses(last, self._targets(batch))))
            self._measure(totals, last.y, batch, accuracy)
            totals.rows += len(rows)
        totals.penalty = self._penalty() * data.rows
        totals.loss += totals.penalty
        if data.rows:
            totals.last_loss = totals.loss / totals.rows
        return totals

    # ---- from the user's arrays to a batch ----

    def _shuffled(self, epoch: int, rows: int) -> Array:
        """The order of an epoch: row numbers. Kept until another one is asked for."""
        if self._order[:2] != (epoch, rows):
            self._order = epoch, rows, permutation(self.plan.seed, ORDER, epoch, rows)
        return self._order[2]

    def _gather(self, data: Data, rows: Array, positions: Array) -> Batch:
        """Rows by number, in the storage type, scaled: x * scale + offset. Only these rows are copied."""
        x = self._convert(data.x, rows)
        if self._scale is not None:
            x = x * self._scale
        if self._offset is not None:
            x = x + self._offset
        t: Array | None = None
        if data.label is not None:
            t = (data.label[rows][:, None] == np.arange(self.plan.outputs)).astype(self.dtype)  # one-hot
        elif data.y is not None:
            t = self._convert(data.y, rows)
        weight = np.ones(len(rows)) if data.weight is None else np.asarray(data.weight[rows], np.float64)
        return Batch(stored(x), t, weight, positions)

    def _gather_all(self, data: Data) -> Batch:
        rows = np.arange(data.rows)
        return self._gather(data, rows, rows)

    def _convert(self, array: Array, rows: Array) -> Array:
        return stored(np.asarray(array[rows], self.dtype).reshape(len(rows), -1))

    def _targets(self, batch: Batch) -> Array:
        """Targets as the loss sees them: label smoothing included."""
        assert batch.t is not None, "this call needs targets"
        smooth = LOSSES[self.plan.loss].smooth
        return smooth(batch.t, self.plan.smoothing) if smooth and self.plan.smoothing else batch.t

    # ---- forward, loss, backward ----

    def _forward(self, batch: Batch, epoch: int, learns: bool = False) -> list[Pass]:
        """epoch < 0: no dropout. learns: as in a step of training, where batch normalization looks at the batch."""
        a, _ = self._drop(batch.x, self.plan.input_dropout, 0, batch.positions, epoch)
        passes = []
        for i, layer in enumerate(self.plan.layers):
            z, seen = KINDS[layer.kind].forward(layer, layer.values(self._state.params), a, learns)
            y = stored(ACTIVATIONS[layer.activation].forward(z, layer.alpha))
            inputs = a
            a, mask = self._drop(y, layer.dropout, i + 1, batch.positions, epoch)
            passes.append(Pass(layer, inputs, seen, z, y, mask, a))
        return passes

    def _backward(self, passes: list[Pass], d: Array, share: float) -> tuple[Array, list[Array]]:
        """From d = dL/dz of the last layer: the gradient by all parameters, and every layer's d.

        `share` is how much the penalty counts.
        """
        gradient = np.zeros(self.plan.n_params, self.dtype)
        deltas = []
        for i in reversed(range(len(passes))):
            deltas.append(d)
            layer, x, seen = passes[i].layer, passes[i].inputs, passes[i].seen
            kind, P, G = KINDS[layer.kind], layer.values(self._state.params), layer.values(gradient)
            for name, g in kind.backward_parameters(layer, P, x, seen, d).items():
                G[name][...] = g
            if layer.l1 or layer.l2:  # of the penalty l1 * sum |W| + l2 * sum W^2
                G["W"][...] += 2 * layer.l2 * share * P["W"] + layer.l1 * share * np.sign(P["W"])
            if i > 0:
                below = passes[i - 1]
                d = kind.backward_inputs(layer, P, x, seen, d)  # dL/da of the layer below
                if below.mask is not None:
                    d = d * below.mask
                d = stored(ACTIVATIONS[below.layer.activation].backward(d, below.z, below.y, below.layer.alpha))
        return gradient, deltas[::-1]

    def _drop(self, y: Array, rate: float, q: int, positions: Array, epoch: int) -> tuple[Array, Array | None]:
        """Dropout layer q: what is kept is divided by the share that is kept, so means stay."""
        if rate == 0 or epoch < 0:
            return y, None
        keep = dropout_keep(self.plan.seed, epoch, q, positions, y.shape[1], rate)
        mask = np.where(keep, self.dtype.type(1 / (1 - rate)), self.dtype.type(0))
        return stored(y * mask), mask

    def _row_losses(self, last: Pass, t: Array) -> Array:
        """(B,) float64: each row's loss, unweighted."""
        loss = LOSSES[self.plan.loss]
        if loss.from_z is not None and loss.needs_z(last.layer.activation):
            value = loss.from_z(last.z, t)
        else:
            value = loss.value(last.y, t, self.plan.delta)
        return value.astype(np.float64) * self.plan.outputs_factor

    def _output_delta(self, last: Pass, t: Array, scale: Array) -> Array:
        """(B, O): dL/dz at the output. Row r counts scale[r] = its weight / B."""
        loss, layer = LOSSES[self.plan.loss], last.layer
        factor = (scale * self.plan.outputs_factor).astype(self.dtype)[:, None]
        if loss.by_z is not None and loss.fused(layer.activation):
            return stored(loss.by_z(last.y, t) * factor)
        assert loss.gradient is not None
        d = loss.gradient(last.y, t, self.plan.delta) * factor  # dL/dy
        return stored(ACTIVATIONS[layer.activation].backward(d, last.z, last.y, layer.alpha))

    def _penalty(self) -> float:
        total = 0.0
        for layer in self.plan.layers:
            if layer.l1 or layer.l2:
                W = weights(self._state.params, layer).astype(np.float64)
                total += layer.l2 * float(np.sum(W**2)) + layer.l1 * float(np.sum(np.abs(W)))
        return total

    def _mass(self, batch: Batch) -> tuple[float, float]:
        """What the sum over rows is divided by, and how much the penalty counts beside it."""
        if not self.plan.by_weight:
            return float(len(batch.weight)), 1.0
        mass = batch.weight.sum()  # NumPy's number: a batch without weight gives NaN, not an error
        return mass, 1 / mass

    def _slopes(self, batch: Batch, epoch: int) -> tuple[float, Array, list[Pass], list[Array]]:
        """Forward and backward: loss, gradient, the passes, the deltas."""
        passes = self._forward(batch, epoch, learns=True)
        t = self._targets(batch)
        mass, share = self._mass(batch)
        scale = batch.weight / mass
        loss = float(np.sum(scale * self._row_losses(passes[-1], t))) + self._penalty() * share
        gradient, deltas = self._backward(passes, self._output_delta(passes[-1], t, scale), share)
        return loss, gradient, passes, deltas

    # ---- one step ----

    def _step(self, batch: Batch, s: int, epoch: int, rate: float, totals: Totals, accuracy: str) -> None:
        loss, gradient, passes, _ = self._slopes(batch, epoch)
        if not np.isfinite(loss):
            raise diverged(s, epoch, loss)
        new, finite = self._updated(self._clipped(gradient), rate, passes)
        if not finite:  # elements that could move have moved, but the step does not count
            self._state = replace(self._state, params=new.params, slots=new.slots)
            raise diverged(s, epoch, loss)
        totals.loss += loss * len(batch.x)
        totals.penalty += self._penalty() * self._mass(batch)[1] * len(batch.x)
        totals.last_loss = loss
        totals.rows += len(batch.x)
        self._measure(totals, passes[-1].y, batch, accuracy)
        self._state = new  # last: a step that counts is in the totals

    def _clipped(self, gradient: Array) -> Array:
        """By value, or by the norm of each W and b, or by the norm of all; never longer than before."""
        o = self.plan.optimizer
        if o.clipnorm or o.global_clipnorm:
            gradient = gradient.copy()
            parts = [tensor.view(gradient) for p in self.plan.layers for tensor in p.tensors if tensor.learned]
            for tensors in [parts] if o.global_clipnorm else [[part] for part in parts]:
                norm = np.sqrt(sum(float(np.sum(np.square(part, dtype=np.float64))) for part in tensors))
                limit = o.global_clipnorm or o.clipnorm
                for part in tensors:
                    part *= self.dtype.type(limit / norm if norm > limit else 1)
        if o.clipvalue:
            gradient = np.clip(gradient, -o.clipvalue, o.clipvalue)
        return gradient

    def _updated(self, gradient: Array, rate: float, passes: Sequence[Pass] = ()) -> tuple[State, bool]:
        """The state after one step along a gradient, and whether all new values were finite."""
        old, o = self._state, self.plan.optimizer
        beta_power = next_powers(o, old.beta_power)
        rule = rule_of_step(o, rate, beta_power, self.dtype)
        params, slots = OPTIMIZERS[o.name].update(rule, old.params, gradient, old.slots)
        self._keep_and_finish(params, passes)
        finite = np.logical_and.reduce([np.isfinite(new) for new in (params, *slots.values())])
        # An element moves as a whole or not at all: its weight and its slots together.
        params = stored(np.where(finite, params, old.params))
        slots = {name: stored(np.where(finite, slots[name], old.slots[name])) for name in old.slots}
        return State(params, slots, old.iteration + 1, beta_power), bool(finite.all())

    def _keep_and_finish(self, params: Array, passes: Sequence[Pass]) -> None:
        """What gradients do not move stays (a rule with weight decay would move it), or moves as its kind says."""
        for p in passes:
            new, old = p.layer.values(params), p.layer.values(self._state.params)
            for tensor in p.layer.tensors:
                if not tensor.learned:
                    new[tensor.name][...] = old[tensor.name]
            finish = KINDS[p.layer.kind].finish
            for name, value in finish(p.layer, old, p.seen).items() if finish else ():
                new[name][...] = value

    # ---- metrics ----

    def _measure(self, totals: Totals, y: Array, batch: Batch, accuracy: str) -> None:
        """Add the rows' accuracy ("argmax": the largest output; "binary": each side of 1/2), mae and mse."""
        if not accuracy:
            return
        assert batch.t is not None
        y, t = y.astype(np.float64), batch.t.astype(np.float64)
        if accuracy == "argmax":
            totals.accuracy += float(np.sum(y.argmax(axis=1) == t.argmax(axis=1)))
        elif accuracy == "binary":
            totals.accuracy += float(np.sum(np.mean((y > 0.5) == (t > 0.5), axis=1)))
        totals.mae += float(np.sum(np.mean(np.abs(y - t), axis=1)))
        totals.mse += float(np.sum(np.mean((y - t) ** 2, axis=1)))


@np.errstate(all="ignore")
def unary(name: str, x: np.ndarray) -> np.ndarray:
    """An elementary function, evaluated in double and rounded once to x's type."""
    functions: dict[str, Callable[[Array], Array]] = {
        "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "tanh": np.tanh,
        "sigmoid": formulas.sigmoid, "softplus": formulas.softplus,
        "erf": formulas.erf, "erfc": formulas.erfc, "normcdf": formulas.normcdf,
    }  # fmt: skip
    x = np.asarray(x)
    return np.asarray(functions[name](x.astype(np.float64))).astype(x.dtype)
