"""When two formulas are the same line of work: equal by algebra alone, with nothing opened and nothing differentiated.

All lines of a derivation are equal in value; what tells them apart is what has been worked out. So derivatives, slopes
and defined names are left as they stand, and the rest is compared in normal form.
"""

from __future__ import annotations

from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import Derivative, Elementwise, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.traverse import rebuild
from derive.rewriting.polynomial import Frozen, freeze

Form = tuple[object, Frozen]
"""What all ways to write one line of work have in common."""


class Forms:
    """The forms of formulas; those of one `Forms` can be compared."""

    def __init__(self) -> None:
        self._prover = Prover(Problem())
        self._names: dict[object, str] = {}
        self._known: dict[Expression, Form | None] = {}

    def of(self, e: Expression) -> Form | None:
        """The form of a formula; None if it has none, because its shapes do not conform or it is too long."""
        if e not in self._known:
            try:
                self._known[e] = shape(e), freeze(self._prover.lowered(self._still(e)))
            except DeriveError:
                self._known[e] = None
        return self._known[e]

    def _still(self, e: Expression) -> Expression:
        """The formula with a name for each derivative and each slope in it."""
        if isinstance(e, Derivative):
            return self._named(e, ("∂", self.of(e.of), self.of(e.wrt)))
        if isinstance(e, Elementwise) and e.order > 0:
            return self._named(e, (e.function.name, e.order, *(self.of(a) for a in e.arguments)))
        return rebuild(e, self._still)

    def _named(self, e: Expression, key: tuple[object, ...]) -> Expression:
        return Tensor(self._names.setdefault(key, f"·{len(self._names)}"), shape(e))
