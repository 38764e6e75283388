"""The two engines, which compute, and what both of them need. Nothing here knows a Network.

reference.py says in NumPy what is computed; _native.pyx is the fast one; plan.py gives both their codes,
shapes and offsets. Start with reference.py.
"""
