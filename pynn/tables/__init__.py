"""Tables, as spreadsheets have them, as numbers: from text with named columns to a matrix for a network.

csv_text.py and separated.py parse the text into a table.py, cells.py finds out what kind of values a column has,
features.py and outcomes.py turn columns into numbers and back, preparation.py has all of that for one table and is
saved in a model file. Networks are not known here. What is wrong with a table is a TableError, one sentence with the
column and the line.
"""

from .csv_text import parse, read, write
from .preparation import Preparation, Wanted
from .table import Table, TableError

__all__ = ["Preparation", "Table", "TableError", "Wanted", "parse", "read", "write"]
