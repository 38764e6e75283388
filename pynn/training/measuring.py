"""When rows are predicted for metrics that the engine does not sum: of training rows, validation rows, one batch.

Rows of arrays are predicted once more at the end of an epoch, with the weights that it ended with, as validation rows
are: one forward pass more, and the two can be compared. Batches come and go, so each is predicted just before its
step, and the predictions of the epoch are kept until its end. Nothing here happens where nobody asked for such a
metric. What is computed is in metrics/fitted.py.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field

import numpy as np

from ..backend import Array, EngineLike, Floats
from ..engine.data import Data
from ..metrics.fitted import Answers, Named, Own
from ..metrics.reading import Undefined
from ..rows import sparse
from .fit import Metrics
from .hooks import Logs

log = logging.getLogger("pynn")


@dataclass
class Measuring:
    """The metrics of one fit, or of one look at rows."""

    metrics: Metrics
    rows: Data | None = None  # training rows, weighted as the user weighted them; None: batches, which are gathered
    _seen: list[tuple[Array, Array, Floats | None]] = field(default_factory=list)
    _warned: set[str] = field(default_factory=set)

    def evaluated(self, engine: EngineLike, data: Data, where: str) -> Logs:
        """Loss and all metrics of rows, those that the engine sums among them."""
        found = self.metrics.logs(sparse.evaluate(engine, data, self.metrics.accuracy))
        return self.metrics.in_order(found | self.of(engine, data, where)) if self.metrics.measured else found

    def of(self, engine: EngineLike, data: Data, where: str) -> Logs:
        """By name; `where` is what an error or a warning calls these rows."""
        if not self.metrics.measured:
            return {}
        return self._values(_targets(data), sparse.predict(engine, data.x), data.weight, where)

    def gather(self, engine: EngineLike, data: Data) -> None:
        """A batch, before its step. Copies: a generator may fill the same array again."""
        weight = None if data.weight is None else data.weight.copy()
        self._seen.append((np.array(_targets(data)), sparse.predict(engine, data.x), weight))

    def training(self, engine: EngineLike, epoch: int) -> Logs:
        """Of an epoch that is complete."""
        if not self.metrics.measured:
            return {}
        where = f"the training rows of epoch {epoch + 1}"
        if self.rows is not None:
            return self.of(engine, self.rows, where)
        targets, outputs, weights = zip(*self._seen, strict=True)
        self._seen.clear()
        y, p, weight = np.concatenate(targets), np.concatenate(outputs), None
        if any(one is not None for one in weights):
            weight = np.concatenate(
                [np.ones(len(t)) if w is None else w for t, w in zip(targets, weights, strict=True)]
            )
        return self._values(y, p, weight, where)

    def _values(self, y: Array, p: Array, weight: Floats | None, where: str) -> Logs:
        answers = Answers(self.metrics.task, y, p, weight)
        return {one.name: self._value(one, answers, where) for one in self.metrics.measured}

    def _value(self, one: Named | Own, answers: Answers, where: str) -> float:
        """A metric of pynn that has no value for these rows is nan, with a warning once."""
        try:
            if isinstance(one, Named) and not np.isfinite(answers.p).all():
                raise Undefined("the outputs are not all finite")
            return one.value(answers)
        except Undefined as reason:
            if one.name not in self._warned:
                self._warned.add(one.name)
                log.warning("%s is nan for %s: %s", one.name, where, reason)
            return math.nan
        except Exception as error:
            error.add_note(f"The metric {one.name!r} raised this for {where}. The network is as the last step left it.")
            raise


def _targets(data: Data) -> Array:
    found = data.label if data.y is None else data.y
    assert found is not None
    return found
