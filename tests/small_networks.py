"""Small reference networks for the tests: made in one line, trained in another."""

import numpy as np

from pynn.engine.data import Totals
from pynn.engine.plan import LayerPlan, build_plan
from pynn.engine.reference import Engine

U = 2.0**-53  # unit roundoff of double


def network(inputs, *layers, params=None, seed=1, **options):
    """An engine of (units, activation, options) layers, in float64 unless told; random weights unless given."""
    plans = [LayerPlan(0, units, act, **dict(*rest)) for units, act, *rest in layers]
    plan = build_plan(inputs, plans, **{"dtype": "float64", **options})
    engine = Engine(plan)
    draw = np.random.default_rng(seed).uniform(-1, 1, plan.n_params)
    engine.set_params(draw if params is None else np.array(params, float))
    return engine


def steps(engine, data, n, rate=0.1, batch=None, **options):
    """n epochs of one step each, or of the steps that `batch` makes."""
    totals = Totals()
    for epoch in range(n):
        rates = np.full(data.rows, rate)
        engine.train(data, batch=batch or data.rows, epoch=epoch, rates=rates, totals=totals, seconds=60, **options)
    return totals
