"""From arrays to a trained network: data checks, the loop over epochs, callbacks, history, progress.

Nothing here computes a step; engines do. Read checks.py for what data may look like, fit.py for the loop.
"""
