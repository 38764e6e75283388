"""A finding: something about a network that a teacher would point at, with its number and what to do about it.

Only the record and its three levels. Read diagnosis.py for what makes findings and how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTE, WARNING, ERROR = LEVELS = "note", "warning", "error"  # worth knowing; probably hurts; cannot work like this


@dataclass(frozen=True)
class Finding:
    code: str
    level: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"
