"""Two backward passes for a 2-3-1 network with tanh and a linear output: one is right, one has a slip.

derive compare --widths 2,3,1 --activations tanh,identity --batch 4 --against examples/backward.py:backward
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def backward(X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> dict[str, Array]:
    """The gradients of E = 1/(2N) Σ(A2 − Y)²; examples are columns."""
    examples = X.shape[1]
    A1 = np.tanh(W1 @ X + b1)
    A2 = W2 @ A1 + b2
    delta2 = (A2 - Y) / examples
    delta1 = W2.T @ delta2 * (1 - A1**2)
    return {
        "W1": delta1 @ X.T,
        "b1": delta1.sum(axis=1, keepdims=True),
        "W2": delta2 @ A1.T,
        "b2": delta2.sum(axis=1, keepdims=True),
    }


def with_a_slip(X: Array, Y: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> dict[str, Array]:
    """The same, but the hidden layer's derivative is taken at A1 instead of Z1: right only where A1 is nearly Z1."""
    found = backward(X, Y, W1, b1, W2, b2)
    A1 = np.tanh(W1 @ X + b1)
    delta2 = (W2 @ A1 + b2 - Y) / X.shape[1]
    delta1 = W2.T @ delta2 * (1 - np.tanh(A1) ** 2)
    return found | {"W1": delta1 @ X.T, "b1": delta1.sum(axis=1, keepdims=True)}
