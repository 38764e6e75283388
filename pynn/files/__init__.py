"""Persistence: a network with all that training changes, in one file that other tools can read and that holds no code.

`save` and `load` implement `net.save(path)` and `Network.load(path)`. layout.py has the file format (that of
safetensors), replacing.py writes a file atomically, describing.py turns layers and optimizers into plain strings and
numbers, model_file.py says which data a file has. Nothing is computed, and no file can make pynn import or run code.
"""

from .model_file import FORMAT_VERSION, load, load_weights, save, save_weights

__all__ = ["FORMAT_VERSION", "load", "load_weights", "save", "save_weights"]
