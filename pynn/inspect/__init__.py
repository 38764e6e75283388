"""Inspection of a network: traces of a step, drawings, gradient checks, diagnoses, summaries. No network is changed.

Each module is imported when one of its names is used first: a program that only trains needs few of them. Read
tracing.py, gradcheck.py or diagnosis.py first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .diagnosis import Diagnosis, diagnose
    from .diagrams import diagram
    from .drawing import Drawing
    from .finding import Finding
    from .gradcheck import GradientReport, check_gradients
    from .notation import Sheet
    from .remarks import Remarks
    from .step_record import LayerTrace, Slot
    from .summary import fingerprint, installation, summary_text
    from .tracing import Trace, trace
    from .webpage import network_html

_ROOMS = {
    "diagnosis": ("Diagnosis", "diagnose"),
    "diagrams": ("diagram",),
    "drawing": ("Drawing",),
    "finding": ("Finding",),
    "gradcheck": ("GradientReport", "check_gradients"),
    "notation": ("Sheet",),
    "remarks": ("Remarks",),
    "step_record": ("LayerTrace", "Slot"),
    "summary": ("fingerprint", "installation", "summary_text"),
    "tracing": ("Trace", "trace"),
    "webpage": ("network_html",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Diagnosis",
    "Drawing",
    "Finding",
    "GradientReport",
    "LayerTrace",
    "Remarks",
    "Sheet",
    "Slot",
    "Trace",
    "check_gradients",
    "diagnose",
    "diagram",
    "fingerprint",
    "installation",
    "network_html",
    "summary_text",
    "trace",
]


def __getattr__(name: str) -> object:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f".{_ROOM_OF[name]}", __name__), name)
    globals()[name] = value  # so that __getattr__ is not called for this name again
    return value
