"""The command `pynn`: one function per subcommand, listed in COMMANDS.

It parses, calls Network and prints; it computes nothing of its own. To add a subcommand, write
`x_arguments(parser)` and `x(options)` and give them a line in COMMANDS.

Exit status: 0 done, 1 it did not work out, 2 wrong arguments (one sentence on stderr), 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from . import __version__, datasets, show_config
from . import bench as speed
from .layers import Dense, Normalization
from .metrics import confusion_matrix
from .network import Network
from .optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Command:
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    options = build_parser().parse_args(arguments)
    try:
        status = COMMANDS[options.command].run(options)
        if sys.stdout is not None:  # started without one, `>&-`: print is silent then
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:
        complain(str(error))
        return 2
    except MemoryError as error:  # a network or a batch too large for this machine
        complain(f"not enough memory: {error}" if str(error) else "not enough memory")
        return 2
    except (ArithmeticError, ImportError, OSError) as error:  # divergence is an ArithmeticError
        complain(str(error))
        return 1


def complain(message: str) -> None:
    if sys.stderr is not None:  # print would take None for stdout
        print(f"pynn: {message}", file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="pynn", description="Fully connected neural networks on CPUs.")
    parser.add_argument("--version", action="version", version=f"pynn {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        child = commands.add_parser(name, help=command.help, description=command.help)
        command.arguments(child)
    return parser


# ---- kinds of values, with a sentence each for what is not one ----


def count(text: str) -> int:
    """A whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def seed(text: str) -> int:
    """A whole number from 0 to 2^64 - 1."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^64 - 1")
    return value


def widths(text: str) -> list[int]:
    """Widths of hidden layers: 12,6 - or nothing, for none."""
    return [count(part.strip()) for part in text.split(",")] if text.strip() else []


def share(text: str) -> float:
    """A number between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number above 0")
    return value


# ---- pynn train ----


def train_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", choices=["iris"], help="the data set: iris, 150 flowers of three species")
    add("--epochs", type=count, default=100, help="passes over the training rows (100)")
    add("--hidden", type=widths, default=[12, 6], metavar="N,N", help="widths of the hidden layers (12,6)")
    add("--batch-size", type=count, default=16, metavar="ROWS", help="rows of one step (16)")
    add("--learning-rate", type=positive, default=0.01, metavar="RATE", help="of the optimizer (0.01)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="the update rule (adam)")
    add("--seed", type=seed, default=0, help="of the weights, the order of the rows and the split (0)")
    add("--dtype", choices=["float32", "float64"], default="float32", help="type of the weights (float32)")
    add("--engine", choices=["native", "reference"], default="native", help="the C core or plain NumPy (native)")
    add("--threads", type=count, default=None, help="at most so many; the results do not depend on it")
    add("--test", type=share, default=0.2, metavar="SHARE", help="share of the rows kept for the test (0.2)")
    loud = parser.add_mutually_exclusive_group()
    loud.add_argument("--verbose", "-v", action="store_true", help="a line for each epoch")
    loud.add_argument("--quiet", "-q", action="store_true", help="no progress; the results alone")


def train(options: argparse.Namespace) -> int:
    """Train a classifier on the training rows and judge it by the test rows."""
    x, y = datasets.iris()
    (x, y), (x_test, y_test) = datasets.split(x, y, test=options.test, seed=options.seed)
    names = datasets.IRIS_SPECIES

    hidden = [Dense(units, "tanh") for units in options.hidden]
    net = Network(
        [Normalization(), *hidden, Dense(len(names), "softmax")],
        inputs=x.shape[1],
        seed=options.seed,
        dtype=options.dtype,
        engine=options.engine,
        threads=options.threads,
    )
    optimizer = OPTIMIZERS[options.optimizer](learning_rate=options.learning_rate)
    net.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    verbose = 0 if options.quiet else 2 if options.verbose else 1
    net.fit(x, y, epochs=options.epochs, batch_size=options.batch_size, verbose=verbose)
    report(net, x_test, y_test, names)
    return 0


def report(net: Any, x: Any, y: Any, names: Sequence[str]) -> None:
    """Accuracy, confusion matrix (rows: what it is, columns: what was said) and fingerprint."""
    matrix = confusion_matrix(y, net.predict(x).argmax(axis=1), len(names))
    right, rows = int(matrix.trace()), int(matrix.sum())
    print(f"test accuracy {100 * right / rows:.1f} % ({right} of {rows})\n")
    width = max(len(name) for name in names) + 2
    print(f"{'':{width}}" + "".join(f"{name:>{width}}" for name in names) + "   <- predicted")
    for name, line in zip(names, matrix, strict=True):
        print(f"{name:{width}}" + "".join(f"{int(value):{width}}" for value in line))
    print(f"\nfingerprint {net.fingerprint()}")


# ---- pynn info ----


def info_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # none so far


def info(options: argparse.Namespace) -> int:
    """Say what this pynn is made of and what it uses of this machine."""
    del options
    show_config()
    return 0


# ---- pynn bench ----


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--quick", action="store_true", help="a few seconds rather than half a minute")
    add("--threads", type=count, default=None, help="on so many; all by default")
    add("--json", metavar="FILE", default=None, help="write the figures there, too")


def bench(options: argparse.Namespace) -> int:
    """Measure a few fits and predictions, beside NumPy, scikit-learn and the machine's limit."""
    speed.run(options.threads, options.quick, options.json)
    return 0


COMMANDS = {
    "train": Command("Train a network on a data set and report how well it does.", train_arguments, train),
    "bench": Command("Measure how fast pynn is on this machine.", bench_arguments, bench),
    "info": Command("Show version, instruction set, threads and compiler.", info_arguments, info),
}
