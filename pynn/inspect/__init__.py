"""Looking inside: traces of a step, drawings, gradient checks, summaries. Nothing here changes a network."""

from .diagrams import diagram
from .drawing import Drawing
from .gradcheck import GradientReport, check_gradients
from .notation import Sheet
from .summary import fingerprint, installation, summary_text
from .tracing import LayerTrace, Slot, Trace, trace

__all__ = [
    "Drawing",
    "GradientReport",
    "LayerTrace",
    "Sheet",
    "Slot",
    "Trace",
    "check_gradients",
    "diagram",
    "fingerprint",
    "installation",
    "summary_text",
    "trace",
]
