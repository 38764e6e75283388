"""Pictures of networks, trainings and data, drawn with matplotlib: the extra `pynn-native[plot]`.

Each picture is a Display, as in scikit-learn: a class method `from_...` computes the data and draws them,
`plot(ax=...)` draws them again, `save(path)` writes a file. pyplot is not used: without `ax=` each picture has a new
figure. `animate` draws one for each epoch that `Snapshots` kept. `import pynn` does not import this package. Start with
display.py; docs/plots.md shows every picture.
"""

try:
    import matplotlib  # noqa: F401
except ImportError as reason:
    raise ImportError(f"pynn.plots needs matplotlib ({reason}): pip install 'pynn-native[plot]'") from reason

from .animation import Animation, animate
from .compared_regions import ComparedRegionsDisplay
from .confusion import ConfusionMatrixDisplay
from .curve_fit import CurveFitDisplay
from .curves import LearningCurveDisplay, LearningRateDisplay
from .descent import DescentDisplay
from .display import Display
from .functions import ActivationDisplay, LossDisplay
from .hidden import HiddenSpaceDisplay
from .hidden_units import HiddenUnitsDisplay
from .images import DigitsDisplay, MisclassifiedDisplay
from .loss_surface import LossSurfaceDisplay
from .rate_range import RateRangeDisplay
from .regions import DecisionRegionDisplay
from .roc import RocCurveDisplay
from .scatter import ScatterMatrixDisplay
from .snapshots import Snapshots
from .softmax import SoftmaxDisplay
from .weight_images import WeightImagesDisplay

__all__ = [
    "ActivationDisplay",
    "Animation",
    "ComparedRegionsDisplay",
    "ConfusionMatrixDisplay",
    "CurveFitDisplay",
    "DecisionRegionDisplay",
    "DescentDisplay",
    "DigitsDisplay",
    "Display",
    "HiddenSpaceDisplay",
    "HiddenUnitsDisplay",
    "LearningCurveDisplay",
    "LearningRateDisplay",
    "LossDisplay",
    "LossSurfaceDisplay",
    "MisclassifiedDisplay",
    "RateRangeDisplay",
    "RocCurveDisplay",
    "ScatterMatrixDisplay",
    "Snapshots",
    "SoftmaxDisplay",
    "WeightImagesDisplay",
    "animate",
]
