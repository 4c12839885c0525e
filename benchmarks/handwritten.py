"""Backprop as a careful person writes it in NumPy: the yardstick for compiled gradients.

Two layers, examples as columns, float64. Each function takes arrays by name and returns E and the four gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def sigmoid(z: Array) -> Array:
    """1/(1 + e^{−z}), without a warning for z = −1000."""
    return 1.0 / (1.0 + np.exp(-np.maximum(z, -700.0)))


def sigmoid_squares(values: dict[str, Any]) -> dict[str, Any]:
    """Sigmoid in both layers, ½‖a − y‖² averaged over the batch, λ/2 Σ‖W‖²."""
    X, Y, W1, b1, W2, b2, lam = (values[n] for n in ("X", "Y", "W1", "b1", "W2", "b2", "lam"))
    count = X.shape[1]
    a1 = sigmoid(W1 @ X + b1)
    a2 = sigmoid(W2 @ a1 + b2)
    error = a2 - Y
    loss = 0.5 * np.sum(error**2) / count + 0.5 * lam * (np.sum(W1**2) + np.sum(W2**2))
    delta2 = error / count * a2 * (1 - a2)
    delta1 = (W2.T @ delta2) * a1 * (1 - a1)
    return {
        "E": loss,
        "W1": delta1 @ X.T + lam * W1,
        "b1": delta1.sum(axis=1, keepdims=True),
        "W2": delta2 @ a1.T + lam * W2,
        "b2": delta2.sum(axis=1, keepdims=True),
    }


def relu_softmax(values: dict[str, Any]) -> dict[str, Any]:
    """ReLU, then softmax with cross-entropy averaged over the batch, λ/2 Σ‖W‖²."""
    X, Y, W1, b1, W2, b2, lam = (values[n] for n in ("X", "Y", "W1", "b1", "W2", "b2", "lam"))
    count = X.shape[1]
    z1 = W1 @ X + b1
    a1 = np.maximum(z1, 0.0)
    z2 = W2 @ a1 + b2
    shifted = z2 - z2.max(axis=0, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=0, keepdims=True)
    loss = -np.sum(Y * (shifted - np.log(total))) / count + 0.5 * lam * (np.sum(W1**2) + np.sum(W2**2))
    delta2 = (e / total - Y) / count
    delta1 = (W2.T @ delta2) * (z1 > 0)
    return {
        "E": loss,
        "W1": delta1 @ X.T + lam * W1,
        "b1": delta1.sum(axis=1, keepdims=True),
        "W2": delta2 @ a1.T + lam * W2,
        "b2": delta2.sum(axis=1, keepdims=True),
    }
