"""One peer in a process of its own: requests come pickled on stdin, answers go pickled to stdout.

It is started by crew.py, which has set the environment. It measures its own calls, so that
the pipe is no part of a time; between requests it sleeps, so that it disturbs nobody.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from peers import PeerLike, Task, load


class Clock:
    """Seconds of one call: of a long one the call itself, of a short one the mean of as many as fill `budget`.

    The function has run before the first measurement.
    """

    def __init__(self) -> None:
        self._latest: dict[str, float] = {}  # seconds of one call, by what is called

    def __call__(self, key: str, function: Callable[[], Any], budget: float) -> float:
        calls = self.calls(key, function, budget)
        if calls > 1:
            function()  # back into the caches, which others have used meanwhile
        self._latest[key] = self._mean(function, calls)
        return self._latest[key]

    def calls(self, key: str, function: Callable[[], Any], budget: float) -> int:
        """How many fill the budget."""
        if key not in self._latest:
            self._latest[key] = self._mean(function, 1)
        return max(1, min(10_000, int(budget / self._latest[key])))

    def _mean(self, function: Callable[[], Any], calls: int) -> float:
        gc.disable()
        begin = time.perf_counter()
        for _ in range(calls):
            function()
        seconds = time.perf_counter() - begin
        gc.enable()
        return seconds / calls


class Worker:
    def __init__(self, name: str, threads: int) -> None:
        self._make, self._threads = load(name), threads
        self._peer: PeerLike | None = None
        self._clock = Clock()

    @property
    def peer(self) -> PeerLike:
        assert self._peer is not None
        return self._peer

    def build(self, task: Task) -> None:
        self._peer = None
        gc.collect()
        self._peer, self._clock = self._make(task, self._threads), Clock()

    def pass_once(self) -> list[np.ndarray]:
        self.peer.train()
        return self.peer.weights()

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Of these rows, which `time_prediction` will use again."""
        self._x = x
        return np.asarray(self.peer.predict(x))

    def time_training(self, budget: float) -> float:
        return self._clock("train", self.peer.train, budget)

    def time_prediction(self, budget: float) -> float:
        return self._clock("predict", lambda: self.peer.predict(self._x), budget)


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    worker = Worker(sys.argv[1], int(sys.argv[2]))
    while True:
        try:
            method, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (True, getattr(worker, method)(*arguments))
        except Exception:
            answer = (False, traceback.format_exc())
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
