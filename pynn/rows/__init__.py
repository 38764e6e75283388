"""Rows: what users hand over (arrays, frames, sparse matrices, batches, maps) as an engine can read it.

arrays.py is the door; frames.py, sparse.py (sparse rows) and moments.py (means and variances of any of these) stand
behind it. Nothing here knows a network or a training.
"""
