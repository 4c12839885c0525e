"""Lowering: every expression as a polynomial in index normal form.

The value of an expression has the free labels ROW and COLUMN for those of its axes whose size is not 1; named indices
are free labels too. A `Lowering` belongs to one ring and remembers what it has lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.errors import DeriveError, ShapeError, Unsupported
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.shapes import is_dot, matmul_shape, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import SCALAR, Shape
from derive.expression.traverse import substitute, tensors
from derive.rewriting.bases import exponentials_to_sigmoid
from derive.rewriting.calculus import Differentiation, at_zero, remake, resolve_kinks, set_names
from derive.rewriting.elementwise import KINKED, apply_function, known
from derive.rewriting.exponential import raise_to
from derive.rewriting.gates import nonnegative
from derive.rewriting.heads import COLUMN, ROW, Head, Kind
from derive.rewriting.polynomial import ONE, Polynomial, Ring, as_number, freeze
from derive.rewriting.powers import power

_VARIABLE = Tensor("·", SCALAR)
"""Stands for the argument while the derivative of a one-variable formula is taken."""


class Lowering:
    """Expressions to polynomials.

    whole     keep functions with a kink as atoms (while a derivative is being taken)
    folds     frozen polynomials that are the definition of a name ↦ that name; a subexpression that equals the
              definition of z1 becomes z1
    through   the definition of a name, for total derivatives
    """

    def __init__(
        self,
        ring: Ring,
        *,
        whole: bool = False,
        folds: Mapping[Any, Polynomial] | None = None,
        through: Callable[[Tensor], Expression | None] | None = None,
    ) -> None:
        self.ring, self.whole, self.folds, self.through = ring, whole, folds, through
        self._known: dict[Expression, Polynomial] = {}
        ring.at_zero, ring.remake, ring.signs = at_zero, remake, nonnegative
        self._plain: Lowering | None = None

    def __call__(self, e: Expression) -> Polynomial:
        found = self._known.get(e)
        if found is None:
            rule = _RULES.get(type(e))
            if rule is None:
                raise Unsupported(f"The normal form has no law for {type(e).__name__}.")
            found = rule(self, e)
            if self.folds:
                found = self.folds.get(freeze(found), found)
            self._known[e] = found
        return found

    @property
    def plain(self) -> Lowering:
        """The lowering in which derivatives are taken: nothing folded, kinks whole."""
        if self._plain is None:
            self._plain = Lowering(self.ring, whole=True, through=self.through)
        return self._plain

    def remember(self, e: Expression, value: Polynomial) -> None:
        """From now on this expression is read as that value."""
        self._known[e] = value

    def forget_plain(self) -> None:
        """For a copy: what it lowers for derivatives is its own."""
        self._plain = None

    def name(self, tensor: Tensor) -> int:
        """The head of a name."""
        axes = tuple(label for label, size in zip((ROW, COLUMN), tensor.shape, strict=True) if size != 1)
        number = self.ring.heads.number(Head(Kind.LEAF, tensor, (), len(axes)))
        self.ring.heads.axes.setdefault(number, axes)
        return number

    def label(self, position: Index | int) -> int:
        if isinstance(position, Index):
            return self.ring.heads.label(("index", position.name))
        return self.ring.heads.label(("at", position))

    def size_of(self, size: Any) -> int:
        return self.ring.heads.size(size)


def _tensor(self: Lowering, e: Tensor) -> Polynomial:
    head = self.name(e)
    return self.ring.atom(head, self.ring.heads.axes[head])


def _power(self: Lowering, e: Power) -> Polynomial:
    exponent = self(e.exponent)
    value = as_number(exponent)
    if value is not None and value == -1 and isinstance(e.base, Power | Product):
        # Inverting part by part keeps 1/(1 + e^−z)² in sight as the square of a known inverse.
        return _inverted(self, e.base)
    base = _argument(self, e.base)
    if value is None:
        return raise_to(self.ring, base, exponent)
    if not base and value < 0:
        raise DeriveError("Division by zero.", code="E-DOMAIN")
    return power(self.ring, base, value)


def _inverted(self: Lowering, e: Expression) -> Polynomial:
    if isinstance(e, Product):
        return self.ring.product(*(_inverted(self, f) for f in e.factors))
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value.denominator == 1:
        if not self(e.base):  # 1/(1/0) is not 0
            raise DeriveError("Division by zero.", code="E-DOMAIN")
        return self(Power(e.base, Number(-e.exponent.value)))
    return self(Power(e, Number(Fraction(-1)))) if not isinstance(e, Power) else power(self.ring, self(e), fmpq(-1))


def _matmul(self: Lowering, e: MatMul) -> Polynomial:
    """Σ_k A_rk B_kc for each factor in turn; scalars scale, two columns give Σ_k u_k v_k."""
    result, left = self(e.factors[0]), shape(e.factors[0])
    for factor in e.factors[1:]:
        result, left = _join(self, result, left, self(factor), shape(factor))
    return result


def _join(self: Lowering, a: Polynomial, left: Shape, b: Polynomial, right: Shape) -> tuple[Polynomial, Shape]:
    ring = self.ring
    joined = matmul_shape(left, right)
    if joined is None:
        raise DeriveError("The matrix product does not conform.", code="shape")
    if SCALAR in (left, right) or (left[1] == 1 and right[0] == 1):
        return ring.product(a, b), joined
    with ring.heads.borrowed(1) as (k,):
        if left[1] == right[0]:
            a = ring.rename(a, {COLUMN: k})
        elif is_dot(left, right):
            a = ring.rename(a, {ROW: k})
        b = ring.rename(b, {ROW: k})
        size = left[1] if left[1] == right[0] else left[0]
        return ring.contract(a, b, k, self.size_of(size)), joined


def _elementwise(self: Lowering, e: Elementwise) -> Polynomial:
    function = e.function
    if function.kind == "unspecified":
        return apply_function(self.ring, "?" + function.name, e.order, _argument(self, e.arguments[0]))
    if function.kind == "formula" or e.order:
        return _formula(self, e)
    return known(self.ring, function.name, [_argument(self, a) for a in e.arguments], self.whole)


def _argument(self: Lowering, e: Expression) -> Polynomial:
    """An argument of an atom, in one basis: e^u beside σ(u) is written in σ(u)."""
    return exponentials_to_sigmoid(self.ring, self(e))


def _formula(self: Lowering, e: Elementwise) -> Polynomial:
    """f⁽ᵏ⁾(u) from the formula of f: differentiated in one variable, which is then replaced by u."""
    function = e.function
    plain, order = self.plain, e.order
    parameters = [plain(a) for a in e.arguments[1:]]
    variable = plain.name(_VARIABLE)
    if function.kind == "formula":
        assert function.formula is not None
        # Under a name of its own: what is declared of a name of the problem must not be used of the variable.
        value = plain(substitute(function.formula, {Tensor(function.parameters[0], SCALAR): _VARIABLE}))
    else:
        start = plain(_VARIABLE)
        if function.name in KINKED:
            value, order = KINKED[function.name].slopes[0](self.ring, [start, *parameters]), order - 1
        else:
            value = known(self.ring, function.name, [start, *parameters], True)
    for _ in range(order):
        value = Differentiation(self.ring, variable, ())(value)
    if not self.whole:
        value = resolve_kinks(self.ring, value)
    return set_names(self.ring, value, {variable: _argument(self, e.arguments[0])})


def _reduce(self: Lowering, e: Reduce) -> Polynomial:
    result, sizes = self(e.operand), shape(e.operand)
    for axis, label in enumerate((ROW, COLUMN)):
        if e.axis in (None, axis) and sizes[axis] != 1:
            result = self.ring.sum_over(result, label, self.size_of(sizes[axis]))
    return result


def _component(self: Lowering, e: Component) -> Polynomial:
    sizes = shape(e.operand)
    names = {}
    for axis, (label, position) in enumerate(zip((ROW, COLUMN), (e.row, e.column), strict=True)):
        if position is not None and sizes[axis] != 1:
            names[label] = self.label(position)
    return self.ring.rename(self(e.operand), names)


def _index_sum(self: Lowering, e: IndexSum) -> Polynomial:
    return self.ring.sum_over(self(e.body), self.label(e.index), self.size_of(e.index.size))


def _delta(self: Lowering, e: KroneckerDelta) -> Polynomial:
    for one, other in ((e.row, e.column), (e.column, e.row)):
        if not isinstance(one, Index):
            continue
        if isinstance(other, Index) and other.size != one.size:
            raise ShapeError(f"kron({one.name}, {other.name}) compares indices of different sizes.")
        if isinstance(other, int) and one.size.is_Integer and other > one.size:
            return {}
    return self.ring.delta(self.label(e.row), self.label(e.column))


def _diag(self: Lowering, e: Diag) -> Polynomial:
    if shape(e) == SCALAR:
        return self(e.operand)
    vector = self.ring.rename(self(e.operand), {COLUMN: ROW})
    return self.ring.product(vector, self.ring.delta(ROW, COLUMN))


def _identity(self: Lowering, e: Identity) -> Polynomial:
    return ONE if e.size == 1 else self.ring.delta(ROW, COLUMN)


def _explicit(self: Lowering, e: Explicit) -> Polynomial:
    ring = self.ring
    result: Polynomial = {}
    for i, row in enumerate(e.rows, start=1):
        for j, entry in enumerate(row, start=1):
            where = [ring.delta(ROW, self.label(i))] if len(e.rows) > 1 else []
            if len(row) > 1:
                where.append(ring.delta(COLUMN, self.label(j)))
            result = ring.add(result, ring.product(self(entry), *where))
    return result


def _derivative(self: Lowering, e: Derivative) -> Polynomial:
    """∂of/∂wrt in index form; a Jacobian has the rows of `of` and the columns of `wrt`."""
    if e.form == "formal":
        raise Unsupported("A factor ∂u/∂v of a chain has no value of its own here.")
    ring, plain = self.ring, self.plain
    target, places = _target(self, e.wrt)
    if target in ring.declared or target in ring.heads.symmetric:
        raise Unsupported("A derivative in a name whose entries are tied by an assumption is not compared.")
    of = plain(e.of)
    with ring.heads.borrowed(2) as (a, b):
        own = {ROW: a, COLUMN: b}
        labels = tuple(own[axis] for axis in ring.heads.axes[target])
        through = None if e.form == "partial" else _values(self, target)
        result = Differentiation(ring, target, labels, through)(of)
        names = {own[axis]: places.get(axis, axis) for axis in ring.heads.axes[target]}
        if e.form == "jacobian":
            result = ring.rename(result, {COLUMN: ROW})
            names = {own[axis]: places.get(axis, COLUMN) for axis in ring.heads.axes[target]}
        result = ring.rename(result, names)
    return result if self.whole else resolve_kinks(ring, result)


def _target(self: Lowering, wrt: Expression) -> tuple[int, dict[int, int]]:
    """The name that is varied, and for a component the labels of its position."""
    places: dict[int, int] = {}
    if isinstance(wrt, Component):
        positions: tuple[Position, Position] = (wrt.row, wrt.column)
        for axis, position in zip((ROW, COLUMN), positions, strict=True):
            if position is not None:
                places[axis] = self.label(position)
        wrt = wrt.operand
    if not isinstance(wrt, Tensor):
        raise Unsupported("A derivative is taken with respect to a name or a component of one.")
    return self.name(wrt), places


MEMBERS = 8
"""How many members of one family a derivative goes through: a family has no first layer."""


def _values(self: Lowering, target: int) -> Callable[[int], Polynomial | None]:
    members: dict[str, set[Any]] = {}
    wrt = self.ring.heads[target].label
    through = self.through

    def value(head: int) -> Polynomial | None:
        if head == target or through is None:
            return None
        name = self.ring.heads[head].label
        definition = through(name)
        if definition is not None and name.layer is not None:
            if _lies_below(name, wrt) and _descends(name, through):
                return None
            members.setdefault(name.name, set()).add(name.layer)
            if len(members[name.name]) > MEMBERS:
                raise Unsupported("A derivative through all layers of a network of any depth is not compared.")
        return None if definition is None else self.plain(definition)

    return value


def _lies_below(name: Tensor, wrt: Tensor) -> bool:
    """Whether a member of a family belongs to a lower layer than what is varied."""
    if name.layer is None or wrt.layer is None:
        return False
    distance = name.layer - wrt.layer
    return bool(distance.is_Integer and distance < 0)


def _descends(name: Tensor, through: Callable[[Tensor], Expression | None]) -> bool:
    """Whether all that a member of a family is made of belongs to its own layer or to lower ones."""
    seen, open_ends = {name.name}, [name]
    while open_ends:
        above = open_ends.pop()
        for part in tensors(through(above) or above):
            if part.layer is None:
                if through(part) is not None:
                    return False
                continue
            distance = part.layer - above.layer
            if not distance.is_Integer or distance > 0:
                return False
            if part.name not in seen:
                seen.add(part.name)
                open_ends.append(part)
    return True


_RULES: Mapping[type[Expression], Callable[[Lowering, Any], Polynomial]] = {
    Number: lambda self, e: self.ring.number(fmpq(e.value.numerator, e.value.denominator)),
    Constant: lambda self, e: self.ring.atom(Head(Kind.CONSTANT, e.name)),
    Dimension: lambda self, e: self.ring.size(e.size),
    Tensor: _tensor,
    Sum: lambda self, e: self.ring.add(*(self(t) for t in e.terms)),
    Product: lambda self, e: self.ring.product(*(self(f) for f in e.factors)),
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda self, e: self.ring.rename(self(e.operand), {ROW: COLUMN, COLUMN: ROW}),
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: _delta,
    Diag: _diag,
    Ones: lambda self, e: ONE,
    Identity: _identity,
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: lambda self, e: self(expand(e)),
}
