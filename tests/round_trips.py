"""Writing an expression as LaTeX and reading it back: what became of it, and when two readings are the same thing."""

from __future__ import annotations

import dataclasses
import math
import random
from fractions import Fraction

import sympy

from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import (
    Derivative,
    Expression,
    MatMul,
    Number,
    Ones,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.traverse import children, rebuild
from derive.notation.latex import LatexReader
from derive.writing.latex import latex
from tests.expressions import SCOPE, SHAPES, random_expression

READER = LatexReader(SCOPE)
_PROBLEM = Problem(scope=SCOPE)


def laid_out(e: Expression) -> Expression:
    """A quotient of differentials as the reader takes it: of a scalar it is the gradient."""
    inner = rebuild(e, laid_out)
    if isinstance(inner, Derivative) and inner.form == "formal" and shape(inner.of) == (1, 1):
        return dataclasses.replace(inner, form="gradient")
    if isinstance(inner, Derivative) and inner.form == "jacobian" and shape(inner.of) == (1, 1):
        gradient = dataclasses.replace(inner, form="gradient")
        return gradient if shape(inner.wrt) == (1, 1) else Transpose(gradient)
    return inner


def latex_back(e: Expression) -> str:
    """What became of an expression that was written as LaTeX: same, equal, or what went wrong."""
    written = latex(e)
    try:
        answer = READER.answer(written)
    except DeriveError as error:
        return f"not read: {error.message}"
    line = answer.lines[0]
    if len(answer.lines) > 1 or line.readings:
        return "ambiguous"
    found, wanted = line.expressions[0], laid_out(e)
    if found in (e, wanted):
        return "same"
    return "equal" if equal(found, wanted) else "not proved equal"


def equal(a: Expression, b: Expression) -> bool:
    """Whether two formulas are equal: part by part once brackets that only group are gone, else by proof."""
    a, b = flat(a), flat(b)
    if a == b or _part_by_part(a, b):
        return True
    try:
        return shape(a) == shape(b) and Prover(_PROBLEM).equal(a, b) is not None
    except DeriveError:
        return False


def _without_scalars(e: MatMul) -> Expression:
    """A chain of matrices, with the scalars among them in front."""
    if len(e.factors) == 2 and shape(e.factors[0]) == shape(e.factors[1]) != (1, 1) and shape(e) == (1, 1):
        return Shorthand("dot", e.factors)
    factors = [f for p in e.factors for f in _parts_of_a_chain(p)]
    if not all(_conforms(f) for f in factors):
        return e
    scalars = tuple(f for f in factors if shape(f) == (1, 1))
    rest = tuple(f for f in factors if shape(f) != (1, 1))
    if not rest:
        return e
    chain = rest[0] if len(rest) == 1 else MatMul(rest)
    found = chain if not scalars else Product((*scalars, chain))
    return found if _conforms(found) and shape(found) == shape(e) else e


def _parts_of_a_chain(e: Expression) -> list[Expression]:
    if isinstance(e, MatMul) and shape(e) != (1, 1):
        return [f for part in e.factors for f in _parts_of_a_chain(part)]
    if isinstance(e, Product) and all(_conforms(f) for f in e.factors):
        matrices = [f for f in e.factors if shape(f) != (1, 1)]
        scalars = [f for f in e.factors if shape(f) == (1, 1)]
        if len(matrices) == 1:
            return [*scalars, *_parts_of_a_chain(matrices[0])]
        if scalars and matrices:
            return [*scalars, Product(tuple(matrices))]
    return [e]


def _conforms(e: Expression) -> bool:
    try:
        shape(e)
    except DeriveError:
        return False
    return True


def _part_by_part(a: Expression, b: Expression) -> bool:
    own, other = children(a), children(b)
    if type(a) is not type(b) or len(own) != len(other) or not own:
        return False
    alike = all(x == y for x, y in zip(a._fields, b._fields, strict=True) if not _holds_parts(x))
    return alike and all(equal(x, y) for x, y in zip(own, other, strict=True))


def _holds_parts(value: object) -> bool:
    return isinstance(value, Expression) or (isinstance(value, tuple) and any(_holds_parts(v) for v in value))


def flat(e: Expression) -> Expression:
    """Sums in sums and products in products joined, numbers in front; a product with a scalar is no matrix product."""
    inner = rebuild(e, flat)
    if isinstance(inner, Sum):
        return Sum(tuple(t for term in inner.terms for t in (term.terms if isinstance(term, Sum) else (term,))))
    if isinstance(inner, Transpose) and isinstance(inner.operand, Ones):
        return Ones(inner.operand.shape[::-1])
    if isinstance(inner, Reduce) and inner.axis is not None:
        rows, columns = shape(inner.operand)
        ones = Ones((sympy.Integer(1), rows)) if inner.axis == 0 else Ones((columns, sympy.Integer(1)))
        inner = flat(MatMul((ones, inner.operand) if inner.axis == 0 else (inner.operand, ones)))
    if isinstance(inner, MatMul):
        inner = _without_scalars(inner)
    if isinstance(inner, Product):
        factors = [f for p in inner.factors for f in (p.factors if isinstance(p, Product) else (p,))]
        value = math.prod((f.value for f in factors if isinstance(f, Number)), start=Fraction(1))
        rest = tuple(f for f in factors if not isinstance(f, Number))
        lead = () if value == 1 and rest else (Number(value),)
        return (*lead, *rest)[0] if len(rest) + len(lead) == 1 else Product((*lead, *rest))
    return inner


def samples(count: int, seed: int, odd: bool = False) -> list[Expression]:
    """Seeded random expressions of every shape."""
    rng = random.Random(seed)
    return [random_expression(rng, SCOPE, rng.choice(SHAPES), rng.randint(2, 5), odd=odd) for _ in range(count)]
