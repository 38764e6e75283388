"""Fisher's iris flowers: 150 rows, four lengths in centimetres, three species.

The values are those of Fisher's paper ("The use of multiple measurements in taxonomic
problems", Annals of Eugenics 7, 1936), in the public domain. A widely copied file differs from
the paper in two rows: row 35 is 4.9, 3.1, 1.5, 0.2 and row 38 is 4.9, 3.6, 1.4, 0.1, as here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

IRIS_FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
IRIS_SPECIES = ("setosa", "versicolor", "virginica")  # the names of labels 0, 1, 2


def iris() -> tuple[np.ndarray, np.ndarray]:
    """The flowers as x, float32 (150, 4), and their species y, int64 (150,), in Fisher's order.

    Columns and labels are named by IRIS_FEATURES and IRIS_SPECIES.
    """
    lines = Path(__file__).with_name("iris.csv").read_text(encoding="ascii").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    x = np.array([[float(value) for value in row[:4]] for row in rows], dtype=np.float32)
    y = np.array([IRIS_SPECIES.index(row[4]) for row in rows], dtype=np.int64)
    return x, y
