"""derive: derives gradients of neural networks symbolically, and decides whether yours is right.

>>> from derive import Network, gradient
>>> from derive.expression.text import text
>>> network = Network("n0,n1", "sigmoid", "half-squared", batch="N")
>>> text(gradient(network.problem(), "W1").result)
'delta1 @ X.T'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.api import check
    from derive.differentiation.gradient import gradient
    from derive.expression.problem import Problem
    from derive.networks.network import Network

__all__ = ["Network", "Problem", "check", "gradient"]

_HOMES = {
    "Network": "derive.networks.network",
    "Problem": "derive.expression.problem",
    "check": "derive.api",
    "gradient": "derive.differentiation.gradient",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used: importing derive itself costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
