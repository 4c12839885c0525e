"""Random rewrites that leave the value of a right answer as it is, composed 2 to 6 deep; seeded.

A kind is a function: a part of the answer ↦ an equal part of the same shape, or None where it does not apply. The
kinds know nothing of `derive.rewriting`; each composed rewrite is confirmed by `benchmarks.evaluation` at random
points before it is used.
"""

from benchmarks.rewrites import functions, identities, indices, matrices, rings
from benchmarks.rewrites.composing import Rewrite, Unequal, context, is_confirmed, rewrites, step
from benchmarks.rewrites.kind import KINDS

__all__ = [
    "KINDS",
    "Rewrite",
    "Unequal",
    "context",
    "functions",
    "identities",
    "indices",
    "is_confirmed",
    "matrices",
    "rewrites",
    "rings",
    "step",
]
