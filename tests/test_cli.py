"""The command line: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from pynn import __version__
from pynn.cli import COMMANDS, build_parser, main


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pynn", *arguments]


def output_of(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    assert main(arguments) == status
    return capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence on stderr with which the arguments are refused."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert caught.value.code == 2 and out == "" and err.count("\n") == 1
    return err


def confusion(out: str) -> list[list[int]]:
    lines = re.findall(r"^(?:setosa|versicolor|virginica) .*\d$", out, re.M)
    return [[int(number) for number in re.findall(r"\d+", line)] for line in lines]


def test_train_iris(capsys: pytest.CaptureFixture[str], engine: str, seed: int) -> None:
    out, err = output_of(capsys, "train", "iris", "--engine", engine, "--seed", str(seed), "-q", "--epochs", "60")
    assert err == ""
    match = re.search(r"^test accuracy ([\d.]+) % \((\d+) of 30\)$", out, re.M)
    assert match and int(match[2]) >= 27 and abs(float(match[1]) - int(match[2]) / 0.3) < 0.06
    matrix = confusion(out)
    assert [sum(row) for row in matrix] == [10, 10, 10]
    assert sum(matrix[i][i] for i in range(3)) == int(match[2])
    assert re.search(r"^fingerprint [0-9a-f]{64}$", out, re.M)


def test_train_is_repeatable_and_hears_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    base = ["train", "iris", "--engine", "reference", "-q", "--epochs", "3"]
    first = output_of(capsys, *base)
    assert output_of(capsys, *base) == first
    for option in (
        ["--epochs", "4"],
        ["--hidden", "5"],
        ["--hidden", ""],
        ["--batch-size", "32"],
        ["--learning-rate", "0.02"],
        ["--optimizer", "sgd"],
        ["--seed", "1"],
        ["--dtype", "float64"],
        ["--test", "0.3"],
    ):
        other = output_of(capsys, *base, *option)[0]
        assert other.splitlines()[-1] != first[0].splitlines()[-1], option
    assert output_of(capsys, *base, "--threads", "2") == first


def test_progress_is_plain_lines_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = output_of(capsys, "train", "iris", "--engine", "reference", "--epochs", "3")
    assert "\r" not in out and "\033" not in out
    assert re.search(r"^epoch 3/3  loss [\d.]+  accuracy [\d.]+", out, re.M)
    out, _ = output_of(capsys, "train", "iris", "--engine", "reference", "--epochs", "3", "--verbose")
    assert len(re.findall(r"^epoch \d/3 ", out, re.M)) == 3
    out, _ = output_of(capsys, "train", "iris", "--engine", "reference", "--epochs", "3", "--quiet")
    assert "epoch" not in out


def test_progress_is_in_place_in_a_terminal() -> None:
    leader, follower = pty.openpty()
    arguments = command("train", "iris", "--engine", "reference", "--epochs", "40")
    with subprocess.Popen(arguments, stdout=follower, stderr=follower, stdin=subprocess.DEVNULL) as process:
        os.close(follower)
        shown = b""
        while chunk := read_terminal(leader):
            shown += chunk
    os.close(leader)
    assert process.returncode == 0
    assert b"\repoch 40/40" in shown and b"fingerprint" in shown
    assert shown.count(b"\n") < 20


def read_terminal(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the other end is closed
        return b""


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = output_of(capsys, "info")
    assert __version__ in out and "numerics" in out.lower()


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    version = f"pynn {__version__}\n"
    for arguments, expected in ((["--version"], version), (["--help"], None), (["train", "--help"], None)):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capsys.readouterr()
        assert caught.value.code == 0 and err == "" and out
        assert expected is None or out == expected


def test_every_command_is_described() -> None:
    text = build_parser().format_help()
    for name, entry in COMMANDS.items():
        assert name in text and entry.help.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND; possible are train, predict, "),
        (["tarin"], "'tarin'"),
        (["train"], "data"),
        (["train", "irises"], "'irises'"),
        (["train", "iris", "--epochs", "0"], "--epochs: '0' is not a whole number of at least 1"),
        (["train", "iris", "--epochs", "many"], "--epochs: 'many'"),
        (["train", "iris", "--hidden", "12,-6"], "--hidden: '-6'"),
        (["train", "iris", "--hidden", "12,,6"], "--hidden: ''"),
        (["train", "iris", "--batch-size", "1.5"], "--batch-size: '1.5'"),
        (["train", "iris", "--learning-rate", "nan"], "--learning-rate: 'nan'"),
        (["train", "iris", "--learning-rate", "-1"], "--learning-rate"),
        (["train", "iris", "--learning-rate", "inf"], "--learning-rate: 'inf'"),
        (["train", "iris", "--optimizer", "adman"], "'adman'"),
        (["train", "iris", "--seed", "-1"], "--seed"),
        (["train", "iris", "--seed", str(2**64)], "--seed"),
        (["train", "iris", "--dtype", "float16"], "'float16'"),
        (["train", "iris", "--engine", "warp"], "'warp'"),
        (["train", "iris", "--threads", "0"], "--threads: '0'"),
        (["train", "iris", "--test", "1"], "--test: '1' is not a number between 0 and 1"),
        (["train", "iris", "--test", "nan"], "--test: 'nan'"),
        (["train", "iris", "--loud"], "--loud"),
        (["train", "iris", "-q", "-v"], "-v"),
    ],
)
def test_wrong_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert words in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["--test", "0.999"], "leave", 2),  # a share, but of 150 rows too large a one: only the split can tell
        (["--hidden", str(2**40)], "1099511627776", 2),
        (["--optimizer", "sgd", "--learning-rate", "1e38"], "the loss of step", 1),  # diverges
    ],
)
def test_what_only_the_library_can_refuse(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str, status: int
) -> None:
    out, err = output_of(capsys, "train", "iris", "--engine", "reference", "-q", *arguments, status=status)
    assert err.startswith("pynn: ") and err.count("\n") == 1 and words in err
    assert out == ""


def test_unknown_instruction_set_is_refused() -> None:
    pytest.importorskip("pynn.engine._native")
    done = subprocess.run(
        command("train", "iris"), env={**os.environ, "PYNN_ISA": "avx3"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "avx3" in done.stderr and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_too_little_memory_is_one_sentence(engine: str) -> None:
    """160 GB of weights, of which a limit makes sure that they cannot be had."""
    resource = pytest.importorskip("resource")
    done = subprocess.run(
        command("train", "iris", "--hidden", "200000,200000", "--engine", engine),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("pynn: not enough memory") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "closed", "status"),
    [
        (["info"], (1,), 0),
        (["train", "iris", "--epochs", "2"], (1,), 0),
        (["train", "iris", "--epochs", "2", "-v"], (1, 2), 0),
        (["train", "iris", "--test", "0.999"], (2,), 2),  # nothing to complain to
        (["train", "iris", "--epochs", "0"], (1, 2), 2),
        (["--help"], (1,), 0),
    ],
)
def test_closed_streams_are_no_traceback(arguments: list[str], closed: tuple[int, ...], status: int) -> None:
    """As a shell's `>&-` leaves them: there is no sys.stdout at all."""
    done = subprocess.run(
        command(*arguments),
        preexec_fn=lambda: [os.close(number) for number in closed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status and "Traceback" not in done.stderr
    assert done.stdout == ""  # a complaint does not become a result


def test_interrupt_ends_with_130() -> None:
    arguments = command("train", "iris", "--engine", "reference", "--epochs", "1000000", "--verbose")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("epoch 1/")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "pynn: interrupted\n"


def test_a_closed_pipe_is_no_traceback() -> None:
    arguments = command("train", "iris", "--engine", "reference", "--epochs", "50", "--verbose")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.wait(timeout=20) in (0, 1)
    assert "Traceback" not in err and "Exception" not in err
