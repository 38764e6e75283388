"""Looking inside: traces of a step, gradient checks, summaries, fingerprints. Nothing here changes a network."""

from .gradcheck import GradientReport, check_gradients
from .summary import fingerprint, installation, summary_text
from .tracing import LayerTrace, Trace, trace
from .webpage import network_html

__all__ = [
    "GradientReport",
    "LayerTrace",
    "Trace",
    "check_gradients",
    "fingerprint",
    "installation",
    "network_html",
    "summary_text",
    "trace",
]
