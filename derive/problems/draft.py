"""A problem while it is being read: names are added section by section, formulas are read with those known so far."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field

from derive.errors import UsageError
from derive.expression.functions import ALIASES, FUNCTIONS
from derive.expression.nodes import Derivative, Expression, Tensor, scalar
from derive.expression.problem import Definition, Problem
from derive.expression.scope import Conventions, Scope
from derive.expression.shapes import shape
from derive.expression.shorthand import NOTATIONS
from derive.expression.sizes import Size, shape_text
from derive.notation import read
from derive.notation.characters import plain
from derive.notation.names import spelling
from derive.problems.positions import free_indices
from derive.problems.tables import as_text, within

_NAME = re.compile(r"^[^\W\d]\w*$")
_FORMS = ("sum", "diag", "ones", "eye", "kron", "grad", "jacobian", "transpose", "pi")
RESERVED = frozenset((*FUNCTIONS, *ALIASES, *NOTATIONS, *_FORMS)) - {"sigma", "id"}
"""Names that formulas use already."""


@dataclass
class Draft:
    """What has been read so far; `problem` is the network's, or an empty one."""

    problem: Problem
    named: dict[str, str] = field(default_factory=dict)
    """Every declared name, in the spelling that all ways to write it share, and the section it comes from."""

    @property
    def scope(self) -> Scope:
        return self.problem.scope

    def extend(self, **additions: object) -> None:
        """Add entries to mappings of the scope."""
        merged = {part: {**getattr(self.scope, part), **new} for part, new in additions.items()}  # type: ignore[dict-item]
        self.change(scope=dataclasses.replace(self.scope, **merged))  # type: ignore[arg-type]

    def change(self, **fields: object) -> None:
        self.problem = dataclasses.replace(self.problem, **fields)  # type: ignore[arg-type]

    def change_layers(self, layers: dict[str, Size]) -> None:
        """The layer symbols; the general one comes first."""
        self.change(scope=dataclasses.replace(self.scope, layers=layers))

    def converse(self, conventions: Conventions) -> None:
        """How answers are written, and what dW in them is a gradient of."""
        objective = self.problem.objective_name
        self.change(scope=dataclasses.replace(self.scope, conventions=conventions, objective=objective))

    def declare(self, name: str, where: str) -> str:
        """Take a name for a new thing (δ is delta); UsageError if it is no name, or means something already."""
        name = "".join(plain(character) or character for character in name)
        if not _NAME.match(name):
            raise UsageError(f"{where}: {name!r} is no name.",
                             suggestion="A name is a letter followed by letters, digits and _.")  # fmt: skip
        if name in RESERVED and not where.startswith("[functions]"):
            raise UsageError(f"{where}: {name!r} is the name of a function.", suggestion="Choose another name.")
        taken = {spelling(other): "[network]" for other in self.scope.tensors} | self.named
        before = taken.get(spelling(name))
        if before is not None:
            raise UsageError(f"{where}: {name!r} is declared already, in {before}.", suggestion="Choose another name.")
        self.named[spelling(name)] = where
        return name

    def size_name(self, found: Size) -> None:
        """Names of sizes may be used as numbers."""
        for symbol in found.free_symbols:
            if str(symbol) in self.scope.tensors:
                raise UsageError(f"{symbol} is both a size and a quantity.", suggestion="Choose another name.")
            self.extend(sizes={str(symbol): symbol})

    def read(self, given: object, where: str, *, declares: bool = False) -> Expression:
        """A formula with all names known so far; with `declares`, its undeclared indices are declared by position."""
        written = as_text(given, where)
        with within(where):
            found = read(written, self.scope)
            shape(found)
            if declares:
                self.extend(indices=free_indices(found))
        return found

    def keep_indices(self, names: set[str]) -> None:
        """Only these indices; the others were known for one formula."""
        kept = {name: index for name, index in self.scope.indices.items() if name in names}
        self.change(scope=dataclasses.replace(self.scope, indices=kept))

    def define(self, name: str, value: Expression) -> None:
        """name = value; a name for a gradient of the objective becomes one of the gradients that have a name."""
        target = Tensor(name, shape(value))
        self.extend(tensors={name: target})
        self.define_target(target, value)

    def define_target(self, target: Tensor, value: Expression) -> None:
        """target = value for a target that is declared: a member of a family."""
        if self._is_gradient(value):
            gradients = {**self.problem.gradients, target: value.wrt}  # type: ignore[attr-defined]
            self.change(gradients=gradients, shown_gradients=self.problem.shown_gradients | {target.name})
        else:
            self.change(definitions=(*self.problem.definitions, Definition(target, value)))

    def _is_gradient(self, value: Expression) -> bool:
        if not isinstance(value, Derivative) or value.form != "gradient" or not isinstance(value.wrt, Tensor):
            return False
        return isinstance(value.of, Tensor) and value.of.name == self._objective(value.of)

    def _objective(self, named: Tensor) -> str:
        """The name of the objective: if nothing is called that, it is what the first gradient is of."""
        own = self.problem.objective_name
        if own not in self.scope.tensors and self.problem.definition(named) is not None and named.layer is None:
            self.change(objective_name=named.name)
        return self.problem.objective_name

    def promise_objective(self) -> Tensor:
        """E may be used before it is known; it is a scalar."""
        objective = scalar(self.problem.objective_name)
        self.extend(tensors={objective.name: objective})
        return objective

    def scalar(self, e: Expression, where: str) -> Expression:
        if shape(e) != shape(scalar("E")):
            raise UsageError(f"{where} must be a scalar, but it is {shape_text(shape(e))}.",
                             suggestion="Sum its entries: sum(…).")  # fmt: skip
        return e
