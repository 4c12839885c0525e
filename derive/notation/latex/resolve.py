r"""LaTeX's tree into the common tree: letters become declared names, notations what the text form has for them.

What the text reader knows (calls, sums over indices, quotients of differentials, entries) is written as it would be
typed; the rest of reading is shared with the text notation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction as Rational
from typing import Any

from derive.notation.latex import dots, factors, quotients, sums, symbols
from derive.notation.latex.making import call, chain, group, is_transpose, raised
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import (
    Applied,
    Bars,
    BigSum,
    Braces,
    Brackets,
    Cases,
    Dots,
    Factors,
    Fraction,
    Nabla,
    Partial,
    Relation,
    Root,
    Scripted,
    Symbol,
    Table,
)
from derive.notation.syntax import (
    Call,
    Chain,
    Compared,
    Differential,
    Group,
    Matrix,
    Negated,
    Node,
    Num,
    Terms,
    Unit,
)


class Resolver(Resolving):
    """Resolves every part of a formula by the rule for its kind."""

    def node(self, n: Node) -> Node:
        matched = self.spelled([n])
        if matched is not None and not matched.below and not matched.above and not matched.primes:
            return matched.given
        rule = _RULES.get(type(n))
        if rule is None:
            raise self.error(n, f"{self.written(n)} does not fit here.")
        found: Node = rule(self, n)
        return found


def _number(r: Resolver, n: Num) -> Node:
    return n


def _terms(r: Resolver, n: Terms) -> Node:
    if any(isinstance(part, Dots) for _, part in n.rest):
        return dots.with_dots(r, n)
    sums.check_terms(r, n)
    return Terms(n.start, n.end, n.depth, r.node(n.first), tuple((sign, r.node(part)) for sign, part in n.rest))


def _negated(r: Resolver, n: Negated) -> Node:
    return Negated(n.start, n.end, n.depth, r.node(n.operand))


def _braces(r: Resolver, n: Braces) -> Node:
    inner = r.node(n.inner)
    return group(n, inner) if isinstance(n.inner, Terms | Negated) else inner


def _brackets(r: Resolver, n: Brackets, turned: bool = False) -> Node:
    """A group; a condition; or a vector: a column, and a row where it is turned or where a column does not conform."""
    if len(n.items) > 1:
        if any(isinstance(item, Dots) for item in n.items):
            return dots.list_with_dots(r, n, turned)
        if n.kind == "⟨":
            return r.call(n, "inner", *n.items) if len(n.items) == 2 else _refused_list(r, n)
        entries = tuple(r.node(item) for item in n.items)
        is_row = bool(r.choices.prefer(("list", turned), 2)) != turned
        return Matrix(n.start, n.end, n.depth, (entries,) if is_row else tuple((e,) for e in entries))
    inner = r.node(n.items[0])
    return group(n, inner)


def _refused_list(r: Resolver, n: Brackets) -> Node:
    raise r.error(n, "Two parts are expected between ⟨ and ⟩.", r"Write \langle u, v \rangle.")


def _bars(r: Resolver, n: Bars) -> Node:
    return r.call(n, "abs" if n.kind == "|" else "norm", n.inner)


def _fraction(r: Resolver, n: Fraction) -> Node:
    above, below = n.above, n.below
    if isinstance(above, Partial) or isinstance(below, Partial):
        return quotients.derivative(r, n)
    if isinstance(above, Num) and isinstance(below, Num) and above.whole and below.whole and below.value != 0:
        return Num(n.start, n.end, 1, Rational(above.value, below.value), False)
    first, second = r.node(above), r.node(below)
    if isinstance(above, Braces):
        first = r.node(above.inner)
    first = group(above, first) if isinstance(first, Terms | Negated) else first
    rest: tuple[tuple[str, Node], ...] = (("/", group(below, second)),)
    if isinstance(first, Chain):
        return Chain(n.start, n.end, n.depth, first.first, (*first.rest, *rest))
    return chain(n, first, rest)


def _root(r: Resolver, n: Root) -> Node:
    if n.degree is None:
        return r.call(n, "sqrt", n.inner)
    if not isinstance(n.degree, Num) or not n.degree.whole or n.degree.value < 1:
        raise r.error(n.degree, "The degree of a root is a number.", r"Write \sqrt[3]{x}.")
    return raised(n, r.node(n.inner), Num(n.degree.start, n.degree.end, 1, Rational(1, n.degree.value), False))


def _applied(r: Resolver, n: Applied) -> Node:
    return factors.called(r, n, n.function, (n.argument,))


def _relation(r: Resolver, n: Relation) -> Node:
    of_indices = r.index_relation(n, n.left, n.right, n.sign)
    if of_indices is not None:
        return of_indices
    sign = {"=": "=="}.get(n.sign, n.sign)
    if sign not in ("<", ">", "<=", ">=", "==", "!="):
        raise r.error(n, f"{r.written(n)} is no condition.", "Conditions compare: z > 0.")
    return Compared(n.start, n.end, n.depth, sign, r.node(n.left), r.node(n.right))


def _cases(r: Resolver, n: Cases) -> Node:
    """Nested where(…): the last value holds where no condition does."""
    *first, last = n.rows
    found = r.node(last[0])
    for value, condition in reversed(first):
        if condition is None:
            raise r.error(value, "Each case but the last has its condition.", r"Write z & z > 0 \\ 0 & z \le 0.")
        found = call(n, "where", r.node(condition), r.node(value), found)
    return found


def _table(r: Resolver, n: Table) -> Node:
    entries = [e for row in n.rows for e in row]
    if any(e is None or isinstance(e, Dots) for e in entries):
        return dots.table_with_dots(r, n)
    if len({len(row) for row in n.rows}) > 1:
        raise r.error(n, "The rows of this matrix are not equally long.", "Give every row the same number of entries.")
    return Matrix(n.start, n.end, n.depth, tuple(tuple(r.node(e) for e in row if e is not None) for row in n.rows))


def _scripted(r: Resolver, n: Scripted) -> Node:
    base = n.base
    if isinstance(base, Braces):
        inner = base.inner
        if isinstance(inner, Scripted) and not inner.primes:
            return r.node(
                Scripted(n.start, n.end, n.depth, inner.base, inner.below + n.below, inner.above + n.above, n.primes)
            )
        if isinstance(inner, Symbol):
            return r.node(Scripted(n.start, n.end, n.depth, inner, n.below, n.above, n.primes))
    if isinstance(base, Symbol):
        indicator = factors.indicator_below(r, n)
        return symbols.atom(r, n) if indicator is None else indicator
    if isinstance(base, Num) and (one := factors.indicator_below(r, n)) is not None:
        return one
    if isinstance(base, Num) and base.value == 1 and n.above and all(map(is_transpose, n.above)) and not n.below:
        # 1^T is a row of ones: a number is not turned.
        return symbols.scripts(r, n, Unit(base.start, base.end, 1, "ones", None, None), (), n.above, 0)
    if isinstance(base, Bars) and base.kind == "‖":
        return _norm(r, n, base)
    if n.primes:
        return _primed_bracket(r, n)
    if isinstance(base, Brackets) and any(is_transpose(m) for m in n.above):
        return symbols.scripts(r, n, _brackets(r, base, True), n.below, n.above, 0)
    return symbols.scripts(r, n, r.node(base), n.below, n.above, 0)


def _primed_bracket(r: Resolver, n: Scripted) -> Node:
    """[g(Z)]' is g'(Z)."""
    base = n.base
    inner = base.items[0] if isinstance(base, Brackets) and len(base.items) == 1 else base
    built = r.node(inner)
    while isinstance(built, Group):
        built = built.inner
    if not isinstance(built, Call) or (
        built.name not in r.names.scope.functions and r.names.function(built.name) is None
    ):
        raise r.error(n, "A prime stands behind a function.", "Write g'(z).")
    found = Call(n.start, n.end, built.depth, built.name, built.name_end, built.primes + n.primes, built.arguments, ())
    return symbols.scripts(r, n, found, n.below, n.above, 0)


def _norm(r: Resolver, n: Scripted, base: Bars) -> Node:
    """‖x‖_2 and ‖W‖_F are the norm, ‖x‖_1 the sum of absolute values."""
    operand = r.call(base, "norm", base.inner)
    if n.below:
        kind = n.below[0].inner
        if isinstance(kind, Num) and kind.value == 1:
            operand = call(base, "sum", r.call(base, "abs", base.inner))
        elif not (
            (isinstance(kind, Num) and kind.value == 2)
            or (isinstance(kind, Symbol) and kind.base in ("F", "Fro", "fro"))
        ):
            raise r.error(kind, "Of norms, ‖x‖_1, ‖x‖_2 and ‖W‖_F are read.", "Write the norm out.", "E-UNSUPPORTED")
    return symbols.scripts(r, n, operand, (), n.above, n.primes)


def _lone_partial(r: Resolver, n: Partial) -> Node:
    if n.operand is None:
        raise r.error(n, "∂ stands in a quotient.", r"Write \frac{\partial E}{\partial W}.")
    return Differential(n.start, n.end, n.depth, group(n, r.node(n.operand)))


def _dots(r: Resolver, n: Dots) -> Node:
    raise r.error(n, "Dots are read in sums, lists and matrices whose pattern can be seen.",
                  r"Write the sum with \sum, or all entries.")  # fmt: skip


_RULES: Mapping[type[Node], Callable[[Resolver, Any], Node]] = {
    Num: _number,
    Symbol: symbols.atom,
    Scripted: _scripted,
    Terms: _terms,
    Negated: _negated,
    Factors: factors.product,
    Braces: _braces,
    Brackets: _brackets,
    Bars: _bars,
    Fraction: _fraction,
    Root: _root,
    Applied: _applied,
    Relation: _relation,
    Cases: _cases,
    Table: _table,
    BigSum: sums.big_sum,
    Nabla: quotients.nabla,
    Partial: _lone_partial,
    Dots: _dots,
}
