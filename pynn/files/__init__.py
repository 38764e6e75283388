"""Model files: a network with all that training changes, in one file that other tools can read and nobody can run.

`save` and `load` stand behind `net.save(path)` and `Network.load(path)`. layout.py has the bytes (those of
safetensors), replacing.py how a file is replaced whole or not at all, describing.py layers and optimizers as plain
words and numbers, model_file.py what stands where. Nothing is computed, and nothing in a file names code.
"""

from .model_file import FORMAT_VERSION, load, save

__all__ = ["FORMAT_VERSION", "load", "save"]
