"""Tables of a spreadsheet's kind as rows of numbers: text with names of columns in, a matrix for a network out.

csv_text.py reads the text, cells.py says what its cells are, features.py and outcomes.py turn columns into numbers and
back, preparation.py puts them together and goes into a model file. Nothing here knows a network. What is wrong with a
table is a TableError, one sentence with the column and the line.
"""

from .csv_text import Table, TableError, parse, read, write
from .preparation import Preparation, Wanted

__all__ = ["Preparation", "Table", "TableError", "Wanted", "parse", "read", "write"]
