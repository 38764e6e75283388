"""Pictures that move: a display drawn for each snapshot of a training, as a GIF or as a page with a slider.

The files are small and equal from run to run: frames share one table of colours, and nothing says when they were made.
The page needs nothing from elsewhere. Read snapshots.py for how a training is recorded.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from ..arguments import real, shown, whole
from .colours import COLOURS as PALETTE
from .colours import GREY, INK, PALE
from .display import Display
from .snapshots import Snapshots

COLOURS = 64  # of all frames together: few make small files
FIXED = ("white", INK, GREY, PALE, *PALETTE)  # are among them
NEAR = 8  # of 255: no other colour is as near to one of these, or white would be taken for a grey
LAST = 1500  # milliseconds that the last frame stays

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Epochs of a training</title>
<style>body{{font-family:sans-serif;margin:8px;text-align:center}}img{{max-width:100%}}input{{width:60%}}</style></head>
<body><img id="picture" alt="a training, epoch by epoch" width="{width}"><br>
<button id="play">pause</button> <input id="epoch" type="range" min="0" max="{last}" value="0" aria-label="epoch">
<script>
const frames = {frames}, pause = {pause}, end = {end};
const picture = document.getElementById("picture"), slider = document.getElementById("epoch");
const button = document.getElementById("play");
let timer = null;
function show(i) {{ slider.value = i; picture.src = "data:image/png;base64," + frames[i]; }}
function next() {{
  const i = (Number(slider.value) + 1) % frames.length;
  show(i);
  timer = setTimeout(next, i === frames.length - 1 ? end : pause);
}}
function stop() {{ clearTimeout(timer); timer = null; button.textContent = "play"; }}
slider.oninput = () => {{ stop(); show(Number(slider.value)); }};
button.onclick = () => {{ if (timer) stop(); else {{ button.textContent = "pause"; next(); }} }};
show(0);
timer = setTimeout(next, pause);
</script></body></html>
"""


class Animation:
    """frames: images of one size, one for each of `epochs`; `save` writes them, a notebook plays them."""

    def __init__(self, frames: list[Image.Image], epochs: list[int], fps: float) -> None:
        self.frames, self.epochs, self.fps = frames, epochs, fps

    @property
    def pause(self) -> int:
        """Milliseconds from one frame to the next."""
        return max(20, round(1000 / self.fps))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .gif, or a .html with a slider."""
        file = Path(path)
        if file.suffix.lower() == ".gif":
            durations = [self.pause] * (len(self.frames) - 1) + [LAST]
            self.frames[0].save(
                file, save_all=True, append_images=self.frames[1:], duration=durations, loop=0, optimize=False
            )
        elif file.suffix.lower() in (".html", ".htm"):
            file.write_text(self.to_html(), encoding="utf-8")
        else:
            raise ValueError(f"path: {file.name!r} ends in {file.suffix!r}; expected .gif or .html")

    def to_html(self) -> str:
        """A page of its own."""
        pictures = []
        for frame in self.frames:
            data = BytesIO()
            frame.save(data, "PNG", optimize=True)
            pictures.append(b64encode(data.getvalue()).decode("ascii"))
        return PAGE.format(
            frames=json.dumps(pictures), pause=self.pause, end=LAST, last=len(pictures) - 1, width=self.frames[0].width
        )

    def _repr_html_(self) -> str:
        width, height = self.frames[0].size
        return (
            f'<iframe srcdoc="{escape(self.to_html())}" width="{width + 30}" height="{height + 70}" '
            'style="border:0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Animation({len(self.frames)} frames)"


def animate(
    draw: Callable[[Any], Display], snapshots: Snapshots, *, fps: float = 8, dpi: float = 80, colours: int = COLOURS
) -> Animation:
    """A picture of the network after each epoch that was kept.

    draw       a function of the network that returns a display without ax=, such as
               lambda net: plots.DecisionRegionDisplay.from_network(net, x, y)
    snapshots  Snapshots that were among the callbacks of its training
    fps        frames a second
    dpi        pixels per inch: 80 of a figure 7 inches wide are 560
    colours    of all frames together, from 32 to 256
    """
    if not callable(draw):
        raise TypeError(f"draw: {shown(draw)} is a {type(draw).__name__}; expected a function of a network")
    if not isinstance(snapshots, Snapshots):
        kind = type(snapshots).__name__
        raise TypeError(f"snapshots: {shown(snapshots)} is a {kind}; expected Snapshots that fit was given")
    fps, dpi = real("fps", fps, 0.1, 50), real("dpi", dpi, 10, 600)
    colours = whole("colours", colours, 32, 256)
    pictures = [_frame(draw(net), epoch, dpi) for epoch, net in snapshots]
    if len({each.size for each in pictures}) > 1:
        raise ValueError("draw: its pictures have different sizes; expected figures of one size")
    return Animation(_few_colours(pictures, colours), list(snapshots.epochs), fps)


def _frame(display: Any, epoch: int, dpi: float) -> Image.Image:
    """The picture of a display with the epoch above it."""
    if not isinstance(display, Display):
        raise TypeError(f"draw: it returned {shown(display)}, a {type(display).__name__}; expected a display")
    if not display._own:
        raise ValueError("draw: its display is in axes that were passed; expected one in a figure of its own")
    figure = display.figure_
    before = figure.get_suptitle()
    figure.suptitle(f"epoch {epoch}" + (f"\n{before}" if before else ""))
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _few_colours(pictures: list[Image.Image], colours: int) -> list[Image.Image]:
    """The frames with one table of colours: those that classes and words have, and what suits the first, the middle
    and the last frame."""
    chosen = [pictures[0], pictures[len(pictures) // 2], pictures[-1]]
    together = Image.fromarray(np.concatenate([np.asarray(each) for each in chosen]))
    found = together.quantize(colours - len(FIXED), dither=Image.Dither.NONE).getpalette() or []
    fixed = np.round(255 * np.array([to_rgb(name) for name in FIXED])).astype(int)
    others = [one for one in np.reshape(found, (-1, 3)) if np.abs(fixed - one).max(axis=1).min() > NEAR]
    table = Image.new("P", (1, 1))
    table.putpalette(np.concatenate([fixed, *(one[None] for one in others)]).ravel().tolist())
    return [each.quantize(palette=table, dither=Image.Dither.NONE) for each in pictures]
