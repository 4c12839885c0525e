"""Laws that make a finished line readable: activations by name, factors collected, what cancels, what is assumed.

They act on expressions without derivatives. Each terminates because it removes nodes, moves scalars outwards,
transposes inwards, or puts a name for a formula.
"""

from __future__ import annotations

from itertools import pairwise

from derive.differentiation.algebra import cancelled, collected, factored, like_terms
from derive.differentiation.rule import Context, Registrar, Rule, flipped
from derive.differentiation.terms import conforms, inverse, matmul, negative, plus, times
from derive.expression.functions import apply
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Component,
    Diag,
    Elementwise,
    Expression,
    Identity,
    IndexSum,
    MatMul,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import children, rebuild

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "rewrite")


@rule("derivative_of_function", "the derivative of the function", Elementwise, condition="f is known")
def derivative_of_function(e: Elementwise, context: Context) -> Expression | None:
    """f′(u) in terms of f: σ′ = σ (1 − σ), tanh′ = 1 − tanh², ReLU′(u) = [u > 0] (0 at u = 0 by convention)"""
    if e.order != 1 or e.function.derivative is None:
        return None
    return e.function.derivative(*e.arguments)


@rule("named_value", "the value has a name", Elementwise, Shorthand, condition="a definition a = f(z) of the problem")
def named_value(e: Expression, context: Context) -> Expression | None:
    """f(z) = a if the problem defines a = f(z)"""
    return context.value_name(e)


@rule("named_entry", "the value has a name", Elementwise, condition="a definition a = f(z) of the problem")
def named_entry(e: Elementwise, context: Context) -> Expression | None:
    """f(z[i,j]) = a[i,j] if the problem defines a = f(z)"""
    first = e.arguments[0]
    if e.order or not isinstance(first, Component):
        return None
    name = context.value_name(Elementwise(e.function, (first.operand, *e.arguments[1:])))
    return None if name is None else Component(name, first.row, first.column)


@rule("transpose", "transposes move inwards", Transpose, level="every")
def transpose(e: Transpose, context: Context) -> Expression | None:
    """(A B)ᵀ = Bᵀ Aᵀ, (A ⊙ B)ᵀ = Aᵀ ⊙ Bᵀ, (Aᵀ)ᵀ = A, and a scalar is its own transpose"""
    of = e.operand
    if isinstance(of, Transpose) or shape(of) == SCALAR:
        return flipped(of)
    if isinstance(of, MatMul) and conforms(of.factors):
        return MatMul(tuple(flipped(f) for f in reversed(of.factors)))
    if isinstance(of, Product):
        return times(*(flipped(f) for f in of.factors))
    if isinstance(of, Sum) and any(isinstance(t, (MatMul, Product, Transpose)) for t in of.terms):
        return plus(*(flipped(t) for t in of.terms))
    if isinstance(of, Ones):
        return Ones((of.shape[1], of.shape[0]))
    return of if isinstance(of, Identity) else None


@rule("neutral", "ones and identities", Product, Sum, MatMul, Reduce, Component, level="every")
def neutral(e: Expression, context: Context) -> Expression | None:
    """1 ⊙ A = A, I A = A, A I = A, 1ᵀ diag(u) = uᵀ; a sum over an axis of one entry is that entry"""
    if isinstance(e, Sum):
        return _broadcast_ones(e)
    if isinstance(e, Product):
        rest = [f for f in e.factors if not isinstance(f, Ones)]
        return times(*rest) if 0 < len(rest) < len(e.factors) and shape(times(*rest)) == shape(e) else None
    if isinstance(e, MatMul):
        for k, (left, right) in enumerate(pairwise(e.factors)):
            if isinstance(left, Ones) and isinstance(right, Diag) and shape(left)[0] == ONE:
                u = right.operand if shape(right.operand)[0] == ONE else flipped(right.operand)
                return matmul(*e.factors[:k], u, *e.factors[k + 2 :])
        kept = [f for f in e.factors if not isinstance(f, Identity)]
        if kept and len(kept) < len(e.factors) and shape(matmul(*kept)) == shape(e):
            return matmul(*kept)
        ones = any(isinstance(f, Ones) and shape(f) == SCALAR for f in e.factors)
        return matmul(*(UNIT if isinstance(f, Ones) and shape(f) == SCALAR else f for f in e.factors)) if ones else None
    if isinstance(e, Reduce):
        return e.operand if shape(e.operand) == shape(e) else None
    assert isinstance(e, Component)
    return e.operand if shape(e.operand) == SCALAR else None


def _broadcast_ones(e: Sum) -> Expression | None:
    """c + A for c 1 + A, where A has the shape of the sum already."""
    if not any(isinstance(part, Ones) for t in e.terms for part in (t.factors if isinstance(t, Product) else (t,))):
        return None
    terms = [times(*(f for f in (t.factors if isinstance(t, Product) else (t,)) if not isinstance(f, Ones)))
             for t in e.terms]  # fmt: skip
    new = plus(*terms)
    return new if new != e and shape(new) == shape(e) else None


@rule("centred", "deviations from the mean add up to 0", Reduce, condition="m is the mean of A along the axis")
def centred(e: Reduce, context: Context) -> Expression | None:
    """sum(A − m) = 0 if m = mean(A), likewise along an axis"""
    if not isinstance(e.operand, Sum) or len(e.operand.terms) != 2:
        return None
    for values, other in (e.operand.terms, e.operand.terms[::-1]):
        mean = negative(other)
        mean = context.problem.definition(mean) or mean if isinstance(mean, Tensor) else mean
        if mean == Shorthand("mean", (values,), e.axis):
            return times(ZERO, Ones(shape(e)))
    return None


@rule("scalars_outside", "scalar factors stand in front", MatMul, Reduce, level="every")
def scalars_outside(e: Expression, context: Context) -> Expression | None:
    """(c A) B = c (A B), sum(c A) = c sum(A); a sum over an axis leaves out what is the same all along it"""
    if isinstance(e, Reduce):
        return _constants_outside(e)
    assert isinstance(e, MatMul)
    front: list[Expression] = []
    rest: list[Expression] = []
    for part in e.factors:
        factors = part.factors if isinstance(part, Product) else (part,)
        front += [f for f in factors if shape(f) == SCALAR]
        inside = [f for f in factors if shape(f) != SCALAR]
        if inside:
            rest.append(times(*inside))
    return times(*front, matmul(*rest)) if front and rest else None


def _constants_outside(e: Reduce) -> Expression | None:
    of, axis = e.operand, e.axis
    if not isinstance(of, Product):
        return None
    front = [f for f in of.factors if (shape(f) == SCALAR if axis is None else shape(f)[axis] == ONE)]
    rest = [f for f in of.factors if f not in front]
    if not front or not rest or (axis is None and shape(times(*rest)) != shape(of)):
        return None
    return times(*front, Reduce(times(*rest), axis))


@rule("collect", "factors are collected", Product, Power, level="every")
def collect(e: Expression, context: Context) -> Expression | None:
    """numbers are multiplied and stand in front with the other scalars: λ/2 · 2 W = λ W"""
    return collected(e)


@rule("cancel", "what cancels", Product, condition="the cancelled factor is not 0")
def cancel(e: Product, context: Context) -> Expression | None:
    """a · (y/a) = y, and a product is multiplied out where a denominator disappears by it"""
    return cancelled(e)


@rule("like_terms", "like terms", Sum, level="every")
def like(e: Sum, context: Context) -> Expression | None:
    """A + A = 2 A, A − A = 0"""
    return like_terms(e)


@rule("factor", "a common factor", Sum, level="every")
def factor(e: Sum, context: Context) -> Expression | None:
    """c A + c B = c (A + B) for a scalar c"""
    return factored(e)


@rule("assumption", "by assumption", Transpose, Reduce, Power, Shorthand, Product, Sum, IndexSum, level="brief",
      condition="the problem assumes it")  # fmt: skip
def assumption(e: Expression, context: Context) -> Expression | None:
    """a left side of a declared equation equals its right side: Σ y = 1; a symmetric A is its own transpose"""
    if isinstance(e, Transpose) and isinstance(e.operand, Tensor):
        return e.operand if e.operand.name in context.problem.assumptions.symmetric else None
    for left, right in context.problem.assumptions.equations:
        if e == left:
            return right
        if isinstance(e, IndexSum) and isinstance(left, Reduce) and _is_entry_of(e, left):
            return right
        if isinstance(e, Power) and isinstance(left, Power) and shape(right) == SCALAR == shape(e):
            base = e.base.operand if isinstance(e.base, Component) else e.base
            if (base, e.exponent) == (left.base, left.exponent):
                return right
    return None


def _is_entry_of(e: IndexSum, left: Reduce) -> bool:
    """Whether Σ_k A[k,j] is an entry of sum(A, axis=0), or Σ_k a[k] the sum of a vector."""
    body = e.body
    if not isinstance(body, Component) or body.operand != left.operand or shape(body) != SCALAR:
        return False
    if left.axis is None:
        return ONE in shape(left.operand) and e.index in (body.row, body.column)
    return (body.row, body.column)[left.axis] == e.index and (body.row, body.column)[1 - left.axis] != e.index


@rule("sigmoid_form", "the sigmoid", Product, condition="the product holds e^u and 1/(1 + e^u)")
def sigmoid_form(e: Product, context: Context) -> Expression | None:
    """e^u / (1 + e^u) = σ(u)"""
    for k, numerator in enumerate(e.factors):
        if not isinstance(numerator, Elementwise) or numerator.function.name != "exp" or numerator.order:
            continue
        for wanted in (inverse(plus(UNIT, numerator)), inverse(plus(numerator, UNIT))):
            if wanted in e.factors:
                rest = [f for position, f in enumerate(e.factors) if position != k and f != wanted]
                return times(*rest, apply("sigmoid", *numerator.arguments))
    return None


ORDER: tuple[str, ...] = (
    "unit_vector", "neutral", "transpose", "scalars_outside", "derivative_of_function", "named_value", "centred",
    "collect", "sigmoid_form", "like_terms", "cancel", "assumption", "factor",
)  # fmt: skip
"""The order in which finished lines are tidied; it is gone through until nothing changes."""


def rewritten(e: Expression, row: Rule, context: Context) -> Expression:
    """`e` with a rule applied wherever it fires, innermost first."""
    if classes(e).isdisjoint(row.on):
        return e
    e = _shaped(flattened(e, rebuild(e, lambda child: rewritten(child, row, context))), e)
    for _ in range(20):
        new = row.apply(e, context) if isinstance(e, row.on) else None
        new = None if new is None else _shaped(new, e)
        if new is None or new == e:
            return e
        e = new
    return e


def _shaped(new: Expression, old: Expression) -> Expression:
    """A zero of the shape of what it stands for: A @ 0 means something else than A @ (0 · 1)."""
    return Product((ZERO, Ones(shape(old)))) if new == ZERO and shape(old) != SCALAR else new


def is_zero(e: Expression) -> bool:
    """Whether it is 0, or a product with it."""
    return e == ZERO or (isinstance(e, Product) and ZERO in e.factors)


def classes(e: Expression) -> frozenset[type[Expression]]:
    """The classes of nodes that occur in an expression."""
    kept = e.__dict__
    if "_classes" not in kept:
        kept["_classes"] = frozenset((type(e),)).union(*(classes(child) for child in children(e)))
    return kept["_classes"]  # type: ignore[no-any-return]


def flattened(old: Expression, new: Expression) -> Expression:
    """A node whose parts have changed, without a sum in a sum, a product in a product, or ones that change nothing."""
    if new is old:
        return old
    if isinstance(new, Sum):
        rest = plus(*(t for t in new.terms if not is_zero(t)))
        return rest if shape(rest) == shape(new) else plus(*new.terms)
    if not isinstance(new, Product):
        return new
    rest = times(*(f for f in new.factors if not isinstance(f, Ones)))
    return rest if shape(rest) == shape(new) else times(*new.factors)
