"""Derivations as programs: a NumPy module that computes the gradients and checks itself."""
