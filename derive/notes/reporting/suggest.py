"""A context block for names that are missing: to be edited, with the shapes that use and custom give them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

from derive.errors import DeriveError
from derive.expression.functions import ALIASES, FUNCTIONS
from derive.expression.sizes import ONE, Shape
from derive.notation.characters import GREEK_NAMES
from derive.notation.names import spelling
from derive.notes.formulas.functions import is_lone
from derive.notes.judging.by_itself import BY_ITSELF, as_latex
from derive.notes.reporting.report import Missing, Report
from derive.notes.reporting.suggest_network import is_of_any_layer, network
from derive.standalone import check_standalone

_HINT = '# A draft. Correct the shapes: [] is a scalar, ["n"] a column, ["n", "m"] a matrix.'
_SIZES = "nmkpqrst"
_FUNCTIONS = frozenset({*FUNCTIONS, *ALIASES})
"""Names that no context can give a shape."""
SCALARS = frozenset({"lam", "eta", "E", "J", "L", "C", "N", "t", "alpha", "beta", "loss"})
VECTORS = frozenset({"delta"})


def suggested(report: Report) -> str:
    """A block of TOML with every name that is not declared; each line says where it is used.

    Shapes are such that the formulas conform, each read as one that speaks for itself. Where that says nothing, Greek
    letters are scalars, lower-case letters column vectors, capitals matrices.
    """
    if not report.missing:
        return "# Every name is declared; there is nothing to suggest.\n"
    shapes = _Shapes()
    for latex in _formulas(report):
        shapes.learn(_reading(latex))
    uses = {spelling(m.name): (m.name, _uses(m)) for m in report.missing}
    for latex in _alone(report):
        found = _reading(latex)
        shapes.learn(found)
        for name in found:
            uses.setdefault(spelling(name), (name, "in an equation that spoke for itself"))
    taken = {name for name, _ in uses.values()}
    known = {spelling(name): shape for name, shape in shapes.named(taken).items()}
    head, given = network(taken, _all(report)) if is_of_any_layer(taken) else ([], frozenset())
    uses = {key: use for key, use in uses.items() if use[0] not in given | _FUNCTIONS}
    written = [(known.get(key, custom(name, taken)), name, use) for key, (name, use) in uses.items()]
    written.sort(key=lambda row: (row[0].count('"'), row[1]))
    width = max((len(_key(name)) + len(shape) for shape, name, _ in written), default=0)
    lines = [f"{f'{_key(name)} = {shape}':<{width + 3}}  # {use}" for shape, name, use in written]
    is_latex = all(Path(m.file).suffix == ".tex" for m in report.missing)
    block = [_HINT, *head, *(["[shapes]"] if lines else []), *lines]
    if is_latex:
        return "\n".join(["% derive:", *(f"% {line}" for line in block), "% end derive"]) + "\n"
    return "\n".join(["```derive", *block, "```"]) + "\n"


def _formulas(report: Report) -> Iterator[str]:
    return (e.judgement.latex for file in report.files for e in file.entries if e.judgement.missing)


def _all(report: Report) -> list[str]:
    return [e.judgement.latex for file in report.files for e in file.entries]


def _alone(report: Report) -> Iterator[str]:
    """Equations that were read by themselves: with a context they are read in it."""
    entries = (e for file in report.files for e in file.entries)
    return (e.judgement.latex for e in entries if (e.judgement.reason or "").startswith(BY_ITSELF))


def _reading(latex: str) -> Mapping[str, Shape]:
    """The shapes in which a formula conforms; none if it does not speak for itself."""
    left, sign, right = latex.partition("=")
    if sign and is_lone(left):
        # What is on the left is to have a shape, too, and not to be defined.
        latex = f"{right} - ({left}) = {right} - ({left})"
    try:
        found = check_standalone(as_latex(latex)).reading
    except DeriveError:
        return {}
    return {} if found is None else dict(found.shapes)


class _Shapes:
    """Shapes of many formulas together: a name has one shape, so what its axes are called in each is one size."""

    def __init__(self) -> None:
        self._shapes: dict[str, tuple[str | None, ...]] = {}
        self._same: dict[str, str] = {}
        self._count = 0

    def learn(self, shapes: Mapping[str, Shape]) -> None:
        """The shapes in one formula; what contradicts the formulas before it is left out."""
        own: dict[str, str] = {}
        for name, shape in shapes.items():
            sides: list[str | None] = []
            for side in shape:
                if side == ONE:
                    sides.append(None)
                    continue
                if str(side) not in own:
                    self._count += 1
                    own[str(side)] = f"size{self._count}"
                sides.append(own[str(side)])
            before = self._shapes.setdefault(name, tuple(sides))
            if [side is None for side in before] == [side is None for side in sides]:
                for a, b in zip(before, sides, strict=True):
                    if a is not None and b is not None:
                        self._same[self._root(a)] = self._root(b)

    def _root(self, side: str) -> str:
        while self._same.get(side, side) != side:
            side = self._same[side]
        return side

    def named(self, taken: Container[str] = ()) -> dict[str, str]:
        """The shapes as TOML, sizes by letters that are no names."""
        letters: dict[str, str] = {}
        free = [letter for letter in _SIZES if letter not in taken]
        out = {}
        for name, sides in self._shapes.items():
            words = []
            for side in sides:
                root = None if side is None else self._root(side)
                if root is not None and root not in letters:
                    place = len(letters)
                    letters[root] = free[place] if place < len(free) else f"n{place}"
                words.append("1" if root is None else f'"{letters[root]}"')
            out[name] = _toml(words)
        return out


def _toml(words: list[str]) -> str:
    if words == ["1", "1"]:
        return "[]"
    return f"[{words[0]}]" if words[1] == "1" else f"[{', '.join(words)}]"


def _uses(missing: Missing) -> str:
    return f"{missing.count} formula{'s' * (missing.count != 1)}, first in line {missing.line}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f"'{name}'"


def custom(name: str, taken: Container[str] = ()) -> str:
    """The shape that custom gives a name, as TOML, its sizes being no names that are `taken`.

    >>> custom("lam"), custom("x"), custom("W1", {"n"})
    ('[]', '["n"]', '["m", "k"]')
    """
    rows, columns = [letter for letter in (*_SIZES, "n_1", "n_2") if letter not in taken][:2]
    if name.endswith("[l]"):
        return '["n[l]", "n[l-1]"]' if name[:1].isupper() else '["n[l]"]'
    base = re.sub(r"[\d_]+$", "", name)
    if base in SCALARS or base in GREEK_NAMES:
        return "[]"
    return f'["{rows}", "{columns}"]' if base[:1].isupper() and base not in VECTORS else f'["{rows}"]'
