"""The version of pynn, in a file of its own: what writes it into a model file need not import the whole package.

Not the version of the numerics rules (inspect/summary.py) nor of the file format (files/model_file.py). It is the
one in pyproject.toml, which a test compares.
"""

__version__ = "0.1.0"
