"""Pictures of networks, trainings and data, drawn with matplotlib: the extra `pynn-native[plot]`.

Each picture is a Display, as in scikit-learn: a class method `from_...` computes the data and draws them,
`plot(ax=...)` draws them again, `save(path)` writes a file. pyplot is not used: without `ax=` each picture has a new
figure. `import pynn` does not import this package. Start with display.py; docs/plots.md shows every picture.
"""

try:
    import matplotlib  # noqa: F401
except ImportError as reason:
    raise ImportError(f"pynn.plots needs matplotlib ({reason}): pip install 'pynn-native[plot]'") from reason

from .confusion import ConfusionMatrixDisplay
from .curves import LearningCurveDisplay, LearningRateDisplay
from .descent import DescentDisplay
from .display import Display
from .functions import ActivationDisplay, LossDisplay
from .hidden import HiddenSpaceDisplay
from .images import DigitsDisplay, MisclassifiedDisplay
from .rate_range import RateRangeDisplay
from .regions import DecisionRegionDisplay
from .roc import RocCurveDisplay
from .scatter import ScatterMatrixDisplay
from .softmax import SoftmaxDisplay

__all__ = [
    "ActivationDisplay",
    "ConfusionMatrixDisplay",
    "DecisionRegionDisplay",
    "DescentDisplay",
    "DigitsDisplay",
    "Display",
    "HiddenSpaceDisplay",
    "LearningCurveDisplay",
    "LearningRateDisplay",
    "LossDisplay",
    "MisclassifiedDisplay",
    "RateRangeDisplay",
    "RocCurveDisplay",
    "ScatterMatrixDisplay",
    "SoftmaxDisplay",
]
