"""Derivations: rules as data, justified steps from an objective to its gradient, and the replay of each."""
