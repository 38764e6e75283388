"""MLPClassifier and MLPRegressor: scikit-learn's estimators, trained by pynn's engine.

Parameters, defaults, attributes and numbers are scikit-learn's; what it lacks comes as keyword-only parameters that
change nothing unless they are given. This room alone imports scikit-learn (and SciPy, which scikit-learn brings).
Read multilayer.py for what both have in common, recipe.py for how parameters become a plan, epochs.py for the rules.
"""

try:
    from sklearn import __version__ as _found
except ImportError as reason:
    raise ImportError("pynn.estimators needs scikit-learn: pip install 'pynn-native[sklearn]'") from reason

if tuple(map(int, _found.split(".")[:2])) < (1, 6):
    raise ImportError(f"pynn.estimators needs scikit-learn 1.6 or newer, not {_found}: pip install -U scikit-learn")

from .classifier import MLPClassifier
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
