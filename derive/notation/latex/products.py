r"""In which order a product is taken: what stands side by side first, then signs from the left, else as shapes allow.

`\delta W^\top \odot f'(z)` is (δWᵀ) ⊙ f'(z). Where that does not conform but another order does, that one is meant:
an author who writes entrywise products without a sign means X^T(δ W^T f'(z)), for nothing else has a shape.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import ShapeError
from derive.expression.nodes import Expression, Number
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR, Shape, shape_text
from derive.notation.chains import Fold, build_chain, inverse
from derive.notation.context import Context
from derive.notation.conventions import BESIDE
from derive.notation.syntax import Chain, Node

LONGEST = 12
"""Factors of a product whose order is searched for."""

_TIGHT = (BESIDE, "/")


def build_in_order(context: Context, node: Chain) -> Expression:
    """The product in the first order that conforms; if none does, from the left, for others to refuse."""
    signs = [sign for sign, _ in node.rest]
    runs = _runs(node)
    plain = None
    if len(runs) == 1 or len(runs) == len(signs) + 1:
        plain = _attempt(context, node)
        if plain is not None:
            return plain
    parts = [node.first, *(part for _, part in node.rest)]
    if len(runs) > 1 and len(parts) > len(runs):
        grouped = _grouped(context, runs)
        if grouped is not None:
            return grouped
        plain = _attempt(context, node)
        if plain is not None:
            return plain
    if len(parts) <= LONGEST:
        found = _any_order(context, [_built(context, s, p) for s, p in zip(["", *signs], parts, strict=True)], signs)
        if found is not None:
            return found
    spread = _entry_by_entry(context, node)
    if spread is not None:
        return build_in_order(context, spread)
    _refuse_vectors(context, node)
    return build_chain(context, node)


def _entry_by_entry(context: Context, node: Chain) -> Chain | None:
    r"""u \odot a(1 - a): who multiplies entry by entry means a(1 - a) of vectors so, too; None if nothing changes."""
    if not any(sign == "*" for sign, _ in node.rest):
        return None
    rest: list[tuple[str, Node]] = []
    before = node.first
    for sign, part in node.rest:
        is_meant = sign == BESIDE and _are_vectors_of_one_shape(
            context, known_shape(context.build(before)), known_shape(context.build(part))
        )
        rest.append(("*" if is_meant else sign, part))
        before = part
    return None if tuple(rest) == node.rest else Chain(node.start, node.end, node.depth, node.first, tuple(rest))


def _attempt(context: Context, node: Chain) -> Expression | None:
    """The product from the left, if it conforms."""
    if _pairs_vectors(context, node):
        return None
    found = build_chain(context, node)
    return None if known_shape(found) is None else found


def _runs(node: Chain) -> list[tuple[str, list[tuple[str, Node]]]]:
    """What stands side by side, each run with the sign before it."""
    runs: list[tuple[str, list[tuple[str, Node]]]] = [("", [("", node.first)])]
    for sign, part in node.rest:
        if sign in _TIGHT:
            runs[-1][1].append((sign, part))
        else:
            runs.append((sign, [("", part)]))
    return runs


def _grouped(context: Context, runs: Sequence[tuple[str, list[tuple[str, Node]]]]) -> Expression | None:
    fold: Fold | None = None
    for sign, run in runs:
        value = _run(context, run)
        if value is None:
            return None
        if fold is None:
            fold = Fold(context, [value])
        else:
            fold.join(sign, value)
    assert fold is not None
    found = fold.made()
    return None if known_shape(found) is None else found


def _run(context: Context, run: list[tuple[str, Node]]) -> Expression | None:
    (_, first), *rest = run
    if not rest:
        return context.build(first)
    last = rest[-1][1]
    return _attempt(context, Chain(first.start, last.end, max(p.depth for _, p in run) + 1, first, tuple(rest)))


def _built(context: Context, sign: str, part: Node) -> Expression:
    value = context.build(part)
    return inverse(context, part, value) if sign == "/" else value


def _any_order(context: Context, values: Sequence[Expression], signs: Sequence[str]) -> Expression | None:
    """Every way to bracket the product, shortest parts first; of those that conform, the one furthest to the left."""
    count = len(values)
    table: dict[tuple[int, int], dict[Shape, Expression]] = {}
    for place, value in enumerate(values):
        size = known_shape(value)
        table[place, place + 1] = {} if size is None else {size: value}
    for length in range(2, count + 1):
        for start in range(count - length + 1):
            end = start + length
            found: dict[Shape, Expression] = {}
            for cut in range(end - 1, start, -1):
                for left in table[start, cut].values():
                    for right in table[cut, end].values():
                        joined = _joined(context, left, signs[cut - 1], right)
                        size = None if joined is None else known_shape(joined)
                        if joined is not None and size is not None:
                            found.setdefault(size, joined)
            table[start, end] = found
    whole = list(table[0, count].values())
    return whole[context.pick("order", len(whole))] if whole else None


def _joined(context: Context, left: Expression, sign: str, right: Expression) -> Expression | None:
    if sign == BESIDE and _are_vectors_of_one_shape(context, known_shape(left), known_shape(right)):
        return None
    fold = Fold(context, [left])
    fold.join("*" if sign == "/" else sign, right)
    return fold.made()


def _pairs_vectors(context: Context, node: Chain) -> bool:
    """Whether two columns of one shape stand side by side from the left: that is no dot product."""
    if len(node.rest) > LONGEST:
        return False
    fold: Fold | None = None
    for sign, part in [("", node.first), *node.rest]:
        if isinstance(part, Number):
            continue
        value = _built(context, sign, part)
        if fold is None:
            fold = Fold(context, [value])
            continue
        if sign == BESIDE and _are_vectors_of_one_shape(context, known_shape(fold.made()), known_shape(value)):
            return True
        fold.join("*" if sign == "/" else sign, value)
    return False


def _are_vectors_of_one_shape(context: Context, a: Shape | None, b: Shape | None) -> bool:
    elementwise = context.names.scope.conventions.juxtaposition == "elementwise"
    return a is not None and a == b and a != SCALAR and ONE in a and not elementwise


def _refuse_vectors(context: Context, node: Chain) -> None:
    if _pairs_vectors(context, node):
        size = next((known_shape(context.build(p)) for _, p in node.rest), None)
        shown = f" ({shape_text(size)})" if size is not None and size != SCALAR else ""
        raise ShapeError(
            f"Two vectors of one shape{shown} stand side by side; that is no matrix product.",
            suggestion=r"Write u^T v or u \odot v; or declare juxtaposition under [notation].",
        )
