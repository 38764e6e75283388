"""The command `pynn`: parses the command line, runs a subcommand, prints errors and determines the exit status.

What a subcommand does is in commands/. To add one, write `x_arguments(parser)` here and `x(options)` there, and add
both to COMMANDS.

Exit status: 0 success, 1 failure while running, 2 wrong arguments (one sentence on stderr), 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from . import __version__, show_config
from . import bench as speed
from .commands import play, scores, train_iris, train_table, use_model, write_data
from .commands.option_values import (
    count,
    data,
    encoding,
    names,
    new_file,
    not_negative,
    picture,
    port,
    positive,
    seed,
    share,
    share_or_none,
    target_file,
    target_file_or_stdout,
    widths,
)  # fmt: skip
from .optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Command:
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


# What options are called elsewhere: the nearest spelling would be another option.
OTHER_NAMES = {"--lr": "--learning-rate", "--layers": "--hidden", "--output": "--out", "--validation": "--val"}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one sentence, without the usage, with a suggestion for a misspelt word."""

    def error(self, message: str) -> NoReturn:
        lacking = re.fullmatch(r"argument (--[\w-]+): expected \d+ arguments", message)
        if lacking:
            expected = self._option_string_actions[lacking[1]].metavar
            message = f"argument {lacking[1]}: expected {' '.join(expected or ())}"
        if message.endswith("required: COMMAND"):
            message += f"; possible are {', '.join(COMMANDS)} (pynn --help says what they do)"
        choice = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        known = re.findall(r"[\w-]+", choice[2]) if choice else []
        self.exit(2, f"{self.prog}: {message}{_hint(choice[1] if choice else '', known)}\n")

    def refuse_unknown(self, rest: list[str]) -> NoReturn:
        known = [option for option in self._option_string_actions if option.startswith("--")]
        first = rest[0].partition("=")[0]
        hint = _hint(OTHER_NAMES.get(first, first), known)
        self.exit(2, f"{self.prog}: {first} is unknown{hint} ({self.prog} --help lists all)\n")


def _hint(given: str, known: Sequence[str]) -> str:
    near = get_close_matches(given, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


INTERRUPTED = 130  # the exit status of shells for a program that SIGINT (signal 2) ended: 128 + 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    parser = build_parser()
    options, rest = parser.parse_known_args(arguments)
    if rest:
        CHILDREN[options.command].refuse_unknown(rest)
    try:
        spare_inputs(options)
        status = COMMANDS[options.command].run(options)
        if sys.stdout is not None:  # started without one, `>&-`: print is silent then
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except UnicodeEncodeError as error:
        have = f"standard output takes {error.encoding} alone, which has no {error.object[error.start]!a}"
        complain(f"{have}: set PYTHONIOENCODING=utf-8, or give --out FILE where there is one")
        return 2
    except ValueError as error:
        complain(str(error))
        return 2
    except MemoryError as error:  # a network or a batch too large for this machine
        complain(f"not enough memory: {error}" if str(error) else "not enough memory")
        return 2
    except (ArithmeticError, ImportError, OSError) as error:  # divergence is an ArithmeticError
        complain(str(error))
        return 1


def entry() -> NoReturn:
    """The entry point of the installed command: runs main and ends the process with its status.

    After Ctrl-C the process ends by os._exit: where the KeyboardInterrupt passed through code that a library ran with
    exec() (as some do when they are imported), Python would end by the signal SIGINT and ignore the exit status.
    """
    status = main()
    if status == INTERRUPTED:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with suppress(OSError):
                stream.flush()
        os._exit(status)
    raise SystemExit(status)


def spare_inputs(options: argparse.Namespace) -> None:
    """Refuses an output file that is also an input of the command."""
    for target in ("out", "plot"):
        path = getattr(options, target, None)
        for given in (getattr(options, name, None) for name in ("data", "model")):
            if path and given and os.path.isfile(path) and os.path.exists(given) and os.path.samefile(path, given):
                raise ValueError(f"--{target}: {path!r} is read by the command itself; give another name")


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
        CHILDREN[name] = child
    return parser


CHILDREN: dict[str, Parser] = {}  # the parser of each subcommand


# ---- pynn train ----


def train_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", type=data, help="a CSV file, - for standard input, or iris: 150 flowers of three species")
    add("--target", metavar="COLUMN", help="of a CSV file: the column to predict")
    add("--out", type=new_file, metavar="FILE", help="write the model there, with what it knows of the columns")
    add("--epochs", type=count, help="passes over the training rows, at most (100)")
    add("--hidden", type=widths, metavar="N,N", help="widths of the hidden layers (64,64; iris: 12,6)")
    add("--activation", choices=["relu", "tanh", "sigmoid", "gelu", "silu", "elu", "selu"], help="of the hidden layers")
    add("--batch-size", type=count, metavar="ROWS", help="rows of one step (32; iris: 16)")
    add("--learning-rate", type=positive, metavar="RATE", help="of the optimizer (0.001; iris: 0.01)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="the update rule (adam)")
    add("--seed", type=seed, default=0, help="of the weights, the order of the rows and the split (0)")
    add("--dtype", choices=["float32", "float64"], default="float32", help="type of the weights (float32)")
    add("--test", type=share, metavar="SHARE", help="share of the rows kept for the test (none; iris: 0.2)")
    engine_arguments(parser)
    loud = parser.add_mutually_exclusive_group()
    loud.add_argument("--verbose", "-v", action="store_true", help="a line for each epoch")
    loud.add_argument("--quiet", "-q", action="store_true", help="no progress; the results alone")
    more = parser.add_argument_group("for CSV files")
    add = more.add_argument
    add("--val", type=share_or_none, default=0.2, metavar="SHARE", help="share kept to watch the training by (0.2)")
    add(
        "--split", nargs=2, metavar=("time|group", "COLUMN"),
        help="time COLUMN: the latest rows are validation and test; group COLUMN: rows of one group stay together",
    )  # fmt: skip
    add("--patience", type=count, metavar="EPOCHS", help="stop after so many without a better --metric (10)")
    add("--metric", choices=scores.NAMES, help="of the validation rows: the best epoch is kept (loss)")
    add("--last-epoch", action="store_true", help="train all epochs and keep the last one, not the best")
    add("--class-weight", choices=["balanced"], help="rare classes count as much as frequent ones")
    report_arguments(more)
    add("--task", choices=["classification", "regression"], help="what the target is, where it is not obvious")
    add("--ignore", type=names, default=[], metavar="COLUMN,...", help="columns to leave out")
    add("--words", type=names, default=[], metavar="COLUMN,...", help="columns whose numbers are names of something")
    encoding_argument(more)
    first = more.add_mutually_exclusive_group()
    first.add_argument("--day-first", action="store_true", default=None, help="03/04/2026 is in April")
    first.add_argument(
        "--month-first", dest="day_first", action="store_false", default=None, help="03/04/2026 is in March"
    )
    add(
        "--max-words",
        type=count,
        default=50,
        metavar="N",
        help="of more, the rare ones are (other) (50)",
    )
    add("--dropout", type=share_or_none, default=0.0, metavar="RATE", help="after each hidden layer (0)")
    add("--l2", type=not_negative, default=0.0, metavar="FACTOR", help="penalty on the hidden weights (0)")
    add("--plot", type=picture, metavar="PICTURE", help="draw loss and metrics there (needs matplotlib)")


def report_arguments(parser: argparse._ActionsContainer) -> None:
    add = parser.add_argument
    add("--importance", action="store_true", help="how much worse it gets without each column")
    add("--json", action="store_true", help="the results as one JSON object on standard output, and nothing else there")


def encoding_argument(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--encoding", type=encoding, default="", metavar="NAME", help="of text other than UTF-8: cp1252"
    )


def engine_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--engine", choices=["native", "reference"], default="native", help="the C core or plain NumPy (native)")
    add("--threads", type=count, default=None, help="at most so many; the results do not depend on it")


FOR_TABLES = (
    "target", "out", "plot", "patience", "task", "ignore", "words", "dropout", "l2", "encoding", "split", "last_epoch",
    "class_weight", "importance", "json", "metric",
)  # fmt: skip


def train(options: argparse.Namespace) -> int:
    """On the flowers, or on a table."""
    flowers = options.data == "iris"
    if flowers:
        for name in FOR_TABLES:
            if getattr(options, name):
                raise ValueError(f"--{name.replace('_', '-')}: only for CSV files; iris is there to try pynn with")
    for name, value in (train_iris.USUAL if flowers else train_table.USUAL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return train_iris.train(options) if flowers else train_table.train(options)


# ---- pynn predict, pynn evaluate ----


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    use_arguments(parser)
    add = parser.add_argument
    add("--out", type=target_file_or_stdout, default="-", metavar="FILE", help="write there (standard output)")
    add("--probabilities", action="store_true", help="also the probability of each class")
    add("--keep", action="store_true", help="also the columns of the row itself")


def use_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a model file")
    parser.add_argument("data", help="a CSV file with the model's columns in any order, or - for standard input")
    encoding_argument(parser)
    engine_arguments(parser)


def evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    use_arguments(parser)
    report_arguments(parser)
    parser.add_argument("--seed", type=seed, default=0, help="of the orders that --importance shuffles by (0)")


# ---- pynn data ----


def data_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", choices=list(write_data.DATA), metavar="NAME", help="which: " + ", ".join(write_data.DATA))
    add("--out", type=target_file_or_stdout, default="-", metavar="FILE", help="write there (standard output)")
    add("--rows", type=count, help="so many (300; iris: all 150)")
    add("--seed", type=seed, default=0, help="of the points that are drawn (0)")


# ---- pynn play ----


def play_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--port", type=port, metavar="N", help="listen there (the first free one from 8421)")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="a loopback address; no other is possible (127.0.0.1)")
    add("--no-browser", dest="browser", action="store_false", help="print the address, open nothing")


# ---- pynn info ----


def info_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", help="a model file: its layers, columns and training")


def info(options: argparse.Namespace) -> int:
    """Say what a model file holds; or what this pynn is made of and what it uses of this machine."""
    if options.model is not None:
        return use_model.info(options)
    show_config()
    return 0


# ---- pynn bench ----


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--quick", action="store_true", help="a few seconds rather than half a minute")
    add("--threads", type=count, default=None, help="on so many; all by default")
    add("--json", type=target_file, metavar="FILE", default=None, help="write the figures there, too")


def bench(options: argparse.Namespace) -> int:
    """Measure a few fits and predictions, beside NumPy, scikit-learn and the machine's limit."""
    speed.run(options.threads, options.quick, options.json)
    return 0


COMMANDS = {
    "train": Command(
        "Train a network on a CSV file or a data set and report how well it does.", train_arguments, train
    ),
    "predict": Command("Predict rows of a CSV file by a model file.", predict_arguments, use_model.predict),
    "evaluate": Command("Say how good a model is on rows with known answers.", evaluate_arguments, use_model.evaluate),
    "data": Command("Write a CSV file to try the other commands with.", data_arguments, write_data.write),
    "play": Command("Open a page in the browser and watch a small network learn.", play_arguments, play.play),
    "bench": Command("Measure how fast pynn is on this machine.", bench_arguments, bench),
    "info": Command(
        "Show what a model file holds; without one: version, instruction set, threads, compiler.", info_arguments, info
    ),
}
