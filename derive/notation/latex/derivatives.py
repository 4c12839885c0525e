"""Products with quotients of differentials in them: what a chain of derivatives means is for `chain_rule` to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from derive.errors import ShapeError
from derive.expression.nodes import Derivative, Explicit, Expression, Number, Power, Product, Sum, Transpose
from derive.expression.shapes import known_shape, shape
from derive.expression.sizes import ONE, SCALAR
from derive.notation.chain_rule import Gradient, chain, entrywise, explicit_jacobian, jacobian_layouts, laid_out
from derive.notation.chains import Fold, negated
from derive.notation.context import Context
from derive.notation.conventions import BESIDE, EITHER, OUTER
from derive.notation.latex.products import build_in_order
from derive.notation.repeated import straightened
from derive.notation.syntax import Chain, Group, Negated, Node, Quotient, Terms

_MINUS_ONE = Number(Fraction(-1))


def build_quotient(context: Context, node: Quotient) -> Expression:
    """∂u/∂v by itself, laid out as the question says."""
    found = _written(context, node)
    if not isinstance(found, Derivative) or found.form == "jacobian":
        return found
    quotient = found
    readings = _alike(context, lambda way: laid_out(quotient, context.layout, jacobians=way))
    if not readings:
        raise _no_matrix(context, node)
    return readings[context.pick(("quotient", len(readings)), len(readings))]


def _alike(context: Context, read: Callable[[Gradient], tuple[Expression, ...]]) -> tuple[Expression, ...]:
    """The readings with all Jacobians of the line laid out alike."""
    ways = jacobian_layouts(context.layout)
    found = [read(way) for way in ways]
    if all(each == found[0] for each in found):
        return found[0]
    return found[context.pick(("layout of Jacobians",), len(ways))]


def _no_matrix(context: Context, node: Node) -> Exception:
    message = f"{_shown(context, node)} has more than two axes."
    return context.error(node, message, "Write it in components, or in a chain after ∂E/∂….", "E-UNSUPPORTED")


def build_product(context: Context, node: Chain) -> Expression:
    """A product; with derivatives in it, the parts between signs that multiply entry by entry are chains."""
    if not _has_quotient(node):
        return build_in_order(context, node)
    stars = [place for place, (sign, part) in enumerate(node.rest) if sign == EITHER and not _has_quotient(part)]
    if stars and context.prefer(("star", node.start), 2):
        # ∂E/∂a * g'(z): where a chain does not conform, the star multiplies entry by entry.
        rest = tuple(("*" if place in stars else sign, part) for place, (sign, part) in enumerate(node.rest))
        node = replace(node, rest=rest)
    segments = list(_segments(node))
    (_, first), *others = segments
    fold = Fold(context, [_segment(context, first, bool(others))])
    for sign, run in others:
        fold.join(sign, _segment(context, run, True))
    return fold.made()


def build_negated(context: Context, operand: Node) -> Expression:
    if isinstance(operand, Chain | Quotient | Group) and _has_quotient(operand):
        return Product((_MINUS_ONE, context.build(operand)))
    if isinstance(operand, Chain) and any(known_shape(context.build(p)) != SCALAR for _, p in operand.rest):
        return Product((_MINUS_ONE, build_in_order(context, operand)))
    return negated(context, operand)


def build_terms(context: Context, node: Terms) -> Expression:
    rest = (build_negated(context, part) if sign == "-" else context.build(part) for sign, part in node.rest)
    return Sum((context.build(node.first), *rest))


def _has_quotient(node: Node) -> bool:
    if isinstance(node, Quotient):
        return True
    if isinstance(node, Group):
        return _has_quotient(node.inner)
    return isinstance(node, Chain) and any(_has_quotient(part) for part in (node.first, *(p for _, p in node.rest)))


def _segments(node: Chain) -> Iterator[tuple[str, list[tuple[str, Node]]]]:
    """The runs of factors between ⊙ signs, each with the sign before it; the sign of a factor is `/` or a product."""
    before, run = "", [("", node.first)]
    for sign, part in node.rest:
        if sign in ("*", OUTER):
            yield before, run
            before, run = sign, [("", part)]
        else:
            run.append((sign, part))
    yield before, run


def _segment(context: Context, run: list[tuple[str, Node]], is_entrywise: bool) -> Expression:
    if not any(_has_quotient(part) for _, part in run):
        first, *rest = run
        if not rest:
            return context.build(first[1])
        last = rest[-1][1]
        return build_in_order(context, Chain(first[1].start, last.end, last.depth + 1, first[1], tuple(rest)))
    factors = [factor for sign, part in run for factor in _factors(context, sign, part)]
    if not any(isinstance(f, Derivative) for f in factors):
        first, *rest = run
        return build_in_order(context, Chain(first[1].start, run[-1][1].end, 2, first[1], tuple(rest)))
    if len(factors) > 1 and not any(isinstance(f, Derivative) and f.form == "formal" for f in factors):
        # Every derivative is laid out: they are matrices like the others, in the brackets that are written.
        first, *rest = run
        if not rest:
            return context.build(first[1])
        matrices = build_in_order(context, Chain(first[1].start, run[-1][1].end, 2, first[1], tuple(rest)))
        if known_shape(matrices) is not None:
            return matrices
    if len(factors) == 1 and isinstance(factors[0], Derivative):
        if factors[0].form == "jacobian":
            return factors[0]
        if (
            is_entrywise
            and (alone := entrywise(factors[0], context.layout)) is not None
            and known_shape(factors[0].of) != SCALAR
        ):
            return alone
        quotient = factors[0]
        readings = _alike(context, lambda way: laid_out(quotient, context.layout, jacobians=way))
    else:
        elementwise = context.names.scope.conventions.juxtaposition == "elementwise"
        readings = _alike(context, lambda way: chain(factors, context.layout, elementwise=elementwise, jacobians=way))
    if not readings:
        plain = _plain_product(context, factors)
        if plain is not None:
            return plain
        raise ShapeError(
            "The factors of this chain do not link: one is differentiated by what the next is not of.",
            suggestion="Write the factors in the order of the chain rule.",
        )
    return readings[context.pick(("chain", len(readings)), len(readings))]


def _plain_product(context: Context, factors: Sequence[Expression]) -> Expression | None:
    """The factors as matrices, if they conform: a Jacobian is one as soon as it is laid out."""
    fold: Fold | None = None
    for factor in factors:
        laid = (
            laid_out(factor, context.layout)
            if isinstance(factor, Derivative) and factor.form == "formal"
            else (factor,)
        )
        if not laid:
            return None
        chosen = laid[context.pick(("quotient", len(laid)), len(laid))]
        if fold is None:
            fold = Fold(context, [chosen])
        else:
            fold.join(BESIDE, chosen)
    found = None if fold is None else fold.made()
    return found if found is not None and known_shape(found) is not None else None


def _factors(context: Context, sign: str, part: Node) -> Iterator[Expression]:
    """The factors that a part stands for; brackets around a product fall away."""
    inner = part
    while isinstance(inner, Group):
        inner = inner.inner
    if sign == "/":
        yield Power(context.build(part), _MINUS_ONE)
    elif isinstance(inner, Quotient):
        yield _written(context, inner)
    elif isinstance(inner, Chain) and _has_quotient(inner) and all(s not in ("*", OUTER) for s, _ in inner.rest):
        yield from _factors(context, "", inner.first)
        for own_sign, own in inner.rest:
            yield from _factors(context, own_sign, own)
    elif isinstance(inner, Negated) and _has_quotient(inner.operand):
        yield _MINUS_ONE
        yield from _factors(context, "", inner.operand)
    else:
        yield context.build(part)


def written_factors(context: Context, node: Node) -> list[Expression]:
    """The factors of a product as they are written, quotients not yet laid out; of anything else the one formula."""
    return list(_factors(context, "", node))


def _written(context: Context, node: Quotient) -> Expression:
    """The quotient before it is laid out; of written-out vectors the Jacobian entry by entry."""
    of, wrt = context.build(node.of), straightened(context.build(node.wrt))
    if isinstance(wrt, Transpose) and known_shape(wrt) == SCALAR:
        # The transpose below says that the Jacobian is meant, n×1 by a scalar.
        if known_shape(of) != SCALAR:
            return Derivative(of, wrt.operand, "jacobian")
        return Derivative(of, wrt.operand)
    if isinstance(wrt, Transpose) and _is_vector(of) and _is_vector(wrt):
        # ∂u/∂vᵀ is the m×n Jacobian in every layout.
        return Derivative(of, wrt.operand, "jacobian")
    if isinstance(_plain(wrt), Explicit) or (isinstance(_plain(of), Explicit) and shape(wrt) == SCALAR):
        return explicit_jacobian(of, wrt)
    return Derivative(of, wrt, "formal")


def _is_vector(e: Expression) -> bool:
    size = known_shape(e)
    return size is not None and size != SCALAR and ONE in size


def _plain(e: Expression) -> Expression:
    return _plain(e.operand) if isinstance(e, Transpose) else e


def _shown(context: Context, node: Node) -> str:
    return context.source.text[node.start : node.end][:60]
