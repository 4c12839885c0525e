"""Slips as they are undone in an answer: for every kind of node what may stand there in place of what belongs there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import sympy

from derive.errors import DeriveError
from derive.expression.nodes import (
    UNIT,
    Component,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute_layer, tensors, walk
from derive.mistakes.factors import count, over
from derive.mistakes.terms import factors, is_negative, product, summed, terms


@dataclass(frozen=True)
class Undoing:
    """A slip that was undone: its code, the wrong part as it stands in the answer, and what belongs there.

    about  what the message speaks of, if not the wrong part
    other  what else it speaks of
    """

    code: str
    part: Expression
    instead: Expression
    about: Expression | None = None
    other: Expression | None = None


Changes = Callable[[Expression, Problem], Iterator[Undoing]]


def conforms(new: Expression, old: Expression) -> bool:
    """Whether both have one shape."""
    try:
        return shape(new) == shape(old)
    except DeriveError:
        return False


def _sum(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A sign inside a sum; if both terms of a difference have the wrong one, it is the wrong way round."""
    parts = terms(e)
    yield from _slope_of_tanh(parts, e)
    yield from _delta_for_one(parts, problem)
    turned = tuple(_negative(t) for t in parts)
    if len(parts) == 2 and is_negative(parts[0]) != is_negative(parts[1]):
        yield Undoing("target-minus-prediction", e, summed(turned))
    for place, term in enumerate(parts):
        negative = is_negative(term)
        line = summed((*parts[:place], turned[place], *parts[place + 1 :]))
        yield Undoing("minus-for-plus" if negative else "plus-for-minus", e, line, turned[place] if negative else term)


def _delta_for_one(parts: tuple[Expression, ...], problem: Problem) -> Iterator[Undoing]:
    """1 where δ_ij belongs, of the two indices that the question has."""
    indices = list(problem.scope.indices.values())
    if UNIT in parts and len(indices) == 2 and indices[0].size == indices[1].size:
        delta = KroneckerDelta(indices[0], indices[1])
        rest = list(parts)
        rest[rest.index(UNIT)] = delta
        yield Undoing("kronecker-forgotten", summed(parts), summed(tuple(rest)), delta)


def _in_one_term(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A quantity that has a name is missing in one of several terms."""
    parts = terms(e)
    for place, term in enumerate(parts) if len(parts) > 1 else ():
        for d in problem.definitions:
            if shape(d.target) != SCALAR and d.target not in factors(term):
                line = summed((*parts[:place], product(term, d.target), *parts[place + 1 :]))
                yield Undoing("missing-factor", term, line, d.target)


def _slope_missing(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """The slope of a function that the problem speaks of, in a product."""
    for d in problem.definitions:
        if isinstance(d.value, Elementwise) and not d.value.order and len(d.value.arguments) == 1:
            slope = dataclasses.replace(d.value, order=1)
            if slope not in factors(e):
                yield Undoing("missing-slope", e, product(e, slope), slope)


def _slope_of_tanh(parts: tuple[Expression, ...], e: Expression) -> Iterator[Undoing]:
    """1 − a² where a(1 − a) belongs."""
    if len(parts) == 2 and parts[0] == UNIT:
        others = [f for f in factors(parts[1]) if f != number(-1)]
        if not others:
            return
        base = others[0].base if len(others) == 1 and isinstance(others[0], Power) else others[0]
        if product(base, base) == product(*others) or Power(base, number(2)) == product(*others):
            yield Undoing("sigmoid-slope-of-tanh", e, product(base, Sum((UNIT, _negative(base)))), base)


def _slope_of_sigmoid(parts: tuple[Expression, ...]) -> Iterator[Undoing]:
    """a(1 − a) where 1 − a² belongs."""
    for base in parts:
        rest = Sum((UNIT, _negative(base)))
        if rest in parts:
            others = [f for f in parts if f not in (base, rest)]
            slope = Sum((UNIT, _negative(Power(base, number(2)))))
            yield Undoing("tanh-slope-of-sigmoid", product(base, rest), product(*others, slope), base)


def _negative(e: Expression) -> Expression:
    return product(number(-1), e)


def _function(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """f for f′, and f′ for f."""
    assert isinstance(e, Elementwise)
    if e.function.name in _TURNED and e.order == 0:
        code = "sign-in-exponent" if e.function.name == "exp" else "sign-in-function"
        yield Undoing(code, e, dataclasses.replace(e, arguments=(_negative(e.arguments[0]),)))
    if (e.function.kind == "unspecified" or e.function.derivative is not None) and _has_slope(e):
        slope = dataclasses.replace(e, order=e.order + 1)
        if e.function.name == "log" and not e.order:
            yield Undoing("log-kept", e, slope, e.arguments[0])
        else:
            yield Undoing("function-for-derivative", e, slope, slope)
    if e.order:
        value = dataclasses.replace(e, order=e.order - 1)
        yield Undoing("second-derivative", e, value, value)


_TURNED = frozenset({"exp", "sigmoid", "softplus", "relu", "silu", "gelu", "elu"})
"""Functions that are neither even nor odd: the sign inside matters, and is no sign in front."""


def _has_slope(e: Elementwise) -> bool:
    """Whether there is something to differentiate by, and the derivative is not 0 wherever there is one."""
    return e.function.name not in _STEPS and any(tensors(argument) for argument in e.arguments)


_STEPS = frozenset({"gt", "ge", "lt", "le", "step", "sign", "where"})


def _matmul(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A transpose that is missing at one factor, or at one that has it too many."""
    assert isinstance(e, MatMul)
    for place, factor in enumerate(e.factors):
        if isinstance(factor, Transpose):
            new, code = factor.operand, "transpose-superfluous"
        else:
            new, code = Transpose(factor), "transpose-forgotten"
        yield Undoing(code, factor, MatMul((*e.factors[:place], new, *e.factors[place + 1 :])))
    if len(e.factors) == 2:
        yield Undoing("order-of-product", e, MatMul(e.factors[::-1]))


def _power(e: Expression, problem: Problem) -> Iterator[Undoing]:
    assert isinstance(e, Power)
    if isinstance(e.exponent, Number) and e.exponent.value.denominator == 1:
        value = e.exponent.value
        base = e.base
        if value == 2 and isinstance(base, Dimension):
            yield Undoing("double-mean", base, base)
        elif value == 2:
            yield Undoing("square-kept" if isinstance(base, Sum) else "exponent-not-lowered", e, base, base)
        elif value > 2:
            yield Undoing("exponent-not-lowered", e, Power(base, number(value - 1)))
        if value > 1:
            yield Undoing("exponent-too-low", e, Power(base, number(value + 1)))


def _product(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A number that is wrong by 2 in one place; a power that is missing."""
    parts = factors(e)
    yield from _slope_of_sigmoid(parts)
    yield Undoing("factor-two", e, product(number("1/2"), *parts))
    yield Undoing("factor-half", e, product(number(2), *parts))
    for place, part in enumerate(parts):
        if not isinstance(part, Number | Power):
            squared = Power(part, number(2))
            yield Undoing("exponent-too-low", part, product(*parts[:place], squared, *parts[place + 1 :]))
    yield from _too_many(parts)


def _too_many(parts: tuple[Expression, ...]) -> Iterator[Undoing]:
    """A factor that does not belong there; two of them, if they are one slope: a(1 − a)."""
    told = [f for f in parts if tensors(f)]
    for base in told:
        rest = Sum((UNIT, _negative(base)))
        if rest in parts:
            others = list(parts)
            others.remove(base)
            others.remove(rest)
            yield Undoing("extra-factor", product(base, rest), product(*others))
    for place, part in enumerate(parts):
        if (tensors(part) and len(told) > 1) or (told and _is_scale(part)):
            yield Undoing("extra-factor", part, product(*parts[:place], *parts[place + 1 :]))


def _is_scale(e: Expression) -> bool:
    """Whether it is made of sizes, and no plain one: 1/√d."""
    return not tensors(e) and any(isinstance(p, Elementwise) for p in walk(e))


def _reduced(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A sum where a mean belongs."""
    assert isinstance(e, Reduce)
    rows, columns = shape(e.operand)
    size = {None: rows * columns, 0: rows, 1: columns}[e.axis]
    if isinstance(e.operand, Sum):
        yield Undoing("exponent-too-low", e.operand, dataclasses.replace(e, operand=Power(e.operand, number(2))))
    if size != 1:
        yield Undoing("missing-mean", e, product(over(size), e), count(size))
    if e.axis is not None:
        yield Undoing("wrong-axis", e, dataclasses.replace(e, axis=0 if e.axis == 1 else 1), e.operand)


def _shorthand(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A mean where a sum belongs, or along the other axis; a norm that is not squared."""
    assert isinstance(e, Shorthand)
    if e.name == "norm":
        yield Undoing("exponent-too-low", e, Power(e, number(2)))
    if e.name == "mean" and len(e.operands) == 1:
        if e.axis is not None:
            yield Undoing("wrong-axis", e, dataclasses.replace(e, axis=0 if e.axis == 1 else 1), e.operands[0])
        yield Undoing("mean-for-sum", e, Reduce(e.operands[0], e.axis), e.operands[0])


def _summed_over(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """A sum over an index in which an entry is missing that has this index."""
    assert isinstance(e, IndexSum)
    if isinstance(e.body, Sum):
        yield Undoing("exponent-too-low", e.body, dataclasses.replace(e, body=Power(e.body, number(2))))
    own = [e.index, *(i for i in problem.scope.indices.values() if i != e.index)]
    for t in problem.scope.tensors.values():
        rows, columns = t.shape
        entries = [Component(t, i, None) for i in own[:1] if columns == 1 and i.size == rows]
        entries += [Component(t, i, j) for i in own for j in own if e.index in (i, j) and (i.size, j.size) == t.shape]
        for entry in entries if t.layer is None else ():
            yield Undoing("missing-factor", e, dataclasses.replace(e, body=product(e.body, entry)), entry)


def _tensor(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """Another layer of the same family, or another name with a number; z where a belongs, and the other way."""
    assert isinstance(e, Tensor)
    if e.layer is not None:
        for layer in (e.layer + 1, e.layer - 1):
            yield Undoing(_LAYERS.get(e.name[:1].lower(), "weights-of-other-layer"), e, _moved(e, layer, problem))
    stem = e.name.rstrip("0123456789")
    for other in problem.scope.tensors.values():
        if other == e or other.layer is not None or e.layer is not None:
            continue
        if stem and stem != e.name and other.name.rstrip("0123456789") == stem and other.name != stem:
            yield Undoing(_LAYERS.get(stem[:1].lower(), "weights-of-other-layer"), e, other)
    for wrong, right, code in _PAIRS:
        if e.name[:1] == wrong and (name := right + e.name[1:]) in problem.scope.tensors:
            partner = problem.scope.tensors[name]
            moved = partner if e.layer is None or partner.layer is None else _moved(partner, e.layer, problem)
            yield Undoing(code, e, moved)


_LAYERS: Mapping[str, str] = {
    "d": "delta-of-other-layer", "a": "activation-of-other-layer", "z": "slope-of-other-layer",
    "w": "weights-of-other-layer", "b": "weights-of-other-layer", "h": "activation-of-other-layer",
}  # fmt: skip

_PAIRS = (
    ("z", "a", "pre-activation-for-activation"), ("Z", "A", "pre-activation-for-activation"),
    ("a", "z", "slope-at-activation"), ("A", "Z", "slope-at-activation"),
)  # fmt: skip


def _moved(e: Tensor, layer: sympy.Expr, problem: Problem) -> Expression:
    """The member of the same family at another layer, with its shape there."""
    family = problem.scope.tensors.get(e.name)
    if family is None or not isinstance(family.layer, sympy.Symbol):
        return e
    return substitute_layer(family, {family.layer: layer})


def _component(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """Indices the wrong way round; an index that should be another one of the formula."""
    assert isinstance(e, Component)
    if e.row is not None and e.column is not None:
        yield Undoing("index-swapped", e, Component(e.operand, e.column, e.row))
    names = {i.name: i for i in problem.scope.indices.values()}
    for other in names.values():
        rows, columns = shape(e.operand)
        if isinstance(e.row, Index) and other != e.row and other.size == rows:
            yield Undoing("wrong-index", e, dataclasses.replace(e, row=other))
        if isinstance(e.column, Index) and other != e.column and other.size == columns:
            yield Undoing("wrong-index", e, dataclasses.replace(e, column=other))


def _explicit(e: Expression, problem: Problem) -> Iterator[Undoing]:
    """Two entries of a column or a row the wrong way round."""
    assert isinstance(e, Explicit)
    entries = [x for row in e.rows for x in row]
    is_column = all(len(row) == 1 for row in e.rows)
    if not is_column and len(e.rows) > 1:
        return
    for i, j in combinations(range(len(entries)), 2):
        new = list(entries)
        new[i], new[j] = new[j], new[i]
        yield Undoing("entries-swapped", e, Explicit(tuple((x,) for x in new) if is_column else (tuple(new),)))


def _transpose(e: Expression, problem: Problem) -> Iterator[Undoing]:
    assert isinstance(e, Transpose)
    yield Undoing("transpose-superfluous", e, e.operand)


CHANGES: Mapping[type[Expression], tuple[Changes, ...]] = {
    Sum: (_sum, _in_one_term),
    Elementwise: (_function,),
    MatMul: (_matmul, _slope_missing),
    Power: (_power,),
    Product: (_product, _slope_missing),
    Tensor: (_tensor,),
    Component: (_component,),
    Transpose: (_transpose,),
    Explicit: (_explicit,),
    Reduce: (_reduced,),
    Shorthand: (_shorthand,),
    IndexSum: (_summed_over,),
}
