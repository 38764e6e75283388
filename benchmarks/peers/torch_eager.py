"""PyTorch, eager, with its fused SGD: batches are slices of one tensor, no DataLoader in the way."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from peers import Task

MODULES = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class Peer:
    def __init__(self, task: Task, threads: int) -> None:
        torch.set_num_threads(threads)
        parts: list[nn.Module] = []
        for w, b, name in zip(task.weights[::2], task.weights[1::2], task.activations, strict=True):
            linear = nn.Linear(*w.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w.T))
                linear.bias.copy_(torch.from_numpy(b))
            parts += [linear, MODULES[name]()] if name in MODULES else [linear]
        binary = task.classes == 1
        self._logits = nn.Sequential(*parts[: -1 if binary else None])  # the loss takes logits
        self._outputs = nn.Sequential(*parts, *([] if binary else [nn.Softmax(dim=1)]))
        self._loss = functional.binary_cross_entropy_with_logits if binary else functional.cross_entropy
        self._rule = torch.optim.SGD(self._logits.parameters(), lr=task.rate, momentum=task.momentum, fused=True)
        self._x = torch.from_numpy(task.x).split(task.batch)
        self._t = torch.from_numpy(task.targets if binary else task.label.astype(np.int64)).split(task.batch)

    def train(self) -> None:
        for x, t in zip(self._x, self._t, strict=True):
            self._rule.zero_grad(set_to_none=True)
            self._loss(self._logits(x), t).backward()
            self._rule.step()

    @torch.inference_mode()
    def predict(self, x: np.ndarray) -> np.ndarray:
        answer: np.ndarray = self._outputs(torch.from_numpy(x)).numpy()
        return answer

    def weights(self) -> list[np.ndarray]:
        return [p.detach().numpy().T for p in self._outputs.parameters()]
