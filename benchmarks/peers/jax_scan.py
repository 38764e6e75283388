"""JAX with the whole pass in one compiled program: lax.scan over the batches, arguments donated.

Its number of threads cannot be set from within: crew.py does it by the environment and the
processors that this process may use.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from peers import Task

FUNCTIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}


class Peer:
    def __init__(self, task: Task, threads: int) -> None:
        self._hidden, binary = [FUNCTIONS[name] for name in task.activations[:-1]], task.classes == 1
        self._last = jax.nn.sigmoid if binary else jax.nn.softmax

        def loss(params: Any, x: Any, t: Any) -> Any:
            z = self._logits(params, x)
            if binary:
                return jnp.mean(jax.nn.softplus(z) - t * z)
            return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(z), axis=1))

        def step(carry: Any, batch: Any) -> Any:
            params, velocity = carry
            slopes = jax.grad(loss)(params, *batch)
            velocity = [task.momentum * v - task.rate * g for v, g in zip(velocity, slopes, strict=True)]
            return ([p + v for p, v in zip(params, velocity, strict=True)], velocity), None

        def one_pass(carry: Any, x: Any, t: Any) -> Any:
            return jax.lax.scan(step, carry, (x, t))[0]

        steps = len(task.x) // task.batch
        self._carry = ([jnp.array(w) for w in task.weights], [jnp.zeros_like(w) for w in task.weights])
        self._x = jnp.array(task.x.reshape(steps, task.batch, -1))
        self._t = jnp.array(task.targets.reshape(steps, task.batch, -1))
        self._train = jax.jit(one_pass, donate_argnums=0)
        self._predict = jax.jit(lambda params, x: self._last(self._logits(params, x)))

    def _logits(self, params: Any, x: Any) -> Any:
        for function, w, b in zip(self._hidden, params[:-2:2], params[1:-2:2], strict=True):
            x = function(x @ w + b)
        return x @ params[-2] + params[-1]

    def train(self) -> None:
        self._carry = jax.block_until_ready(self._train(self._carry, self._x, self._t))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._predict(self._carry[0], x))

    def weights(self) -> list[np.ndarray]:
        return [np.asarray(p) for p in self._carry[0]]
