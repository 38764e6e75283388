"""Looking inside a network: every number of a step, gradients and whether they are right, pictures, advice.

The part of Network that answers "why" and changes nothing; it knows the attributes that network.py gives it. Dropout is
off in all of it. The work is done in inspect/, which never asks for more than an engine, its plan and rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import arguments, assembly, backend, inspect
from .backend import Array

if TYPE_CHECKING:
    from .inspect import Diagnosis, Drawing, GradientReport, Trace


class Looking:
    """gradients, trace, check_gradients, diagram, diagnose."""

    def gradients(self, x: Any, y: Any, sample_weight: Any = None) -> list[Array]:
        """Of the loss of these rows as one batch, like get_weights: [dW1, db1, ...]. Dropout is off."""
        own: Any = self
        data = own._examples("gradients", x, y, sample_weight)
        core = own._for_rows("gradients")
        return backend.pieces(own._plan_now(), core.gradients(data)[1])

    def trace(self, x: Any, y: Any, sample_weight: Any = None) -> Trace:
        """Every number of one step, layer by layer; the network itself is left as it is. Dropout is off."""
        own: Any = self
        data = own._examples("trace", x, y, sample_weight)
        core = own._for_rows("trace")
        rates = own.optimizer.rates(core.iteration, 1)
        plan = assembly.without_dropout(own._plan_now())
        copy = own._module.Engine(plan, threads=own.threads)
        assembly.restore(copy, assembly.take(core))
        return inspect.trace(core, copy, plan, data, rates, own._module)

    def check_gradients(
        self, x: Any, y: Any, *, eps: float = 1e-4, samples: int = 100, sample_weight: Any = None, gradients: Any = None
    ) -> GradientReport:
        """Compare gradients with central differences of the loss, computed in float64 by the reference engine.

        At most `samples` elements of each W and b are tried. gradients: a list [dW1, db1, ...] from elsewhere to be
        checked in place of the network's own. Read inspect/gradcheck.py for the rules.
        """
        own: Any = self
        eps = arguments.real("eps", eps, 0, above=True)
        samples = arguments.whole("samples", samples, 1)
        data = own._examples("check_gradients", x, y, sample_weight)
        core = own._for_rows("check_gradients")
        return inspect.check_gradients(core, own._plan_now(), data, eps, samples, gradients)

    def diagram(self) -> Drawing:
        """A picture of the layers, and of the weights where there are few; for a notebook, or .save("net.svg")."""
        own: Any = self
        return inspect.diagram(own, own._core is not None or own._numbers is not None)

    def diagnose(self, history: Any = None, x: Any = None, y: Any = None) -> Diagnosis:
        """What may be wrong with weights, a training (left out: the last fit) and data. Read inspect/diagnosis.py."""
        return inspect.diagnose(self, history, x, y)
