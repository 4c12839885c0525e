r"""Σ with limits, ranges and none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from derive.notation.latex.letters import (
    letters_beside_exclusions,
    letters_in,
    script_letters,
    summed_letters,
)
from derive.notation.latex.making import call, chain, group, index_letter, name, one_by_one, subscripted
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import BigSum, Braces, Brackets, Factors, Relation, Scripted, Symbol
from derive.notation.syntax import Call, Name, Negated, Node, Num, Span, Subscripted, Terms, height, parts

_EXAMPLES = frozenset({"batch", "minibatch", "examples", "samples", "data", "instances", "observations"})
"""Words below Σ that say that it runs over the examples, whatever letter counts them."""


def big_sum(r: Resolving, n: BigSum) -> Node:
    """Σ_{i=1}^{n} f, Σ_{i=2}^{n} f, Σ_{j ≠ i} f, Σ_{i,j} f, Σ_k f; Σ f as `_bare` says."""
    if n.below is None or (isinstance(n.below, Symbol) and n.below.name.lower() in _EXAMPLES and n.above is None):
        return _bare(r, n)
    ranges = _ranges(r, n.below)
    if n.above is None and (other := _other_of_pairs(r, ranges)):
        ranges = [*ranges, (other, None, None)]
    upper = n.above
    for letter, *_ in ranges:
        r.bound.append(letter)
    body = r.node(n.body)
    if len(ranges) == 1 and upper is not None:
        letter, start, excluded = ranges[0]
        if isinstance(start, Num) and start.value == 2:  # all but the first
            excluded, start = Num(start.start, start.end, 1, Fraction(1), True), None
        size = _size(r, upper, start)
        weighed = _weighed(r, n, body, letter, excluded)
        span = Span(n.start, n.end, height(size), size)
        made: Node = Call(n.start, n.end, height(weighed), "sum", n.start + 4, 0, (weighed,), ((letter, span),))
    else:
        weighed = body
        for letter, _, excluded in ranges:
            weighed = _weighed(r, n, weighed, letter, excluded)
        made = _over_all(r, n, weighed, [letter for letter, *_ in ranges])
    for _ in ranges:
        r.bound.pop()
    return made


def _other_of_pairs(r: Resolving, ranges: Sequence[tuple[str, Node | None, Node | None]]) -> str:
    """j, if Σ_{i≠j} runs over all pairs, else "": nothing else says what j is, neither a sum nor the other side.

    In a formula by itself j may still count the entries of what is asked, and so it may where both sides have one.
    """
    if len(ranges) != 1 or ranges[0][2] is None:
        return ""
    excluded = index_letter(ranges[0][2])
    known = {*r.bound, *(r.names.scope.indices if len(r.sides) == 1 else ())}
    if not excluded or excluded in known or any(excluded in letters_beside_exclusions(side) for side in r.sides):
        return ""
    is_told = len(r.sides) > 1 and sum(excluded in letters_in(side) for side in r.sides) == 1
    return excluded if is_told or r.pick(("pairs", excluded), 2) == 1 else ""


def _over_all(r: Resolving, n: Node, body: Node, letters: list[str]) -> Node:
    """A sum over all values of some letters, which are indices there even if sizes or numbers have the same names."""
    plain = [x for x in letters if r.names.find(x) is None or x in r.names.scope.indices]
    ranges = tuple((x, Span(n.start, n.end, 1, None)) for x in letters if x not in plain)
    return Call(n.start, n.end, height(body), "sum", n.start, 0, (body, *(name(n, x) for x in plain)), ranges)


def check_terms(r: Resolving, n: Terms) -> None:
    """Σ_i a_i + b_i: whether the sum is meant to go on, and what it is multiplied by, only brackets can say.

    Raises ReadError where a letter of a sum stands in a term beside it and nothing else gives it a meaning there.
    """
    known = {*r.outer_indices, *r.bound, *r.names.scope.indices}
    summed: set[str] = set()
    for term in (n.first, *(part for _, part in n.rest)):
        own = {letter for s in _last_sums(term) for letter in summed_letters(s.below)} - known
        stray = (summed - own) & set(script_letters(term)) if summed - own else set()
        if stray:
            raise r.error(term, f"The index {min(stray)} stands outside of its sum here.",
                          "Put brackets around what is summed.", "E-AMBIGUOUS")  # fmt: skip
        summed |= own


def _last_sums(node: Node) -> Iterator[BigSum]:
    """The sums at the end of a term: nothing says where they stop."""
    if isinstance(node, BigSum):
        yield node
        yield from _last_sums(node.body)
    elif isinstance(node, Negated):
        yield from _last_sums(node.operand)
    elif isinstance(node, Factors):
        yield from _last_sums(node.factors[-1])


def _ranges(r: Resolving, below: Node) -> list[tuple[str, Node | None, Node | None]]:
    """Each index with where it starts (i = 1) and what it leaves out (j ≠ i)."""
    if isinstance(below, Brackets):
        return [found for item in below.items for found in _ranges(r, item)]
    if isinstance(below, Factors) and not any(below.signs):
        return [found for item in below.factors for found in _ranges(r, item)]
    if isinstance(below, Braces):
        return _ranges(r, below.inner)
    if index_letter(below):
        return [(index_letter(below), None, None)]
    if isinstance(below, Relation) and index_letter(below.left):
        letter = index_letter(below.left)
        if below.sign == "=":
            return [(letter, below.right, None)]
        if below.sign == "!=":
            return [(letter, None, below.right)]
        if below.sign == "in":
            return [(letter, None, None)]
    raise r.error(
        below, f"What Σ runs over, {r.written(below)}, is not read.", r"Write \sum_{i=1}^{n}, or \sum_{j \ne i}."
    )


def _size(r: Resolving, upper: Node, start: Node | None) -> Node:
    """How many values an index takes: 1..n has n, and 0..n−1, too; other parts of the entries are not read."""
    last = as_size(r, upper)
    first = start.value if isinstance(start, Num) else Fraction(1)
    if start is not None and not isinstance(start, Num):
        raise r.error(start, "An index runs from 1.", "Write i=1.")
    if first == 1:
        return last
    if first != 0 or not isinstance(upper, Terms | Num):
        # With x_0 = 1 for the bias, x has one entry more than its declared ones.
        assert start is not None
        raise r.error(start, f"This sum begins at the index {first}, but entries are counted from 1.",
                      "Write the term of this index by itself.", "E-INDEX")  # fmt: skip
    one = Num(upper.start, upper.end, 1, Fraction(1), True)
    return Terms(upper.start, upper.end, height(last, one), last, (("+", one),))


def as_size(r: Resolving, n: Node) -> Node:
    """A size as the text reader has it."""
    if isinstance(n, Symbol):
        return name(n, n.name)
    if isinstance(n, Braces):
        return as_size(r, n.inner)
    if isinstance(n, Scripted) and isinstance(n.base, Symbol) and not n.above and len(n.below) == 1:
        layer = r.layer_node(n.below[0].inner)
        if layer is not None and r.size_of_layer(n.base.name, layer):
            return subscripted(n, name(n, n.base.name), [layer])
        joined = "".join(x.name if isinstance(x, Symbol) else str(getattr(x, "value", "")) for x in one_by_one(n.below))
        for text in (f"{n.base.name}_{joined}", f"{n.base.name}{joined}"):
            if r.names.size(text) is not None:
                return name(n, text)
        return r.node(n)
    if isinstance(n, Terms):
        return Terms(n.start, n.end, n.depth, as_size(r, n.first), tuple((s, as_size(r, p)) for s, p in n.rest))
    return r.node(n)


def _weighed(r: Resolving, n: Node, body: Node, letter: str, excluded: Node | None) -> Node:
    """Σ_{j≠i} f_j is Σ_j (1 − δ_{ij}) f_j."""
    if excluded is None:
        return body
    delta = call(n, "kron", name(n, letter), r.position(excluded))
    one = Num(n.start, n.end, 1, Fraction(1), True)
    return chain(n, group(n, Terms(n.start, n.end, height(delta), one, (("-", delta),))), [("*", group(n, body))])


def _bare(r: Resolving, n: BigSum) -> Node:
    """Σ without limits: over the index letters that the left side does not have; without letters, over all entries,
    or over the examples of a batch where a number does not conform, db = 1/m Σ dZ: along one axis, or the other."""
    body = r.node(n.body)
    letters = [x for x in _indices(r, body) if x not in r.outer_indices and x not in r.bound]
    way = r.choices.prefer(("bare sum",), 3) if not letters and r.problem is not None else 0
    if way and r.problem is not None:
        by_rows = r.problem.layout.examples == "rows"
        along = Num(n.start, n.end, 1, Fraction(0 if by_rows == (way == 1) else 1), True)
        return call(n, "sum", body, along)
    return call(n, "sum", body, *(name(n, letter) for letter in dict.fromkeys(letters)))


def _indices(r: Resolving, node: Node) -> Iterator[str]:
    if isinstance(node, Subscripted):
        for position in node.positions:
            if isinstance(position, Name) and position.text not in r.names.scope.layers:
                yield position.text
        yield from _indices(r, node.operand)
        return
    for part in parts(node):
        yield from _indices(r, part)
