"""What a name in a formula means: canonical names, other spellings, families, functions, and near misses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy
from sympy.core.function import AppliedUndef

from derive.expression.function import Function
from derive.expression.functions import ALIASES, FUNCTIONS
from derive.expression.nodes import Derivative, Dimension, Expression, Tensor
from derive.expression.scope import Scope
from derive.expression.sizes import Size
from derive.expression.traverse import substitute_layer, tensors
from derive.suggestions import did_you_mean

_SHOWN = 16
_LAMBDA = "lambda"
_KNOWN = {name.replace("_", ""): name for name in FUNCTIONS} | ALIASES


def spelling(name: str) -> str:
    """What all spellings of a name have in common.

    >>> spelling("W_1"), spelling("lambda"), spelling("delta_2")
    ('W1', 'lam', 'delta2')
    """
    joined = name.replace("_", "")
    rest = joined.removeprefix(_LAMBDA)
    return "lam" + rest if rest != joined and (not rest or rest.isdigit()) else joined


class Names:
    """The names of a scope, looked up in any of their spellings."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._values: dict[str, Expression] = {name: Dimension(size) for name, size in scope.sizes.items()}
        self._values |= scope.aliases
        self._values |= scope.tensors
        self._spelled: dict[str, str] = {}
        for name in self._values:
            self._spelled.setdefault(spelling(name), name)
        self._general = next(iter(scope.layers.values()), None)

    def define(self, tensor: Tensor) -> None:
        """Add a name that an answer defines."""
        self._values[tensor.name] = tensor
        self._spelled.setdefault(spelling(tensor.name), tensor.name)

    def find(self, name: str) -> Expression | None:
        """What a name stands for: a tensor, an alias, a size as a number; dW is ∂E/∂W for the objective E."""
        found = self._stored(name)
        if found is not None or not name.startswith("d") or len(name) < 2:
            return found
        objective, target = self._values.get(self.scope.objective), self._stored(name[1:])
        if objective is None or not isinstance(target, Tensor) or target == objective:
            return None
        return Derivative(objective, target)

    def _stored(self, name: str) -> Expression | None:
        if name in self._values:
            return self._values[name]
        if name.strip("_") != name:
            return None
        return self._values.get(self._spelled.get(spelling(name), ""))

    def is_family(self, e: Expression) -> bool:
        """Whether an expression has a general layer l that a subscript can replace."""
        return self._general is not None and any(
            t.layer is not None and self._general in t.layer.free_symbols for t in tensors(e)
        )

    def member(self, family: Expression, layer: sympy.Expr) -> Expression:
        """The same at a layer: W[l+1], with its sizes."""
        assert self._general is not None
        return substitute_layer(family, {self._general: layer})

    def layer(self, name: str) -> Size | None:
        """A layer symbol by name."""
        return self.scope.layers.get(name)

    def size(self, name: str) -> Size | None:
        """A size by name, in any of its spellings: declared, or one that a declared shape mentions."""
        if name in self.scope.sizes:
            return self.scope.sizes[name]
        known = {s.name: s for s in self._size_atoms() if isinstance(s, sympy.Symbol)}
        known |= self.scope.sizes
        return known.get(name) or next((s for n, s in known.items() if spelling(n) == spelling(name)), None)

    def size_at(self, name: str, layer: sympy.Expr) -> Size | None:
        """The width n[l] of a layer, if some declared size is of that family."""
        applied = (s for s in self._size_atoms() if isinstance(s, AppliedUndef))
        found = next((s for s in applied if s.func.__name__ == name), None)
        return None if found is None else found.func(layer)

    def _size_atoms(self) -> Iterator[sympy.Expr]:
        shapes = [side for tensor in self.scope.tensors.values() for side in tensor.shape]
        for value in (*self.scope.sizes.values(), *shapes, *(i.size for i in self.scope.indices.values())):
            yield from value.atoms(sympy.Symbol, AppliedUndef)

    def function(self, name: str) -> Function | None:
        """An elementwise function: declared here, else from the table (ReLU is relu)."""
        if name in self.scope.functions:
            return self.scope.functions[name]
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        # Σ′ is the diagonal matrix of slopes to some, and no σ′.
        known = _KNOWN.get(name) or (None if name == "Sigma" else _KNOWN.get(name.lower().replace("_", "")))
        return None if known is None else FUNCTIONS[known]

    def suggestion(self, name: str) -> str:
        """Did you mean …? For names that run together, the two that are declared."""
        for cut in range(1, len(name)):
            left, right = name[:cut], name[cut:]
            if right[0].isalpha() and self._stored(left) is not None and self._stored(right) is not None:
                return f"A product needs its sign: {left}*{right} or {left} @ {right}."
        guess = did_you_mean(name, [*self._values, *self.scope.functions])
        if guess.startswith("Did"):
            return guess
        declared = [*self.scope.tensors, *self.scope.sizes]
        return f"Declared: {', '.join(declared[:_SHOWN])}{', …' * (len(declared) > _SHOWN)}." if declared else ""

    def function_suggestion(self, name: str, others: Iterable[str]) -> str:
        """Did you mean …? among functions."""
        known = [*self.scope.functions, *FUNCTIONS, *ALIASES, *others]
        guess = did_you_mean(name, known)
        return guess if guess.startswith("Did") else "`derive list functions` shows those that are."
