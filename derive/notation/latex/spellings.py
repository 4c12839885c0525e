"""Spellings that a question declares under [notation]: matched against what was written, letters as variables.

A key such as `w_{jk}^{l}` matches `w_{12}^{l+1}`: its index and layer letters stand for whatever is there. Scripts that
the key does not have (a transpose, a power) may follow those that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from derive.errors import DeriveError
from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta
from derive.expression.scope import Scope
from derive.expression.shapes import known_shape
from derive.expression.sizes import SCALAR, Size
from derive.expression.traverse import tensors, walk
from derive.notation.latex.making import one_by_one
from derive.notation.latex.parser import parse
from derive.notation.latex.prepare import prepare
from derive.notation.latex.tokens import lex
from derive.notation.latex.tree import Braces, Colon, Factors, Mark, Scripted, Symbol
from derive.notation.limits import Limits
from derive.notation.source import Source
from derive.notation.syntax import Given, Node, Num, parts


@dataclass(frozen=True)
class Spelling:
    """A key as a tree, its value, and the letters in it that stand for anything."""

    key: tuple[Node, ...]
    value: Expression
    letters: frozenset[str]
    signs: tuple[str, ...] = ()
    """What stands between the parts of the key."""

    def runs_over(self, letter: str) -> Size | None:
        """The size that an index letter of the key runs over."""
        places = (p for e in walk(self.value) if isinstance(e, Component | KroneckerDelta) for p in (e.row, e.column))
        return next((p.size for p in places if isinstance(p, Index) and p.name == letter), None)


@dataclass(frozen=True)
class Match:
    """What a spelling matched: the expression, and the scripts behind it that belong to nothing yet."""

    given: Given
    below: tuple[Mark, ...]
    above: tuple[Mark, ...]
    primes: int
    length: int


def spellings_of(scope: Scope, limits: Limits, words: frozenset[str]) -> list[Spelling]:
    """The spellings of a scope, the most specific first; keys that are no LaTeX are left to the text reader."""
    found = []
    for text, value in scope.conventions.spellings.items():
        try:
            source = Source(text)
            tree = parse(source, prepare(source, lex(source, limits, words)), limits, words)
        except DeriveError:
            continue
        key, signs = (tree.factors, tree.signs) if isinstance(tree, Factors) else ((tree,), ())
        letters = _letters(value, scope) & frozenset(_symbols(tree))
        found.append(Spelling(tuple(key), value, letters, tuple(signs)))
    return sorted(found, key=lambda s: (-len(s.key), -_marks(s.key), -s.key[0].depth, len(s.letters)))


def _marks(key: Sequence[Node]) -> int:
    """How many scripts a key has: with more of them it is more specific."""
    found = 0
    pending = list(key)
    while pending:
        node = pending.pop()
        found += isinstance(node, Mark)
        pending.extend(parts(node))
    return found


def _symbols(node: Node, in_script: bool = False) -> Iterator[str]:
    """The letters in the scripts of a key."""
    if isinstance(node, Symbol) and in_script:
        yield node.base
    for part in parts(node):
        yield from _symbols(part, in_script or isinstance(node, Mark))


def _letters(value: Expression, scope: Scope) -> frozenset[str]:
    """The index and layer letters of a value that are not bound in it."""
    found: set[str] = set()
    bound = {e.index.name for e in walk(value) if isinstance(e, IndexSum)}
    for e in walk(value):
        if isinstance(e, Component | KroneckerDelta):
            found.update(p.name for p in (e.row, e.column) if isinstance(p, Index))
    layers = {str(s) for t in tensors(value) if t.layer is not None for s in t.layer.free_symbols}
    return frozenset(found - bound) | (layers & set(scope.layers))


def match(
    spellings: Sequence[Spelling],
    nodes: Sequence[Node],
    meant: Callable[[Spelling, str, Node], Node | None],
    signs: Sequence[str] | None = None,
) -> Match | None:
    """The first spelling that the nodes begin with; `meant` is what stands for a letter, None if it cannot.

    `signs` stand between the nodes; without them the nodes stand side by side.
    """
    between = tuple(signs) if signs is not None else ("",) * (len(nodes) - 1)
    for spelling in spellings:
        if len(spelling.key) <= len(nodes) and between[: len(spelling.signs)] == spelling.signs:
            found = _matched(spelling, nodes, meant)
            if found is not None:
                return found
    return None


def _matched(
    spelling: Spelling, nodes: Sequence[Node], meant: Callable[[Spelling, str, Node], Node | None]
) -> Match | None:
    letters: dict[str, Node] = {}
    *firsts, last = spelling.key
    if not all(_same(k, n, spelling.letters, letters) for k, n in zip(firsts, nodes, strict=False)):
        return None
    first, final = nodes[0], nodes[len(firsts)]
    rest = _atom(last, final, spelling.letters, letters)
    if rest is None or set(letters) != spelling.letters:
        return None
    if rest[0] and known_shape(spelling.value) == SCALAR:
        # A number has no entries: with a subscript another thing is meant.
        return None
    stands = {letter: meant(spelling, letter, part) for letter, part in letters.items()}
    found = tuple((letter, part) for letter, part in stands.items() if part is not None)
    if len(found) < len(stands):
        return None
    return Match(Given(first.start, final.end, 2, spelling.value, found), *rest, len(spelling.key))


def _parts(node: Node) -> tuple[Node, tuple[Mark, ...], tuple[Mark, ...], int]:
    """What stands below all scripts, and the scripts; braces that only group fall away."""
    if isinstance(node, Braces):
        return _parts(node.inner)
    if not isinstance(node, Scripted):
        return node, (), (), 0
    base, below, above, primes = _parts(node.base) if isinstance(node.base, Braces) else (node.base, (), (), 0)
    return base, below + node.below, above + node.above, primes + node.primes


def _atom(
    key: Node, node: Node, variables: frozenset[str], letters: dict[str, Node]
) -> tuple[tuple[Mark, ...], tuple[Mark, ...], int] | None:
    """The scripts of a node that are left over when the key has taken its own; None if it does not match."""
    base, below, above, primes = _parts(key)
    own_base, own_below, own_above, own_primes = _parts(node)
    # A letter that carries the scripts is a name, also where the same letter stands for something in them.
    inside = frozenset() if isinstance(base, Symbol) else variables
    if not _same(base, own_base, inside, letters) or own_primes < primes or len(own_above) < len(above):
        return None
    wanted, have = one_by_one(below), one_by_one(own_below)
    if len(wanted) == 2 and len(have) == 1 and isinstance(have[0], Num) and len(str(have[0].value)) == 2:
        have = _digits(have[0])
    if len(wanted) > len(have) or (wanted and len(wanted) != len(have)):
        return None
    if not all(_same(k, n, variables, letters) for k, n in zip(wanted, have, strict=False)):
        return None
    for k, n in zip(above, own_above, strict=False):
        if k.bracket != n.bracket or not _same(k.inner, n.inner, variables, letters):
            return None
    left = () if wanted else own_below
    if any(m.bracket for m in own_above[len(above) :]) and own_above != above:
        # What stands in brackets marks a layer or an example: with it another thing is meant.
        return None
    return left, own_above[len(above) :], own_primes - primes


def _digits(node: Num) -> list[Node]:
    return [Num(node.start, node.end, 1, type(node.value)(int(d)), True) for d in str(node.value)]


def spells(spelling: Spelling, node: Node) -> bool:
    """Whether a spelling is of the same letter with another index: beside δ_j, a δ_i is no new name."""
    first, _, _, _ = _parts(spelling.key[0])
    base, below, _, _ = _parts(node)
    return bool(spelling.letters and below) and len(spelling.key) == 1 and alike(first, base)


def is_written_so(spelling: Spelling, node: Node) -> bool:
    """Whether a node has the letters of a key itself, in the same places below."""
    first, wanted, _, _ = _parts(spelling.key[0])
    base, below, _, _ = _parts(node)
    marks = zip(one_by_one(wanted), one_by_one(below), strict=False)
    return alike(first, base) and len(wanted) == len(below) and all(alike(k, n) for k, n in marks)


def alike(a: Node | None, b: Node | None) -> bool:
    """Whether two parts of a formula are written alike, up to place, font and braces that are not seen."""
    return a is not None and b is not None and _same(a, b, frozenset(), {})


def _same(key: Node, node: Node, variables: frozenset[str], letters: dict[str, Node]) -> bool:
    """Whether two parts are the same up to place, font, invisible braces, and what the letters stand for."""
    while isinstance(key, Braces):
        key = key.inner
    while isinstance(node, Braces):
        node = node.inner
    if isinstance(key, Symbol) and key.base in variables and not key.accent:
        if isinstance(node, Colon):
            return False
        return _same(letters.setdefault(key.base, node), node, frozenset(), {})
    if isinstance(key, Symbol):
        if not isinstance(node, Symbol) or key.name != node.name:
            return False
        return key.font in ("", "plain") or key.font == node.font
    if type(key) is not type(node):
        return False
    places = ("start", "end", "depth")
    return all(
        _alike(getattr(key, f.name), getattr(node, f.name), variables, letters)
        for f in fields(key)
        if f.name not in places
    )


def _alike(a: object, b: object, variables: frozenset[str], letters: dict[str, Node]) -> bool:
    if isinstance(a, Node) and isinstance(b, Node):
        return _same(a, b, variables, letters)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_alike(x, y, variables, letters) for x, y in zip(a, b, strict=True))
    return a == b
