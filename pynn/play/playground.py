"""What the page of `pynn play` shows: one network, its points, its losses so far, and the batch that is looked at.

No HTTP here: a Playground is asked by methods and answers with what JSON can hold. All numbers are pynn's: epochs are
`fit`, losses `evaluate`, units and the numbers of a step `trace`. A lock lets one request at a time touch the network.
Read server.py for how a browser asks.
"""

from __future__ import annotations

from base64 import b64encode
from threading import Lock
from typing import Any

import numpy as np

from ..arguments import whole
from ..backend import Array
from ..errors import DivergenceError
from ..inspect.typesetting import fragment
from .points import POINTS
from .settings import Settings, mapping, read

ROWS, TRAINING = 300, 200  # points in all; of them to train with, the others are the test
SIDE = 3.6  # the pictures show the square from -SIDE to SIDE
FINE, COARSE = 48, 24  # points along a side of the picture of the answer, and of each unit's
MOST_EPOCHS, MOST_ROWS = 100, 8  # of one request; of a batch that is looked at, whose numbers are all shown
KEPT = 400  # points of a curve; when there are more, every second one goes
DIGITS = 4  # of the numbers of a step


class Playground:
    """One network, which learns."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._networks = 0  # so far: a second page in the browser sees by it that the first has begun anew
        self._begin(Settings())

    def _begin(self, settings: Settings) -> None:
        x, y = POINTS[settings.data](ROWS, settings.noise, settings.seed)
        net = settings.network()
        self.settings, self.net, self.x, self.y = settings, net, x, y
        self._networks += 1
        self._next = 0  # the first row of the next batch to look at
        self._remark = ""
        self._curve: list[tuple[int, float, float]] = []  # epoch, loss of the training rows and of the test rows
        self._every = 1  # epochs between two points of the curve
        self._measure()

    # ---- what the page asks ----

    def state(self, given: Any = None) -> dict[str, Any]:
        """Settings, points and all that changes, as it is."""
        with self._lock:
            return self._whole()

    def reset(self, given: Any) -> dict[str, Any]:
        """Begin anew with these settings."""
        settings = read(given)
        with self._lock:
            self._begin(settings)
            return self._whole()

    def train(self, given: Any) -> dict[str, Any]:
        """So many epochs; then what has changed."""
        epochs = whole("epochs", mapping("train", given, ["epochs"]).get("epochs", 1), 1, MOST_EPOCHS)
        with self._lock:
            try:
                for _ in range(epochs):
                    self.net.fit(*self._training, batch_size=self.settings.batch_size, epochs=1, verbose=0)
                    self._measure()
            except DivergenceError as error:
                self._remark = str(error)
            return self._changing()

    def trace(self, given: Any) -> dict[str, Any]:
        """The numbers of the step that the next batch would be: sections of formulas, as HTML. Nothing changes."""
        with self._lock:
            rows = self._batch(given)
            traced = self.net.trace(self.x[rows], self.y[rows])
            sheet = traced.show(digits=DIGITS)
            parts = [{"title": part.title, "html": fragment([part], DIGITS)} for part in sheet.sections]
            return {"rows": rows, "sections": parts, "depth": len(traced.layers)}

    def step(self, given: Any) -> dict[str, Any]:
        """Take that step; the batch after it is the next one to look at."""
        with self._lock:
            rows = self._batch(given)
            try:
                self.net.train_on_batch(self.x[rows], self.y[rows])
            except DivergenceError as error:
                self._remark = str(error)
            self._next = (rows[-1] + 1) % TRAINING
            return self._changing()

    # ---- parts of the answers ----

    @property
    def _training(self) -> tuple[Array, Array]:
        return self.x[:TRAINING], self.y[:TRAINING]

    def _batch(self, given: Any) -> list[int]:
        count = whole("rows", mapping("batch", given, ["rows"]).get("rows", 4), 1, MOST_ROWS)
        return [(self._next + i) % TRAINING for i in range(count)]

    def _losses(self) -> tuple[dict[str, float], dict[str, float]]:
        return self.net.evaluate(*self._training), self.net.evaluate(self.x[TRAINING:], self.y[TRAINING:])

    def _measure(self) -> None:
        """A point of the curve, if it is time for one."""
        epoch = self.net.epoch
        if epoch % self._every == 0:
            losses = [measured["loss"] for measured in self._losses()]
            if np.isfinite(losses).all():
                self._curve.append((epoch, losses[0], losses[1]))
        if len(self._curve) > KEPT:
            self._curve, self._every = self._curve[::2], 2 * self._every

    def _whole(self) -> dict[str, Any]:
        points = [[*row, label] for row, label in zip(self.x.tolist(), self.y.tolist(), strict=True)]
        fixed = {"points": points, "training": TRAINING, "side": SIDE, "fine": FINE, "coarse": COARSE}
        return {"settings": self.settings.to_json(), **fixed, **self._changing()}

    def _changing(self) -> dict[str, Any]:
        training, test = self._losses()
        answer = self.net.predict(mesh(FINE)).reshape(-1)
        weights = self.net.get_weights()
        return {
            "network": self._networks, "epoch": self.net.epoch, "steps": self.net.iteration, "remark": self._remark,
            "loss": [finite(training["loss"]), finite(test["loss"])],
            "accuracy": [training["accuracy"], test["accuracy"]],
            "weights": [rounded(w) for w in weights[::2]], "biases": [rounded(b) for b in weights[1::2]],
            "curve": list(self._curve), "answer": shades(answer - 0.5, 0.5), "units": self._units(),
        }  # fmt: skip

    def _units(self) -> list[list[dict[str, Any]]]:
        """For the inputs and each hidden layer, each unit's values over the plane; zero is the middle colour, for
        sigmoid a half. Without shades where the network has nearly diverged, so that nothing can be computed."""
        grid, middle = mesh(COARSE), 0.5 if self.settings.activation == "sigmoid" else 0.0
        try:
            hidden = [layer.a - middle for layer in self.net.trace(grid, np.zeros(len(grid))).layers[:-1]]
        except DivergenceError:
            hidden = [np.zeros((len(grid), units), np.float32) for units in self.settings.layers]
        images = [grid, *hidden]
        return [[image(column) for column in values.T] for values in images]


def mesh(count: int) -> Array:
    """count x count points of the square, row by row, from the top left: (count^2, 2)."""
    line = (np.arange(count) + 0.5) / count * 2 * SIDE - SIDE
    across, up = np.meshgrid(line, line[::-1])
    return np.stack([across.reshape(-1), up.reshape(-1)], axis=1).astype(np.float32)


def image(values: Array) -> dict[str, Any]:
    bound = float(np.abs(values[np.isfinite(values)]).max(initial=0)) or 1.0
    return {"shades": shades(values, bound), "bound": round(bound, 4)}


def shades(values: Array, bound: float) -> str:
    """Values from -bound to bound as bytes from 0 to 254, in base64; 127 is zero, or no number."""
    shares = np.clip(np.nan_to_num(np.asarray(values, np.float64) / bound), -1, 1)
    return b64encode(np.rint(127 + 127 * shares).astype(np.uint8).tobytes()).decode()


def finite(value: float) -> float | None:
    """A loss as JSON can hold it: weights that have nearly diverged are finite, and what follows from them is not."""
    return value if np.isfinite(value) else None


def rounded(array: Array) -> Any:
    return np.round(np.asarray(array, np.float64), 4).tolist()
