"""Product chains: `* / @ ·` from left to right, leading literals, minus signs, quotients of differentials.

A chain of one operator is one node: a*b*c is a product of three, A @ B @ C of three; a*b @ c is (a*b) @ c.
A leading whole/whole is one number; a minus in front multiplies a leading literal, else adds a factor −1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.expression.nodes import (
    Derivative,
    Expression,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Shorthand,
    Sum,
    Transpose,
)
from derive.expression.shapes import known_shape, matmul_shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.context import Context
from derive.notation.conventions import BESIDE, EITHER, MATRIX, OUTER
from derive.notation.syntax import (
    Call,
    Chain,
    Differential,
    Group,
    Name,
    Negated,
    Node,
    Num,
    Raised,
    Subscripted,
    Transposed,
    unbracketed,
)

OBJECTIVES = frozenset(("L", "J", "loss", "cost", "Loss"))
"""What many call the objective; where it is no other name, dL/dW is dE/dW."""
_PAIRS = {"dot": "dot", OUTER: "outer"}
_MINUS_ONE = Number(Fraction(-1))
_BITS = 256
"""Divisors are only worked out (to see whether they are zero) while they are this small."""


def build_chain(context: Context, node: Node, negative: bool = False) -> Expression:
    """A product chain, or a single factor, with or without a minus in front."""
    first, rest = (node.first, list(node.rest)) if isinstance(node, Chain) else (node, [])
    lead, literal = _lead(context, first, rest)
    if literal is not None:
        factors: list[Expression] = [Number(-literal if negative else literal)]
    else:
        factors = [lead if lead is not None else context.build(first)]
    fold = Fold(context, factors)
    position = 0
    while position < len(rest):
        if rest[position][0] == "/":
            rest[position : position + 1] = _divisor(context, rest[position][1])
        sign, part = rest[position]
        quotient = _quotient(context, part, rest[position + 1 : position + 2]) if sign != "/" else None
        operand = context.build(part) if quotient is None else quotient
        position += 1 if quotient is None else 2
        fold.join(sign, inverse(context, part, operand) if sign == "/" else operand)
    if not negative or literal is not None:
        return fold.made()
    return Product((_MINUS_ONE, *fold.factors)) if fold.kind == "*" else Product((_MINUS_ONE, fold.made()))


def _divisor(context: Context, part: Node) -> list[tuple[str, Node]]:
    """What a slash divides by where factors stand side by side after it: 1/n W x divides by n, a/b c by either."""
    if not isinstance(part, Chain) or any(sign != BESIDE for sign, _ in part.rest):
        return [("/", part)]
    first, after = part.first, part.rest[0][1]
    between = context.source.text[first.end : after.start]
    before = context.source.text[max(first.start - 1, 0) : first.start]
    is_apart = between.isspace() and before == "/"
    others = (known_shape(context.build(factor)) for _, factor in part.rest)
    if is_apart or any(size != SCALAR for size in others) or context.pick("slash", 2) == 0:
        return [("/", first), *part.rest]
    return [("/", part)]


def _lead(context: Context, first: Node, rest: list[tuple[str, Node]]) -> tuple[Expression | None, Fraction | None]:
    """A chain's start if it is special: a quotient of differentials, or a literal; what it uses leaves `rest`."""
    quotient = _quotient(context, first, rest[:1])
    if quotient is not None:
        del rest[0]
        return quotient, None
    if not isinstance(first, Num):
        return None, None
    value = first.value
    if first.whole and rest and rest[0][0] == "/" and isinstance(rest[0][1], Num) and rest[0][1].whole:
        divisor = rest.pop(0)[1]
        assert isinstance(divisor, Num)
        if divisor.value == 0:
            raise _zero(context, divisor)
        value /= divisor.value
    return None, value


class Fold:
    """The left part of a chain: factors of one kind of product, and their shape where a sign depends on it."""

    def __init__(self, context: Context, factors: list[Expression]) -> None:
        self.context = context
        self.factors = factors
        self.kind = ""
        self._known: Shape | None = None
        self._counted = 0

    def join(self, sign: str, operand: Expression) -> None:
        """Append a factor; what stands to the left becomes one node where the operator changes."""
        if sign == "·":
            sign = _dotted(self.context, self._shape(), known_shape(operand))
        elif sign == MATRIX:
            sign = "*" if SCALAR in (self._shape(), known_shape(operand)) else "@"
        elif sign == BESIDE:
            sign = _beside(self.context, self._shape(), known_shape(operand))
        elif sign == EITHER:
            sign = _either(self.context, self._shape(), known_shape(operand))
        wanted = "*" if sign == "/" else sign
        if self.kind and (self.kind != wanted or self.kind in _PAIRS):
            self.factors = [self.made()]
            self._counted = 0
        self.factors.append(operand)
        self.kind = wanted

    def made(self) -> Expression:
        """The factors as one expression."""
        return _made(self.kind, self.factors)

    def _shape(self) -> Shape | None:
        """The shape of what stands to the left; a stand-in for factors already counted keeps this linear."""
        counted: list[Expression] = []
        if self._counted:
            if self._known is None:
                return None
            counted = [Ones(self._known)]
        self._known = known_shape(_made(self.kind, [*counted, *self.factors[self._counted :]]))
        self._counted = len(self.factors)
        return self._known


def _made(kind: str, factors: Sequence[Expression]) -> Expression:
    if len(factors) == 1:
        return factors[0]
    if kind in _PAIRS:
        return Shorthand(_PAIRS[kind], tuple(factors))
    return (MatMul if kind == "@" else Product)(tuple(factors))


def _dotted(context: Context, a: Shape | None, b: Shape | None) -> str:
    """What · means: a product by a scalar, the dot product of two vectors (or, where a vector is wanted, their product
    entry by entry), else the matrix product."""
    if a is None or b is None or SCALAR in (a, b):
        return "*"
    if a == b and ONE in a:
        return ("dot", "*")[context.prefer("·", 2)]
    return "@" if matmul_shape(a, b) is not None else "*"


def _beside(context: Context, a: Shape | None, b: Shape | None) -> str:
    """What two factors side by side mean: a product by a scalar, else the matrix product or the author's custom."""
    if a is None or b is None or SCALAR in (a, b):
        return "*"
    if a == b and context.names.scope.conventions.juxtaposition == "elementwise":
        return "*"
    if a == b and ONE in a and context.columns_beside:
        return ("*", "dot")[context.pick("columns", 2)]
    return "@"


def _either(context: Context, a: Shape | None, b: Shape | None) -> str:
    """A sign that stands for any product: by the shapes, and where both fit it has two readings; of two columns it is
    the product entry by entry, or the dot product where a number is wanted."""
    if a is None or b is None or SCALAR in (a, b):
        return "*"
    if a == b and ONE in a:
        return ("*", "dot")[context.prefer("columns", 2)]
    conforms = matmul_shape(a, b) is not None
    if a == b and conforms:
        return "*@"[context.pick(EITHER, 2)]
    return "@" if conforms else "*"


def inverse(context: Context, part: Node, operand: Expression) -> Expression:
    if _literal_value(operand) == 0:
        raise _zero(context, part)
    return Power(operand, _MINUS_ONE)


def _zero(context: Context, part: Node) -> Exception:
    return context.error(part, "This divides by zero.", "Check the denominator.", code="E-DOMAIN")


def raised(context: Context, node: Raised, base: Expression, exponent: Expression) -> Expression:
    """base ** exponent; zero to a negative literal is a division by zero."""
    if isinstance(exponent, Number) and exponent.value < 0 and _literal_value(base) == 0:
        raise _zero(context, node.base)
    return Power(base, exponent)


def _literal_value(e: Expression) -> Fraction | None:
    """The value of arithmetic on small literals, or None."""
    value: Fraction | None = None
    if isinstance(e, Number):
        value = e.value
    elif isinstance(e, Sum | Product):
        parts = [_literal_value(part) for part in (e.terms if isinstance(e, Sum) else e.factors)]
        value = Fraction(0 if isinstance(e, Sum) else 1)
        for part in parts:
            if part is None:
                return None
            value = value + part if isinstance(e, Sum) else value * part
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
                return None
    elif isinstance(e, Power) and isinstance(e.exponent, Number) and abs(e.exponent.value) == 1:
        base = _literal_value(e.base)
        value = base if base is None or e.exponent.value == 1 or base == 0 else 1 / base
    return value


# ---- dE/dW


def _quotient(context: Context, upper: Node, following: list[tuple[str, Node]]) -> Expression | None:
    """dE/dW1, ∂E/∂z[l], d(x**2)/dx: a derivative, if both halves name what is differentiated; dE/dW1.T is turned."""
    if not following or following[0][0] != "/":
        return None
    lower = following[0][1]
    if isinstance(lower, Transposed):
        found = _quotient(context, upper, [("/", lower.operand)])
        return None if found is None else Transpose(found)
    of, wrt = half(context, upper), half(context, lower)
    if of is None or wrt is None:
        return None
    a, b = context.build(of), context.build(wrt)
    if known_shape(a) != SCALAR:
        return Derivative(a, b, "formal")
    is_turned = context.layout.gradient == "numerator" and known_shape(b) != SCALAR
    return Transpose(Derivative(a, b)) if is_turned else Derivative(a, b)


def half(context: Context, node: Node, mark: str = "") -> Node | None:
    """What follows the d or ∂ in one half of a quotient, or None if the part is no differential.

    `mark` is the number in dW[1] or dW^{(1)}, where W1 may be the declared name.
    """
    if isinstance(node, Differential):
        named = node.operand
        if isinstance(named, Name):
            return half(context, Name(named.start - 1, named.end, 1, f"d{named.text}")) or named
        return named
    if isinstance(node, Call) and node.name == "d" and len(node.arguments) == 1 and not node.keywords:
        return None if context.names.function("d") else Group(node.name_end, node.end, node.depth, node.arguments[0])
    if isinstance(node, Subscripted):
        inner = half(context, node.operand, _number(node.positions[0]))
        return None if inner is None else Subscripted(node.start + 1, node.end, node.depth, inner, node.positions)
    if isinstance(node, Raised) and isinstance(node.base, Name | Differential):
        inner = half(context, node.base, _number(node.exponent))
        return None if inner is None else Raised(node.start + 1, node.end, node.depth, inner, node.exponent, node.sign)
    if isinstance(node, Name) and len(node.text) > 1 and node.text[0] == "d":
        rest = node.text[1:]
        if rest in OBJECTIVES and context.names.find(rest) is None and context.names.layer(rest) is None:
            rest = context.names.scope.objective
        spelled = [rest, rest.rpartition("_")[0], rest + mark if mark else ""]
        known = any(name and context.names.find(name) is not None for name in spelled)
        return Name(node.start + 1, node.end, 1, rest) if known else None
    return None


def _number(node: Node) -> str:
    """The digits of a mark, in whatever brackets; "" if it is none."""
    inner, _ = unbracketed(node)
    return str(inner.value) if isinstance(inner, Num) and inner.whole else ""


def negated(context: Context, node: Node) -> Expression:
    """−(part), where a minus reaches over a whole product chain."""
    if isinstance(node, Negated):
        return Product((_MINUS_ONE, context.build(node)))
    return build_chain(context, node, negative=True)
