"""The progress line: in place in a terminal or a notebook, plain lines in a file; or bars where asked for.

At most one line a second is kept (and always the last), so that thousands of quick epochs do not flood
a log; verbose=2 keeps every epoch's. A terminal also sees the line of the moment. It never raises.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import Any

from ..arguments import shown, whole
from . import bars

REDRAW = 0.1  # seconds between two pictures of the line in place
NOTEBOOK = 1000  # characters of a line: it has no columns, and scrolls
KEEP = 1.0  # seconds between two lines that stay


def check(verbose: Any) -> int | str:
    """0 (silent), 1 (a line), 2 (a line for every epoch) or a kind of bars; "auto" is 1."""
    if isinstance(verbose, str):
        if verbose == "auto" or verbose in bars.KINDS:
            if verbose != "auto":
                bars.check(verbose)
            return 1 if verbose == "auto" else verbose
        kinds = ", ".join(map(repr, bars.KINDS))
        raise ValueError(f"verbose: {shown(verbose)} is not possible; expected 'auto', {kinds}, 0, 1 or 2")
    return int(verbose) if isinstance(verbose, bool) else whole("verbose", verbose, 0, 2, "'auto', 0, 1 or 2")


def start(verbose: int | str, first_epoch: int, last_epoch: int, steps: int | None) -> Progress | bars.Bars:
    if isinstance(verbose, str) and _is_terminal(bars.stream(verbose)):
        return bars.start(verbose, first_epoch, last_epoch, steps)
    return Progress(1 if isinstance(verbose, str) else verbose, last_epoch, steps)


class Progress:
    def __init__(self, verbose: int, last_epoch: int, steps: int | None) -> None:
        self._stream = sys.stdout if verbose else None
        if self._stream is None:
            return
        self._every = verbose == 2
        self._in_place = verbose == 1 and _is_terminal(self._stream)
        self._last_epoch, self._of = last_epoch, f"/{steps}" if steps else ""
        self._begin = self._drawn = self._kept = time.monotonic()
        self._open = self._shown = (
            ""  # a line that is on the screen or owed to it, but not ended; the one on the screen
        )

    def step(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        """Within an epoch: only a terminal sees this."""
        if self._stream is not None and self._in_place and time.monotonic() - self._drawn >= REDRAW:
            self._draw(self._text(epoch, f"step {step}{self._of}", logs))

    def epochs(self, first: int, columns: dict[str, list[float]]) -> None:
        """Epochs first.. are complete: a line for each where all are kept, or else for the last."""
        if self._stream is None:
            return
        count = len(columns["loss"])
        for i in range(0 if self._every else count - 1, count):
            self.epoch(first + i, {name: values[i] for name, values in columns.items()})

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """An epoch is complete."""
        if self._stream is None:
            return
        now = time.monotonic()
        keep = self._every or now - self._kept >= KEEP
        if not keep and self._in_place and now - self._drawn < REDRAW and epoch + 1 < self._last_epoch:
            self._open = self._text(epoch, "", logs)
            return
        text = self._text(epoch, "", logs)
        if self._in_place:
            self._draw(text)
        self._open = text
        if keep:
            self._end(now)

    def say(self, text: str) -> None:
        """A line of somebody else's, above the line of the moment, which is drawn again below it."""
        if self._stream is None or not self._in_place or not self._shown:
            plain(text)
            return
        self._write("\r" + text.ljust(len(self._shown)) + "\n")
        self._shown = ""

    def close(self) -> None:
        """The end, whatever the reason: the last line stays."""
        if self._stream is not None and self._open:
            if self._in_place and self._open != self._shown:
                self._draw(self._open)
            self._end(time.monotonic())

    def _text(self, epoch: int, where: str, logs: dict[str, float]) -> str:
        numbers = "  ".join(f"{name} {written(value)}" for name, value in logs.items())
        seconds = f"{time.monotonic() - self._begin:.1f} s"
        return "  ".join(filter(None, (f"epoch {epoch + 1}/{self._last_epoch}", where, numbers, seconds)))

    def _draw(self, text: str) -> None:
        from shutil import get_terminal_size  # brings compressors along: 2 MB that most runs do not need

        width = get_terminal_size().columns - 1 if self._stream and self._stream.isatty() else NOTEBOOK
        self._write("\r" + text[:width].ljust(min(width, len(self._open))))
        self._open, self._shown, self._drawn = text, text, time.monotonic()

    def _end(self, now: float) -> None:
        self._write("\n" if self._in_place else self._open + "\n")
        self._open, self._kept = "", now

    def _write(self, text: str) -> None:
        assert self._stream is not None
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed pipe or file does not end a training
            self._stream = None
            self._in_place = False


def written(value: float) -> str:
    """Four places behind the point, where they say something."""
    return f"{value:{'.4f' if 1e-3 <= abs(value) < 1e4 or not value else '.4g'}}"


def plain(text: str) -> None:
    """A line of its own; a closed pipe or file does not end a training."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


def _is_terminal(stream: Any) -> bool:
    """Or a notebook, which knows how to go back to the begin of a line, too."""
    try:
        return bool(stream.isatty()) or type(stream).__module__.startswith("ipykernel")
    except (AttributeError, ValueError):
        return False
