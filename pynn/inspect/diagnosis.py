"""Diagnosis of a network, its training and its data: net.diagnose.

A table of checks, causes before symptoms; each returns a Finding or None. A symptom that another finding explains is
not reported. The checks and their thresholds, with reasons, are in advice_data.py, advice_units.py and
advice_training.py. The network is not changed. Read evidence.py for what the checks use.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from . import advice_data as data
from . import advice_training as training
from . import advice_units as units
from .evidence import Evidence, gather
from .finding import LEVELS, Finding

# Groups of findings that explain later ones: layers that cannot learn, inputs or targets of a wrong scale, and so on.
BLOCKED = ("symmetric_units", "flat_activation", "dead_units", "saturated_units")
GRADIENTS = ("vanishing_gradient", "exploding_gradient")
SCALES = ("unscaled_inputs:warning", "unscaled_targets", "not_finite", "constant_inputs:error")
WRONG = ("output_activation", "target_range")
RATES = ("exploding_loss", "learning_rate_high", "learning_rate_low")


@dataclass(frozen=True)
class Check:
    look: Callable[[Evidence], Finding | None]
    unless: tuple[str, ...] = ()  # not run after one of these findings, which explain it: codes, or "code:level"


CHECKS = (
    Check(data.not_finite),
    Check(data.output_activation),
    Check(data.target_range),
    Check(data.one_hot_sigmoid),
    Check(data.constant_inputs),
    Check(data.unscaled_inputs),
    Check(data.unscaled_targets, ("target_range",)),
    Check(units.symmetric_units),
    Check(units.flat_activation),
    Check(units.dead_units, ("symmetric_units",)),
    Check(training.exploding_loss),
    Check(training.learning_rate_high, ("exploding_loss",)),
    Check(units.saturated_units, ("unscaled_inputs", "unscaled_targets", *RATES)),
    Check(units.vanishing_gradient),
    Check(units.exploding_gradient),
    Check(training.strong_l2, BLOCKED),
    Check(training.learning_rate_low, (*BLOCKED, *GRADIENTS, *WRONG, *SCALES, "strong_l2")),
    Check(training.imbalance),
    Check(training.overfitting),
    Check(training.underfitting, (*BLOCKED, *GRADIENTS, *WRONG, *SCALES, *RATES, "strong_l2", "imbalance")),
)


@dataclass(frozen=True)
class Diagnosis:
    """The findings, errors first. True if there are any. Prints as a report; in a notebook it is a table."""

    findings: list[Finding]
    seen: str  # what the checks could use: with little of it, no finding means little

    def __bool__(self) -> bool:
        return bool(self.findings)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    def level(self, level: str) -> list[Finding]:
        """The findings of one level: "error", "warning" or "note"."""
        return [finding for finding in self.findings if finding.level == level]

    @property
    def headline(self) -> str:
        words = ", ".join(_counted(n, level) for level in reversed(LEVELS) if (n := len(self.level(level))))
        return f"{words or 'Nothing found'}. Looked at: {self.seen}."

    def __str__(self) -> str:
        lines = [self.headline]
        for f in self.findings:
            lines.append(f"{f.level}: {f.code}")
            lines += textwrap.wrap(f.what, 100, initial_indent="    ", subsequent_indent="    ")
            lines += textwrap.wrap(f.advice, 100, initial_indent=" -> ", subsequent_indent="    ")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = '<td style="text-align: left; vertical-align: top">'
        rows = "".join(
            f"<tr>{cell}<b>{f.level}</b></td>{cell}<code>{f.code}</code></td>"
            f"{cell}{escape(f.what)}</td>{cell}{escape(f.advice)}</td></tr>"
            for f in self.findings
        )
        head = "<tr><th></th><th>finding</th><th>what was seen</th><th>what to do</th></tr>"
        return f"<p>{escape(self.headline)}</p>" + (f"<table>{head}{rows}</table>" if rows else "")


def diagnose(net: Any, history: Any = None, x: Any = None, y: Any = None) -> Diagnosis:
    """Runs all checks, causes first."""
    found: dict[str, Finding] = {}
    with np.errstate(over="ignore", invalid="ignore"):  # a sum of squares may overflow: infinity is above any threshold
        evidence = gather(net, history, x, y)
        for check in CHECKS:
            if found.keys().isdisjoint(check.unless) and (finding := check.look(evidence)) is not None:
                found[finding.code] = found[f"{finding.code}:{finding.level}"] = finding
    findings = list(dict.fromkeys(found.values()))
    findings.sort(key=lambda finding: -LEVELS.index(finding.level))  # stable: within a level, causes first
    return Diagnosis(findings, seen(evidence))


def seen(e: Evidence) -> str:
    parts = [f"weights of {_counted(len(e.weights), 'layer')}"] if e.weights else []
    if e.curves is not None:
        parts.append(_counted(len(e.curves.loss), "epoch"))
    if e.trace is not None:
        parts.append(f"{_counted(len(e.trace.layers[0].x), 'row')} of x{'' if e.targets is None else ' and y'}")
    return ", ".join(parts) or "the description alone"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
