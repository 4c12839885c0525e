"""What a rule of a derivation is, and what it acts on.

A derivative still to be worked out is held as a `Redex`: ∂⟨G, U⟩/∂v, with the cotangent G held fixed. A rule pushes it
one node further into U. Invariant: G never mentions v; where a law would bring v into G, the new G gets a name of its
own (`Context.hold`), so that every line of a derivation stays literally true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from derive.differentiation.derivation import Level
from derive.differentiation.terms import inner, ones_like, times, total
from derive.expression.nodes import (
    UNIT,
    Derivative,
    Elementwise,
    Expression,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.expression.traverse import children, substitute, tensors

Kind = Literal["derivative", "rewrite", "jacobian", "index", "sweep"]
Apply = TypeVar("Apply", bound=Callable[..., Expression | None])


@dataclass(frozen=True)
class Redex:
    """∂⟨cotangent, of⟩/∂wrt with the cotangent held fixed; None means ones: ∂ sum(of)/∂wrt."""

    cotangent: Expression | None
    of: Expression
    wrt: Tensor

    @property
    def weights(self) -> tuple[Expression, ...]:
        return () if self.cotangent is None else (self.cotangent,)


@dataclass
class Context:
    """What rules may look up, and the cotangents that got a name: `held` maps the name to what it stands for."""

    problem: Problem
    value_name: Callable[[Expression], Tensor | None] = lambda e: None
    held: dict[Tensor, Expression] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def hold(self, e: Expression) -> Tensor:
        """A name for `e` (the same one for the same formula), to be held fixed by derivatives around it."""
        for name, value in self.held.items():
            if value == e:
                return name
        count = len(self.held)
        while (candidate := "G" if count == 0 else f"G{count}") in self.taken:
            count += 1
        self.taken.add(candidate)
        name = Tensor(candidate, shape(e))
        self.held[name] = e
        return name

    def released(self, e: Expression) -> Expression:
        """`e` with every held name replaced by what it stands for."""
        held: dict[Expression, Expression] = dict(self.held.items())
        while True:
            new = substitute(e, held)
            if new is e:
                return e
            e = new


@dataclass(frozen=True)
class Rule:
    """A row: the law in words is the docstring of `apply`.

    kind `derivative`: apply(redex, context), tried where the derivative is taken of one of the classes `on`;
    kind `rewrite`: apply(expression, context) on expressions of those classes;
    kind `jacobian`: apply(derivative, context) on Jacobians of those classes;
    kind `index`: the same on partial derivatives in one entry;
    kind `sweep`: applied by the reverse sweep itself. `apply` gives None where the side condition fails.
    """

    name: str
    title: str
    law: str
    condition: str
    on: tuple[type[Expression], ...]
    apply: Callable[[Any, Context], Expression | None]
    kind: Kind
    level: Level = "normal"


class Registrar:
    """A decorator that files a function as a rule of one kind in `rows`; its docstring is the law."""

    def __init__(self, rows: dict[str, Rule], kind: Kind) -> None:
        self.rows, self.kind = rows, kind

    def __call__(
        self, name: str, title: str, *on: type[Expression], condition: str = "", level: Level = "normal"
    ) -> Callable[[Apply], Apply]:
        def file(apply: Apply) -> Apply:
            law = " ".join((apply.__doc__ or "").split())
            self.rows[name] = Rule(name, title, law, condition, on, apply, self.kind, level)
            return apply

        return file


def redex_of(e: Derivative) -> Redex | None:
    """The redex that a partial derivative in a named tensor is; None for any other derivative."""
    if e.form != "partial" or not isinstance(e.wrt, Tensor):
        return None
    of, wrt = e.of, e.wrt
    if isinstance(of, Shorthand) and of.name in ("inner", "dot"):
        left, right = of.operands
        if wrt not in tensors(left):
            return Redex(left, _plain(right), wrt)
        if wrt not in tensors(right):
            return Redex(right, _plain(left), wrt)
        return Redex(None, Product((left, right)), wrt)
    if isinstance(of, Reduce) and of.axis is None and shape(of.operand) != SCALAR:
        return Redex(None, _plain(of.operand), wrt)
    return Redex(None, _plain(of), wrt)


def _plain(e: Expression) -> Expression:
    """u⁻¹ for the quotient 1/u, which is written as a product with 1."""
    if isinstance(e, Product) and len(e.factors) == 2 and e.factors[0] == UNIT:
        return e.factors[1]
    return e


def derivative(cotangent: Expression | None, of: Expression, wrt: Tensor, context: Context) -> Expression:
    """∂⟨cotangent, of⟩/∂wrt as an expression; a scalar cotangent stands in front."""
    if cotangent is None:
        return Derivative(total(of), wrt, "partial")
    if shape(of) == SCALAR:
        return times(cotangent, Derivative(of, wrt, "partial"))
    if wrt in tensors(cotangent):
        cotangent = context.hold(cotangent)
    return Derivative(inner(cotangent, of), wrt, "partial")


def pulled(redex: Redex, weights: tuple[Expression, ...], of: Expression, context: Context) -> Expression:
    """∂⟨G ⊙ weights, of⟩/∂v, where G ⊙ weights may be wider than `of`, which then is broadcast.

    Scalar factors come out in front. If `of` is v itself nothing is left to differentiate; if every entry of `of`
    depends only on the same entry of v, the weights come out too: G ⊙ w ⊙ ∂sum(of)/∂v.
    """
    wrt, target, wide = redex.wrt, shape(of), shape(redex.of)
    factors = redex.weights + weights
    if target != wide:
        full = times(*factors) if factors and shape(times(*factors)) == wide else times(*factors, ones_like(redex.of))
        factors = (narrowed(full, wide, target),)
    flat = [part for f in factors for part in (f.factors if isinstance(f, Product) else (f,))]
    front = [f for f in flat if shape(f) == SCALAR]
    spread = [f for f in flat if shape(f) != SCALAR]
    if target != SCALAR and (spread or of == wrt) and (not spread or shape(times(*spread)) != target):
        spread.append(ones_like(of))
    if of == wrt:
        return times(*front, *spread)
    if target == SCALAR or not spread or entrywise(of, wrt):
        return times(*front, *spread, Derivative(total(of), wrt, "partial"))
    return times(*front, derivative(times(*spread), of, wrt, context))


def narrowed(e: Expression, wide: Shape, target: Shape) -> Expression:
    """`e` summed over the axes along which an operand of shape `target` was broadcast to `wide`."""
    axes = [axis for axis in (0, 1) if target[axis] == ONE and wide[axis] != ONE]
    if not axes:
        return e
    return Reduce(e, None if wide[1 - axes[0]] == ONE or len(axes) == 2 else axes[0])  # type: ignore[arg-type]


def entrywise(e: Expression, v: Tensor) -> bool:
    """Whether each entry of `e` depends on the same entry of v only (no broadcasting, no mixing)."""
    if e == v:
        return True
    if not isinstance(e, (Sum, Product, Power, Elementwise)) or shape(e) != v.shape:
        return False
    return all(entrywise(child, v) for child in children(e) if v in tensors(child))


def mentions(e: Expression, v: Expression) -> bool:
    """Whether v occurs in `e` explicitly."""
    return v in tensors(e)


def is_number(e: Expression, value: int) -> bool:
    return isinstance(e, Number) and e.value == value


def flipped(e: Expression) -> Expression:
    """eᵀ, without a transpose on a transpose or on a scalar."""
    if isinstance(e, Transpose):
        return e.operand
    return e if shape(e) == SCALAR else Transpose(e)
