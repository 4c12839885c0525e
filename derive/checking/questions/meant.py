"""What a derivative ∂u/∂v is meant to be, where the definitions alone would give another value.

Differentiating through definitions finds v only where u is written in terms of it. Customs go beyond that:
- L without a definition is some function of what is computed last (`losses`);
- with a = σ(z), a loss that is written with σ(z) is a function of a all the same;
- ∂u/∂(σ(z) W) is the derivative in the name that is defined as σ(z) W;
- in the chain rule over several paths a link holds fixed what the other paths lead through (`paths`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cached_property

from derive.checking.questions.losses import is_loss, plain, slopes, some_function, with_losses
from derive.checking.questions.paths import held_apart, named
from derive.errors import Unsupported
from derive.expression.nodes import (
    Component,
    Derivative,
    Elementwise,
    Expression,
    MatMul,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.expression.traverse import in_order, rebuild, substitute, tensors, walk


def with_meanings(problem: Problem) -> Problem:
    """The problem with derivatives in its definitions as they are meant, and a definition for each loss without one."""
    if not any(isinstance(part, Derivative) for d in problem.definitions for part in walk(d.value)):
        return with_losses(problem)
    problem = with_losses(problem)
    meaning = Meaning(problem)
    known = tuple(Definition(d.target, meaning.of_definition(d.value)) for d in problem.definitions)
    return dataclasses.replace(problem, definitions=known)


class Meaning:
    """The derivatives of one problem, written so that differentiating through its definitions gives what is meant."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._open: dict[Expression, Expression] = {}

    @cached_property
    def _reads(self) -> dict[str, frozenset[str]]:
        """The names in the definitions of each name."""
        found: dict[str, frozenset[str]] = {}
        for d in self.problem.definitions:
            own = frozenset(t.name for t in tensors(d.value))
            found[d.target.name] = found.get(d.target.name, frozenset()) | own
        return found

    def of(self, e: Expression) -> Expression:
        """The formula with its derivatives so written. Raises Unsupported where it is open what one is meant to be."""
        made = next((t for t in in_order(plain(e)) if slopes(self.problem.definition(t) or t)), None)
        if made is not None:
            raise _undefined(made)
        if not any(isinstance(part, Derivative) for part in walk(e)):
            return e
        return self._rewritten(e)

    def of_definition(self, e: Expression) -> Expression:
        """The same for a definition; what is open there has no value, and claims that rest on it are not decided."""
        try:
            return self.of(e)
        except Unsupported:
            return _without_value(e)

    def _rewritten(self, e: Expression) -> Expression:
        if isinstance(e, Sum) and not any(t.layer is not None for t in tensors(e)):
            e = held_apart(e, self.problem, self._names)
        inner = rebuild(e, self._rewritten)
        return self._derivative(inner) if isinstance(inner, Derivative) else inner

    def _derivative(self, e: Derivative) -> Derivative:
        variable = named(e.wrt)
        if not isinstance(variable, Tensor):
            name = self._name_of(variable)
            return self._derivative(dataclasses.replace(e, wrt=substitute(e.wrt, {variable: name})))
        if e.of == variable:
            return e
        if self._is_second(e.of):
            raise Unsupported("A second derivative of a loss without a definition is not known.")
        if isinstance(e.of, Tensor) and self._is_open(e.of):
            return self._of_loss(e, variable)
        if e.form == "partial":
            return e
        value = self.problem.definition(variable)
        if value is None or variable.layer is not None or variable.name in self._names(e.of):
            return e
        return self._in_terms_of(e, variable, value)

    # ---- values in the place of names

    def _name_of(self, value: Expression) -> Tensor:
        """The name that is defined as this, when all definitions are put in."""
        wanted = self._opened(value)
        for d in self.problem.definitions:
            if d.target.layer is None and self._opened(d.value) == wanted:
                return d.target
        raise Unsupported(f"{text(value)} has no name to differentiate by.", suggestion="Define a name for it.")

    def _opened(self, e: Expression) -> Expression:
        """The formula with definitions put in, and with no product in a product."""
        if e not in self._open:
            value = self.problem.definition(e) if isinstance(e, Tensor) and e.layer is None else None
            self._open[e] = _flat(rebuild(e, self._opened)) if value is None else self._opened(value)
        return self._open[e]

    # ---- losses without a definition

    def _of_loss(self, e: Derivative, variable: Tensor) -> Derivative:
        """The derivative of a scalar that has no definition, or only that of `losses`."""
        assert isinstance(e.of, Tensor)
        value = self.problem.definition(e.of)
        if e.form == "partial":
            raise _undefined(e.of)
        if value is None:
            value = some_function(self.problem, e.of, [variable]) if is_loss(self.problem, e.of) else None
            if value is None:
                raise _undefined(e.of)
            e = dataclasses.replace(e, of=value)
        if variable.name not in self._names(value):
            raise Unsupported(f"Nothing says how {next(iter(slopes(value)))} depends on {variable.name}.",
                              suggestion="Define it.")  # fmt: skip
        return e

    def _is_second(self, e: Expression) -> bool:
        """Whether a formula rests on a derivative of such a loss, so that another one would be a second derivative."""
        reached = self._names(e)
        inner = [e, *(d.value for d in self.problem.definitions if d.target.name in reached)]
        found = [part.of for formula in inner for part in walk(formula) if isinstance(part, Derivative)]
        return any(slopes(of) or (isinstance(of, Tensor) and self._is_open(of)) for of in found)

    def _is_open(self, name: Tensor) -> bool:
        """Whether nothing is known of a scalar but what it depends on."""
        value = self.problem.definition(name)
        return name.shape == SCALAR and name not in self.problem.gradients and (value is None or bool(slopes(value)))

    # ---- names that u is not written in terms of

    def _in_terms_of(self, e: Derivative, variable: Tensor, value: Expression) -> Derivative:
        before = self._names(value)
        if not before & self._names(e.of):
            return e
        if {t.name for t in tensors(e.of)} <= before:
            if _is_invertible(e.of, variable, value):
                raise Unsupported(f"{variable.name} is computed from {text(e.of)}, not the other way round.",
                                  suggestion="Write the derivative the other way up.")  # fmt: skip
            return e
        written = self._unfolded(e.of, variable, value)
        rest = self._names(written, cut=variable.name)
        if variable not in tensors(written) or any(name in self._reads for name in rest & before):
            raise Unsupported(f"{text(e.of)} is not written in terms of {variable.name}.",
                              suggestion=f"Use {variable.name} in its definition.")  # fmt: skip
        return dataclasses.replace(e, of=written)

    def _unfolded(self, e: Expression, variable: Tensor, value: Expression) -> Expression:
        """The formula with definitions put in until `value` is seen, which is then called by its name."""
        found = substitute(e, {value: variable})
        before = self._names(value)
        opened: dict[Expression, Expression] = {}
        for name in in_order(tensors(found) - {variable}):
            inner = self.problem.definition(name)
            if inner is not None and name.name not in before and before & self._names(inner):
                opened[name] = self._unfolded(inner, variable, value)
        return substitute(found, opened) if opened else found

    def _names(self, e: Expression, cut: str = "") -> frozenset[str]:
        """The names that a formula rests on, also through definitions, but not through the name `cut`."""
        found: set[str] = set()
        pending: list[Iterable[str]] = [[t.name for t in tensors(e)]]
        while pending:
            new = set(pending.pop()) - found
            found |= new
            pending += [self._reads.get(name, ()) for name in new if name != cut]
        return frozenset(found)


def _undefined(loss: Tensor) -> Unsupported:
    return Unsupported(f"{loss.name} has no definition.", suggestion=f"Define {loss.name}, as a sum of f(…).")


def _without_value(e: Expression) -> Expression:
    if isinstance(e, Derivative) and e.form == "gradient":
        return dataclasses.replace(e, form="formal")
    return rebuild(e, _without_value)


def _flat(e: Expression) -> Expression:
    if isinstance(e, MatMul | Product):
        parts = (p.factors if type(p) is type(e) else (p,) for p in e.factors)
        return type(e)(tuple(part for inner in parts for part in inner))
    return e


def _is_invertible(of: Expression, variable: Tensor, value: Expression) -> bool:
    """Whether v = f(u) might be solved for u, so that ∂u/∂v could mean 1/f′."""
    if variable.shape == SCALAR:
        return True
    while isinstance(of, Component | Transpose):
        of = of.operand
    return isinstance(value, Elementwise) and of in value.arguments
