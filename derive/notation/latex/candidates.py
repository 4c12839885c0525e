r"""Which declared names a letter with scripts may spell, and what the scripts are that are left.

W_1 may be a name of its own, the first entry of W, or W in its first layer; what is declared decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.expression.nodes import Expression
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.latex.making import is_greek, is_transpose, letter_by_letter, one_by_one, word
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Mark, ProductSign, Symbol, TransposeSign
from derive.notation.syntax import Node, Num


@dataclass(frozen=True)
class Option:
    """One way to read a letter with its scripts: a declared name, and the scripts that are not part of it."""

    name: str
    value: Expression
    below: tuple[Node, ...]
    above: tuple[Mark, ...]


def base_names(symbol: Symbol) -> list[str]:
    """The names that a letter may spell: its font may be part of the name."""
    fonts = {"script": ["cal", "mathcal", ""], "bold": ["", "bf"], "double": ["bb", ""]}.get(symbol.font, [""])
    return [prefix + symbol.name for prefix in fonts]


def options_of(r: Resolving, symbol: Symbol, below: Sequence[Mark], above: Sequence[Mark]) -> list[Option]:
    """Every declared name that a letter and some of its scripts spell; the longest first."""
    found: list[Option] = []
    labels = tuple(one_by_one(below))
    marks = [m for m in above if not is_transpose(m)]
    if any(isinstance(m.inner, ProductSign) for m in marks):
        marks = []  # an entrywise power is no part of a name
    raised_word = word([marks[0].inner]) if marks else ""
    lowered = word(labels)
    rest_above = tuple(m for m in above if not marks or m is not marks[0])
    for base in base_names(symbol):
        candidates = [
            (f"{base}_{lowered}_{raised_word}", (), rest_above, bool(lowered and raised_word)),
            (f"{base}_{raised_word}_{lowered}", (), rest_above, _says_which(lowered, raised_word)),
            (f"{base}_{lowered}", (), tuple(above), bool(lowered)),
            (f"{base}_{raised_word}", labels, rest_above, bool(raised_word)),
            (f"{base}_{word(labels[:1])}", letter_by_letter(labels[1:]), tuple(above), bool(labels[1:] and lowered)),
            (base, labels, tuple(above), True),
        ]
        for text, left_below, left_above, is_possible in candidates:
            value = r.names.find(text) if is_possible and not is_greek(base, text, r.names.scope) else None
            if value is not None and not any(
                o.value == value and o.below == left_below and o.above == left_above for o in found
            ):
                found.append(Option(text, value, left_below, left_above))
    return found


def _says_which(lowered: str, raised: str) -> bool:
    """Whether a name may have its scripts in the other order: two numbers would say another unit of another layer."""
    return bool(lowered and raised) and not (lowered.isdigit() and raised.isdigit())


def without_examples(options: list[Option]) -> list[Option]:
    """Where a mark in brackets makes a declared name, W^{(1)}, it is no example of another one."""
    free = [o for o in options if not any(m.bracket for m in o.above)]
    return free if len(free) < len(options) and free else options


def preferred(options: list[Option]) -> list[Option]:
    """A declared name without scripts left over is meant; but x^2 may be a power of x even if there is an x2."""
    whole = [o for o in options if not o.below and all(is_transpose(m) for m in o.above)]
    powers = [o for o in options if not o.below and any(is_number(m) for m in o.above)]
    if whole:
        return [*powers, *whole] if powers else whole[:1]
    if powers:
        # g_t² of a declared g_t is no power of an entry of g; a number above may still be a layer's.
        options = [o for o in options if not o.below or not any(is_number(m) for m in o.above)]
    layered = [o for o in options if not any(m.bracket for m in o.above)]
    return layered or options


def is_number(mark: Mark) -> bool:
    """Whether a superscript is a number without brackets: a power, unless it is part of a name."""
    return not mark.bracket and isinstance(mark.inner, Num)


def of_other_case(r: Resolving, symbol: Symbol, below: Sequence[Mark], above: Sequence[Mark]) -> list[Option]:
    """Entries are often small where the matrix is capital: w_{jk} of W, x^{(i)} of X."""
    if not symbol.base.islower() or (not below and not any(not is_transpose(m) for m in above)):
        return []
    if any(isinstance(n, Num) and n.value == 0 for n in one_by_one(below)):
        return []
    capital = Symbol(symbol.start, symbol.end, 1, symbol.base.capitalize(), symbol.accent, symbol.font, symbol.is_word)
    return [o for o in options_of(r, capital, below, above) if o.below or _examples(r, o)]


def fits(r: Resolving, option: Option) -> bool:
    """Whether the scripts that are left can mean something for what the name stands for."""
    below, above = list(option.below), [m for m in option.above if not is_transpose(m)]
    if r.names.is_family(option.value):
        layer = layer_of(r, below, above)
        if layer is None:
            return False
        below, above = layer[1], layer[2]
    size = known_shape(option.value)
    if size is None:
        return not below
    samples = [m for m in above if is_example(r, m)]
    axes = sum(1 for side in size if side != ONE)
    count = len(below) + len(samples)
    if len(below) == 1 and isinstance(below[0], Num) and axes == 2 and len(str(below[0].value)) == 2 and not samples:
        count = 2
    fits = count <= axes or (not samples and _may_count_units(r, option) and _names_units(size, below))
    return fits and len(above) - len(samples) <= 1 + sum(isinstance(m.inner, ProductSign) for m in above)


def _may_count_units(r: Resolving, option: Option) -> bool:
    """Whether a number may be what a layer with one unit has: b_1^{[3]} for b^{[3]}; C_1 is no C."""
    return known_shape(option.value) != SCALAR or "_" in option.name or r.names.is_family(option.value)


def _names_units(size: Shape, labels: Sequence[Node]) -> bool:
    """Whether labels are 1 along every axis that has one entry only: w_{1,4} of a row, b_1 of a number."""
    if len(labels) > 2 or (len(labels) == 1 and size != SCALAR):
        return False
    return all(isinstance(n, Num) and n.value == 1 for n, side in zip(labels, size, strict=False) if side == ONE)


def is_example(r: Resolving, mark: Mark) -> bool:
    """Whether a superscript says which example: (i), or a letter that is no quantity."""
    inner = mark.inner
    if isinstance(inner, TransposeSign | ProductSign):
        return False
    if mark.bracket:
        return True
    return (
        isinstance(inner, Symbol)
        and not inner.is_word
        and r.names.find(inner.name) is None
        and inner.name not in ("star", "pi", "e")
    )


def _examples(r: Resolving, option: Option) -> bool:
    return any(is_example(r, m) for m in option.above if not is_transpose(m))


def layer_of(r: Resolving, below: list[Node], above: list[Mark]) -> tuple[Node, list[Node], list[Mark]] | None:
    """The script that is the layer of a family, and those that are left; None if there is none."""
    for place, mark in enumerate(above):
        inner = r.layer_node(mark.inner)
        if inner is not None:
            return inner, below, above[:place] + above[place + 1 :]
    for place, node in enumerate(below):
        inner = r.layer_node(node)
        if inner is not None:
            return inner, below[:place] + below[place + 1 :], above
    return None
