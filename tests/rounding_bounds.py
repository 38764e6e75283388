"""How far rounding may carry a result from the reference in float64: a derived bound, layer by layer.

Beside each value x of a step goes an E with |computed - x| <= E. A chain of n products and additions has a relative
error of at most gamma(n) = n u / (1 - n u) of the sum of its absolute terms (u: unit roundoff), in any order, with
or without FMA. What its operands are off by passes through the absolute weights. A function passes on at most its
Lipschitz constant and adds C u of its value, C = 16: 4 ulp (8 u) promised for elementary functions and up to 8
roundings around them. Kinks must be farther away than E; otherwise the example decides nothing. Here are activations,
losses and updates; what a kind of layer computes is in rounding_kinds.py. For test_parity.py."""

import numpy as np
from rounding_kinds import BOUNDS, Rounding, TooClose, gradient_by_inputs

from pynn.engine.plan import weights
from pynn.engine.tables import ACTIVATIONS, LOSSES

COUNTS = ("poisson", "half_poisson_deviance")
U32, U64 = 2.0**-24, 2.0**-53
C = 16

# Lipschitz constants of act and of act' (beside the kinks), and the kinks.
SMOOTHNESS = {
    "linear": (1, 0, []),
    "step": (0, 0, [0]),
    "sign": (0, 0, [0]),
    "sigmoid": (1 / 4, 0.0963, []),  # largest |s''| = 1 / (6 sqrt 3)
    "hard_sigmoid": (1 / 6, 0, [-3, 3]),
    "tanh": (1, 0.7699, []),  # 4 / (3 sqrt 3)
    "relu": (1, 0, [0]),
    "leaky_relu": (1, 0, [0]),
    "elu": (1, 1, [0]),
    "selu": (1.7581, 1.7581, [0]),  # scale * alpha
    "gelu": (1.1290, 0.7979, []),  # the slope's maximum is at sqrt 2; |2 - z^2| density(z) is largest at 0
    "silu": (1.0999, 0.5, []),
    "softplus": (1, 1 / 4, []),
    "mish": (1.0885, 0.6443, []),
    "softsign": (1, 2, []),  # |act''| is 2 / (1 + |z|)^3
    "relu6": (1, 0, [0, 6]),
    "exp": (None, None, []),  # where it is: e^(z + E) - e^z = e^z (e^E - 1), for the function and its slope
}


class ForwardBound:
    """Error bounds of a forward pass, for a candidate of unit roundoff u; learns: as in a step of training."""

    def __init__(self, engine, data, epoch, u, learns=False):
        self.u, self.plan = u + U64, engine.plan  # the standard itself rounds, too
        self.tiny = 2.0**-126 if u == U32 else 2.0**-1022  # what storing may drop
        self.rounding = Rounding(self.u, self.tiny)
        self.params = engine.get_params()
        with np.errstate(all="ignore"):
            self.batch = engine._gather_all(data)
            self.passes = engine._forward(self.batch, epoch, learns)
            self.forward()

    def gamma(self, n):
        return self.rounding.gamma(n)

    def forward(self):
        x = np.abs(self.passes[0].inputs)
        error = 4 * self.u * x if self.plan.scale is None else 4 * self.u * (x + np.abs(self.plan.offset))
        self.known, self.z, self.y, self.a = [], [], [], []
        for p in self.passes:
            z_error, known = BOUNDS[p.layer.kind].forward(self.rounding, p, p.layer.values(self.params), error)
            self.known.append(known)
            self.z.append(z_error)
            self.y.append(self.activation(p, z_error) + self.tiny)
            error = self.y[-1] if p.mask is None else (self.y[-1] + 2 * self.u * np.abs(p.y)) * p.mask
            self.a.append(error)

    def activation(self, p, error):
        if p.layer.activation == "softmax":  # each e^z is off by a factor of at most e^E, their sum likewise
            shift = np.ptp(p.z, axis=1, keepdims=True) + 2 * np.abs(p.z).max(axis=1, keepdims=True)
            worst = error.max(axis=1, keepdims=True)
            return p.y * (np.expm1(2 * worst) + self.u * (C + p.y.shape[1] + 2 * shift))
        slope, _, kinks = SMOOTHNESS[p.layer.activation]
        if any((np.abs(p.z - kink) <= error).any() for kink in kinks):
            raise TooClose
        if slope is None:
            return p.y * (np.expm1(error) + C * self.u)
        around = 1 if p.layer.activation == "hard_sigmoid" else 0  # a sum of terms up to 1
        return slope * error + C * self.u * (np.abs(p.y) + around)


class Bound(ForwardBound):
    """Error bounds of every number in a float64 trace."""

    def __init__(self, engine, data, epoch, u):
        super().__init__(engine, data, epoch, u, learns=True)
        with np.errstate(all="ignore"):
            self.t = engine._targets(self.batch)
            self.row_losses = engine._row_losses(self.passes[-1], self.t)
            self.loss, self.gradient, _, self.deltas = engine._slopes(self.batch, epoch)
        if not np.isfinite(self.loss):
            raise TooClose
        self.share = engine._mass(self.batch)[1]  # how much the penalty counts
        self.output()
        self.backward()

    def output(self):
        """E of the loss, and of d = dL/dz at the output."""
        last, plan, u, t = self.passes[-1], self.plan, self.u, self.t
        self.fused = LOSSES[plan.loss].fused(last.layer.activation)
        mass = self.batch.weight.sum() if plan.by_weight else len(t)
        row, f = LOSSES[plan.loss], (self.batch.weight / mass * plan.outputs_factor)[:, None]
        y, z, error, off = last.y, last.z, self.y[-1], 4 * u  # targets are smoothed: off by 4 u
        outputs = 1 if plan.loss in ("categorical_crossentropy", "perceptron") else y.shape[1]
        if self.fused:
            slope = (y - t) / outputs
            wrong = (error + off + 4 * u * (np.abs(y) * np.abs(t).sum(axis=1, keepdims=True) + np.abs(t))) / outputs
            self.d_output = wrong * f + 4 * u * np.abs(slope) * f + self.tiny
            passed = self.z[-1] * (np.abs(slope) + wrong)
        else:  # the slope by y rises with y and falls with t (losses are convex), so its extremes are at the corners
            with np.errstate(all="ignore"):
                slope = row.gradient(y, t, plan.delta)
                high = np.abs(row.gradient(y + error, t - off, plan.delta) - slope)
                low = np.abs(row.gradient(y - error, t + off, plan.delta) - slope)
            terms = np.abs(slope) + ((1 + np.abs(t / y)) / outputs if plan.loss in COUNTS else 0)
            wrong = np.maximum(high, low) + C * u * terms
            passed = error * (np.abs(slope) + wrong)
            d, d_error = slope * f, (wrong + 4 * u * np.abs(slope)) * f
            self.d_output = self.slope_backward(last, self.z[-1], error, d, d_error)
        evaluated = passed + off * np.abs(self.slope_by_t(y, z)) / outputs + C * u * self.terms(y, z, t) / outputs
        size = np.abs(self.row_losses) / plan.outputs_factor
        rows = evaluated.sum(axis=1) * (1 + self.gamma(y.shape[1])) + self.gamma(y.shape[1]) * size
        penalty = sum(self.penalty(layer) for layer in plan.layers) * self.share
        summed = self.gamma(len(t) + len(self.params)) * (abs(self.loss) + penalty)
        self.loss_error = float((f[:, 0] * rows).sum() + summed)

    def terms(self, y, z, t):
        """Sizes of what is added up in a row's loss, element by element."""
        loss = self.plan.loss
        with np.errstate(all="ignore"):
            if loss in COUNTS:
                logs = np.abs(z) if self.fused else np.abs(np.log(y + 1e-7))
                return np.abs(y) + np.abs(t) * (logs + (1 + np.abs(np.log(t + 1e-7)) if loss[0] == "h" else 0))
            if self.fused and loss != "perceptron":
                return 2 * np.abs(t) * np.ptp(z, axis=1, keepdims=True) + np.abs(z) + np.log(2 + y.shape[1])
            if loss.endswith("crossentropy"):
                p = np.clip(y, 1e-7, 1 - 1e-7)
                # 1 - p is off by u. Cut off at 1 - 1e-7, p is 1 - 2^-23 in float32: 0.18 in the logarithm.
                lost = np.where(y > 0.97, 0.18 / (C * self.u) if self.u > U32 else 1e7, 1 / (1 - p))
                hit, miss = np.abs(t * np.log(p)), np.abs((1 - t) * np.log1p(-p)) + np.abs(1 - t) * lost
                return hit + (miss if loss.startswith("binary") else 0)
            return (y - t) ** 2 + np.abs(y - t)

    def slope_by_t(self, y, z):
        """How a row's loss follows its targets, if they are smoothed."""
        if not self.plan.smoothing:
            return np.zeros_like(y)
        return 2 * np.abs(z) + np.ptp(z) + np.log(y.shape[1] + 1) if self.fused else 17.0 + 0 * y  # log 1e-7 = -16.1

    def slope_backward(self, p, z_error, y_error, d, d_error):
        """E of dL/dz = d * act'(z), from those of z, y and d = dL/dy."""
        if p.layer.activation == "softmax":  # y (d - sum d y)
            y, size = p.y + y_error, np.abs(d) + d_error
            shift_error = d_error * y + size * y_error + self.gamma(y.shape[1] + 2) * size * y
            shift_error = shift_error.sum(axis=1, keepdims=True)
            inner = np.abs(d - (d * p.y).sum(axis=1, keepdims=True))
            wrong = d_error + shift_error
            return y_error * (inner + wrong) + y * (wrong + 4 * self.u * (size + (size * y).sum(axis=1, keepdims=True)))
        _, bend, _ = SMOOTHNESS[p.layer.activation]
        if bend is None:
            bend, z_error = 1, y_error
        slope = np.abs(ACTIVATIONS[p.layer.activation].derivative(p.z, p.y, p.layer.alpha))
        # From y: |d act' / dy| <= 2 times y's own C u, and some roundings; from z: two functions. 4 C u covers both.
        wrong = bend * z_error + (4 * C * self.u if p.layer.activation not in ("linear", "step", "sign") else 0)
        return d_error * (slope + wrong) + np.abs(d) * (wrong + 2 * self.u * slope) + self.tiny

    def backward(self):
        self.d, self.flat = [self.d_output], np.zeros_like(self.params)
        self.gradients = []  # of each layer, by name: views of flat
        for i in reversed(range(len(self.passes))):
            p, known, d, error = self.passes[i], self.known[i], self.deltas[i], self.d[0]
            bound, P, errors = BOUNDS[p.layer.kind], p.layer.values(self.params), p.layer.values(self.flat)
            for name, found in bound.backward_parameters(self.rounding, p, P, known, d, error).items():
                errors[name][...] = found
            if p.layer.l1 or p.layer.l2:
                self.add_penalty(p.layer, P["W"], errors["W"])
            self.gradients.insert(0, errors)
            if i > 0:
                da_error = bound.backward_inputs(self.rounding, p, P, known, d, error)
                self.d.insert(0, self.tail_backward(i - 1, gradient_by_inputs(p, P, d), da_error))

    def tail_backward(self, i, da, da_error):
        """E of dL/dz of layer i, from that of dL/da."""
        p = self.passes[i]
        if p.mask is not None:
            da_error = (da_error + 2 * self.u * np.abs(da)) * p.mask
            da = da * p.mask
        return self.slope_backward(p, self.z[i], self.y[i], da, da_error)

    def penalty(self, layer):
        if not (layer.l1 or layer.l2):
            return 0.0
        W = weights(self.params, layer)
        return layer.l2 * np.sum(W**2) + layer.l1 * np.sum(np.abs(W))

    def add_penalty(self, layer, W, error):
        """2 l2 W + l1 sign W: factors, products and sums round, at most 4 times an element."""
        slope = (2 * layer.l2 * np.abs(W) + layer.l1) * self.share
        error += self.gamma(4) * (np.abs(weights(self.gradient, layer)) + error + 2 * slope)

    def step(self, engine, rate):
        """E of the parameters after a first step: every rule's first move is monotonous in the gradient."""
        with np.errstate(all="ignore"):
            error = self.clipped()
            clipped = engine._clipped(self.gradient)
            middle, high, low = (engine._updated(clipped + e, rate)[0].params for e in (0, error, -error))
        move = np.abs(middle - self.params)
        wrong = np.maximum(np.abs(high - middle), np.abs(low - middle))
        error = wrong + 3 * C * self.u * (move + wrong) + 4 * self.u * np.abs(middle) + self.tiny
        for p, known in zip(self.passes, self.known, strict=True):
            finish = BOUNDS[p.layer.kind].finish
            P, errors = p.layer.values(self.params), p.layer.values(error)
            for name, moved in finish(self.rounding, p, P, known).items() if finish else ():
                errors[name][...] = moved
        return error

    def clipped(self):
        """E of the gradient after clipping: a norm is off by at most the norm of what its terms are off by."""
        o, g, error = self.plan.optimizer, self.gradient, self.flat
        if o.clipvalue:
            return np.minimum(error, 2 * o.clipvalue)
        if o.global_clipnorm:
            return self.clipped_together(g, error)
        if o.clipnorm:
            error = error.copy()
            for tensor in self.learned():
                tensor.view(error)[...] = self.clipped_together(tensor.view(g), tensor.view(error))
        return error

    def clipped_together(self, g, error):
        if not g.any():
            return error
        return error + np.abs(g) * (np.linalg.norm(error) / np.linalg.norm(g) + (g.size + 8) * self.u)

    def learned(self):
        return [tensor for layer in self.plan.layers for tensor in layer.tensors if tensor.learned]
