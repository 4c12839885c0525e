r"""A context for formulas about any layer, \delta^{[l]} = …: a network of any depth, its activation, loss and objective
as far as the formulas say what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GIVEN = frozenset(["W", "b", "z", "a", "delta", "w", "Z", "A", "B", "g", "E", "x", "y", "X", "Y", "yhat", "Yhat"])
"""Letters that a network of any depth gives a meaning."""
_OBJECTIVE = re.compile(
    r"\\(?:partial|nabla(?:_\{?[^{}]\}?)?)\s*(?:\\math(?:cal|scr|rm)\s*\{?\s*)?(?P<name>L|J|C|Loss|loss|cost)(?![A-Za-z_^])"
)
_SOFTMAX = re.compile(r"softmax|\\frac\s*\{\s*(?:e\s*\^|\\exp)[^=]*\\sum")
_ACTIVATIONS = (
    (r"\\sigma\s*(?:'|\^|_|\\left|\()", "sigmoid"), (r"(?i)relu", "relu"), (r"\\?tanh", "tanh"),
    (r"(?<![A-Za-z\\])g\s*(?:'|\^|_|\()", "g"), (r"(?<![A-Za-z\\])f\s*(?:'|\^|_|\()", "f"), (r"\\(?:var)?phi", "phi"),
)  # fmt: skip
"""How the activation is written, and what it is then."""


def is_of_any_layer(names: Iterable[str]) -> bool:
    """Whether names that are missing have a member for each layer."""
    return any(name.endswith("[l]") for name in names)


def network(names: Iterable[str], formulas: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """The lines of the context, and the names that need no shape then."""
    text = "\n".join(formulas)
    hidden = next((name for pattern, name in _ACTIVATIONS if re.search(pattern, text)), "g")
    last = _SOFTMAX.search(text) is not None
    found = _OBJECTIVE.search(text)
    own = found["name"] if found is not None else ""
    lines = [
        "[network]",
        'widths = ["n_0", "...", "n_L"]  # W, b, z, a and delta of every layer l',
        f'activations = ["{hidden}", "softmax"]' if last else f'activations = "{hidden}"',
        'loss = "softmax-ce"' if last else '# loss = "bce"  # half the squared error if nothing is said',
        '# batch = "N"  # where X, Z and A hold many examples',
    ]
    lines += ["[notation]", f"'{own}' = \"E\"  # what is minimised"] if own else []
    taken = {name for name in names if re.split(r"[\[_]", name)[0] in GIVEN} | {own, hidden}
    return lines, frozenset(taken)
