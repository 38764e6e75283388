"""Looking inside: traces, gradient checks, diagnoses, summaries, fingerprints. Nothing here changes a network."""

from .diagnosis import Diagnosis, diagnose
from .finding import Finding
from .gradcheck import GradientReport, check_gradients
from .remarks import Remarks
from .summary import fingerprint, installation, summary_text
from .tracing import LayerTrace, Trace, trace

__all__ = [
    "Diagnosis",
    "Finding",
    "GradientReport",
    "LayerTrace",
    "Remarks",
    "Trace",
    "check_gradients",
    "diagnose",
    "fingerprint",
    "installation",
    "summary_text",
    "trace",
]
