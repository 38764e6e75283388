"""Names that Keras has and pynn.keras has not. Importing one does no harm; using it says why it is not there.

So a script that imports more than it uses runs. Names that neither has are an AttributeError, as everywhere.
"""

from __future__ import annotations

from typing import Any, NoReturn

DENSE = "pynn has fully connected layers: Dense, and what goes with it"
CHAIN = "a model here is one chain of layers"
TEXT = "pynn takes numbers"
LAYERS = {
    **dict.fromkeys(
        ["Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "SeparableConv2D", "DepthwiseConv2D", "Convolution2D",
         "MaxPooling1D", "MaxPooling2D", "MaxPool2D", "AveragePooling2D", "GlobalAveragePooling1D",
         "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "UpSampling2D", "ZeroPadding2D",
         "Cropping2D", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "ConvLSTM2D", "Masking",
         "MultiHeadAttention", "Attention", "PReLU", "GaussianNoise", "GaussianDropout", "AlphaDropout",
         "SpatialDropout1D", "SpatialDropout2D", "UnitNormalization", "GroupNormalization", "Lambda", "Permute",
         "RepeatVector", "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom", "Resizing"],
        DENSE,
    ),
    **dict.fromkeys(
        ["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "add", "average",
         "concatenate", "multiply", "maximum", "subtract"],
        CHAIN,
    ),
    **dict.fromkeys(
        ["Embedding", "TextVectorization", "StringLookup", "IntegerLookup", "Hashing", "CategoryEncoding",
         "Discretization"],
        TEXT,
    ),
}  # fmt: skip
UTILS = {
    "plot_model": "model.network.diagram().save('model.svg') draws a model",
    "model_to_dot": "model.network.diagram() draws a model",
    "get_file": "pynn.datasets and pynn.keras.datasets fetch the data that they have",
    "split_dataset": "pynn.datasets.split makes two or three parts",
    "image_dataset_from_directory": "rows are arrays: read images into one",
    "text_dataset_from_directory": TEXT,
    "pad_sequences": TEXT,
    "register_keras_serializable": "load_model(path, custom_objects={...}) takes classes of one's own",
    "multi_gpu_model": "pynn runs on CPUs",
}
DATASETS = dict.fromkeys(
    ["boston_housing", "california_housing", "cifar10", "cifar100", "imdb", "reuters"],
    "mnist and fashion_mnist are there; others can be read with pynn.datasets.read_csv or NumPy",
)
LOSSES = dict.fromkeys(
    ["CategoricalFocalCrossentropy", "BinaryFocalCrossentropy", "CategoricalHinge", "CosineSimilarity", "Hinge",
     "SquaredHinge", "KLDivergence", "LogCosh", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
     "categorical_hinge", "cosine_similarity", "hinge", "squared_hinge", "kl_divergence", "kld", "log_cosh", "mape",
     "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "msle"],
    "no engine computes it; pynn.losses has those that there are",
)  # fmt: skip
OPTIMIZERS = dict.fromkeys(
    ["Adadelta", "Adafactor", "Ftrl", "Lamb", "LossScaleOptimizer", "Muon"],
    "no engine computes it; pynn.optimizers has those that there are",
)
SCHEDULES = dict.fromkeys(
    ["CosineDecayRestarts", "PiecewiseConstantDecay", "PolynomialDecay"],
    "pynn.schedules has those that there are; a Schedule of one's own has a method rates(first, n)",
)
INITIALIZERS = {"STFT": "pynn.initializers has those that there are"}
CALLBACKS = {
    "BackupAndRestore": "ModelCheckpoint and fit(initial_epoch=) go on where a training stopped",
    "RemoteMonitor": "a callback of one's own can send its logs",
    "SwapEMAWeights": "weights are not averaged",
}
MODELS = {"clone_model": "Sequential.from_config(model.get_config()) makes an equal one"}


class Missing:
    """Stands for one name; calling it, deriving from it and asking it for anything is refused."""

    def __init__(self, name: str, why: str) -> None:
        self._name, self._why = name, why

    def _refuse(self) -> NoReturn:
        raise NotImplementedError(f"{self._name}: not in pynn.keras; {self._why}")

    def __call__(self, *args: Any, **options: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<{self._name}: not in pynn.keras; {self._why}>"


def find(module: str, table: dict[str, str], name: str) -> Missing:
    """For a module's __getattr__."""
    if name in table:
        return Missing(name, table[name])
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
