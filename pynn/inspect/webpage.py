"""A network as an HTML table, for a notebook, with its diagram below.

Only the layout is here: the names of layers and their sizes are from summary.py, the diagram is from diagrams.py.
"""

from __future__ import annotations

from html import escape
from typing import Any

from .summary import described, table

CELL = "text-align:left;padding:2px 14px 2px 0"


def network_html(net: Any) -> str:
    """The table of layers, outputs and parameters, and below it the diagram if there is one."""
    rows = [[described(layer), width, count] for layer, width, count in zip(net.layers, *table(net)[:2], strict=True)]
    head = "".join(f'<th style="{CELL}">{word}</th>' for word in ("layer", "outputs", "parameters"))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    total = table(net)[2]
    inputs = "not known yet" if net.inputs is None else f"{net.inputs:,}"
    words = f"inputs: {inputs} · parameters: {total} · {net.dtype} · epochs: {net.epoch}"
    html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div><b>{escape(type(net).__name__)}</b> <small>{escape(words)}</small>{html}{_picture(net)}</div>"


def _cell(value: Any) -> str:
    return f'<td style="{CELL}">{escape(str(value))}</td>'


def _picture(net: Any) -> str:
    """The diagram of a network whose number of inputs is known, or ""."""
    draw = getattr(net, "diagram", None)
    return str(draw().svg) if callable(draw) and net.inputs is not None and net.layers else ""
