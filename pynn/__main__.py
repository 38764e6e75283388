"""`python -m pynn` is the command `pynn`. Everything is in cli.py."""

from .cli import entry

entry()
