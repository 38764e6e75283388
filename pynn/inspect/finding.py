"""A finding of a diagnosis: a problem of a network, a training or data, with its numbers, and advice what to do.

Only the record and its three levels. Read diagnosis.py for how findings are made and shown.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTE, WARNING, ERROR = LEVELS = "note", "warning", "error"  # worth knowing; probably harmful; cannot work like this


@dataclass(frozen=True)
class Finding:
    code: str
    level: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"
