r"""Letters with scripts: which declared name they spell, and which scripts are layers, entries, powers, transposes.

A script can be part of a name (W_1, W^{(1)}, W_{hh}), a layer (W^{[l]}), an entry (W_{jk}), an example (x^{(i)}), a
transpose or a power. What is declared decides; where several ways fit what is declared, each is a reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.expression.nodes import Expression
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.chains import known_shape
from derive.notation.latex import euler
from derive.notation.latex.making import (
    is_greek,
    is_row_and_column,
    is_transpose,
    letter_by_letter,
    name,
    one_by_one,
    raised,
    subscripted,
    transposed,
    word,
)
from derive.notation.latex.refusals import primed, unknown
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.spellings import spells
from derive.notation.latex.tree import Factors, Mark, ProductSign, Scripted, Symbol, TransposeSign
from derive.notation.syntax import Node, Num, Span, Unit, height


@dataclass(frozen=True)
class Option:
    """One way to read a letter with its scripts: a declared name, and the scripts that are not part of it."""

    name: str
    value: Expression
    below: tuple[Node, ...]
    above: tuple[Mark, ...]
    is_certain: bool = True


def atom(r: Resolving, node: Node) -> Node:
    """The part of the common tree for a letter with scripts; ReadError if it is no declared name."""
    matched = r.spelled([node])
    if matched is not None:
        return scripts(r, node, matched.given, matched.below, matched.above, matched.primes)
    symbol, below, above, primes = taken_apart(node)
    if primes:
        raise primed(r, node, symbol)
    options = [o for o in _marked(_options(r, symbol, below, above)) if _fits(r, o)]
    if options and symbol.name == "e" and not below and euler.is_meant(r, [o.above for o in options]):
        return r.call(node, "exp", above[0].inner)
    if not options:
        special = _special(r, node, symbol, below, above)
        if special is not None:
            return special
        options = [o for o in _other_case(r, symbol, below, above) if _fits(r, o)]
    if not options:
        raise unknown(r, node, symbol, [o.value for o in _options(r, symbol, below, above)], bool(below or above))
    options = _preferred(options)
    chosen = options[r.pick(("name", symbol.name, _form(below), _form(above)), len(options))]
    if len(chosen.above) < len(above) and any(_is_number(m) for m in above):
        r.choices.style("above")
    elif below and isinstance(below[0].inner, Num) and len(chosen.below) < len(one_by_one(below)):
        r.choices.style("below")
    return _placed(r, node, chosen)


def is_unknown(r: Resolving, node: Node) -> bool:
    """Whether a letter with scripts spells no name, no number and no function that is known."""
    if not isinstance(node, Symbol) and not (isinstance(node, Scripted) and isinstance(node.base, Symbol)):
        return False
    if r.spelled([node]) is not None or any(spells(s, node) for s in r.spellings):
        return False
    symbol, below, above, primes = taken_apart(node)
    if primes or not all(_is_of_number(r, o) for o in _options(r, symbol, below, above)):
        return False
    if symbol.name == "e" and below and not above:
        return True  # e_2 = a_2 - y names an error; that a unit vector is something, nobody claims
    is_known = any(_fits(r, o) for o in _other_case(r, symbol, below, above))
    return not is_known and symbol.name not in ("e", "pi") and not symbol.name.isdigit()


def _is_of_number(r: Resolving, option: Option) -> bool:
    """Whether a subscript that counts is left over at a number: beside C, C_2 is another quantity."""
    is_number = known_shape(option.value) == SCALAR and not r.names.is_family(option.value)
    return is_number and len(option.below) == 1 and isinstance(option.below[0], Num) and not option.above


def taken_apart(node: Node) -> tuple[Symbol, tuple[Mark, ...], tuple[Mark, ...], int]:
    if isinstance(node, Scripted):
        assert isinstance(node.base, Symbol)
        return node.base, node.below, _split_transposes(node.above), node.primes
    assert isinstance(node, Symbol)
    return node, (), (), 0


def _split_transposes(above: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """^{lT} is a layer and a transpose."""
    out: list[Mark] = []
    for mark in above:
        inner = mark.inner
        last = inner.factors[-1] if isinstance(inner, Factors) and not any(inner.signs) else None
        if isinstance(inner, Factors) and isinstance(last, Symbol) and last.name == "T":
            rest = inner.factors[:-1]
            kept = (
                rest[0] if len(rest) == 1 else Factors(inner.start, rest[-1].end, height(*rest), rest, inner.signs[:-1])
            )
            out += [
                Mark(mark.start, kept.end, mark.depth, kept),
                Mark(last.start, last.end, 2, TransposeSign(last.start, last.end, 1)),
            ]
        else:
            out.append(mark)
    return tuple(out)


# ---- which name


def base_names(symbol: Symbol) -> list[str]:
    """The names that a letter may spell: its font may be part of the name."""
    fonts = {"script": ["cal", "mathcal", ""], "bold": ["", "bf"], "double": ["bb", ""]}.get(symbol.font, [""])
    return [prefix + symbol.name for prefix in fonts]


def _options(r: Resolving, symbol: Symbol, below: Sequence[Mark], above: Sequence[Mark]) -> list[Option]:
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


def _marked(options: list[Option]) -> list[Option]:
    """Where a mark in brackets makes a declared name, W^{(1)}, it is no example of another one."""
    free = [o for o in options if not any(m.bracket for m in o.above)]
    return free if len(free) < len(options) and free else options


def _preferred(options: list[Option]) -> list[Option]:
    """A declared name without scripts left over is meant; but x^2 may be a power of x even if there is an x2."""
    whole = [o for o in options if not o.below and all(is_transpose(m) for m in o.above)]
    powers = [o for o in options if not o.below and any(_is_number(m) for m in o.above)]
    if whole:
        return [*powers, *whole] if powers else whole[:1]
    layered = [o for o in options if not any(m.bracket for m in o.above)]
    return layered or options


def _is_number(mark: Mark) -> bool:
    return not mark.bracket and isinstance(mark.inner, Num)


def _other_case(r: Resolving, symbol: Symbol, below: Sequence[Mark], above: Sequence[Mark]) -> list[Option]:
    """Entries are often small where the matrix is capital: w_{jk} of W, x^{(i)} of X."""
    if not symbol.base.islower() or (not below and not any(not is_transpose(m) for m in above)):
        return []
    if any(isinstance(n, Num) and n.value == 0 for n in one_by_one(below)):
        return []
    capital = Symbol(symbol.start, symbol.end, 1, symbol.base.capitalize(), symbol.accent, symbol.font, symbol.is_word)
    return [o for o in _options(r, capital, below, above) if o.below or _examples(r, o)]


def _fits(r: Resolving, option: Option) -> bool:
    """Whether the scripts that are left can mean something for what the name stands for."""
    below, above = list(option.below), [m for m in option.above if not is_transpose(m)]
    if r.names.is_family(option.value):
        layer = _layer(r, below, above)
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


# ---- layers, entries, examples


def _layer(r: Resolving, below: list[Node], above: list[Mark]) -> tuple[Node, list[Node], list[Mark]] | None:
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


def _placed(r: Resolving, node: Node, option: Option) -> Node:
    below, above = list(option.below), list(option.above)
    text = option.name
    operand: Node = name(node, text)
    positions: list[Node] = []
    value = option.value
    if r.names.is_family(value):
        found = _layer(r, below, [m for m in above if not is_transpose(m)])
        assert found is not None
        layer, below, rest = found
        above = [m for m in above if is_transpose(m) or m in rest]
        operand = subscripted(node, operand, [layer])
        positions = [layer]
    samples = [m for m in above if not is_transpose(m) and is_example(r, m)]
    above = [m for m in above if m not in samples]
    size = known_shape(value) or SCALAR
    entry = _entry(r, node, size, below, samples, value)
    if entry:
        operand = subscripted(node, name(node, text), [*positions, *entry])
        is_row = len(entry) == 2 and isinstance(entry[1], Span) and taken_apart(node)[0].base.islower()
        if is_row and text[:1].isupper() and r.choices.prefer(("row", text), 2):
            # The rows of X are written x_i, and are columns: X has the rows x_iᵀ.
            operand = transposed(node, operand)
    return scripts(r, node, operand, (), tuple(above), 0, size if not entry else SCALAR)


def _entry(
    r: Resolving, node: Node, size: Shape, below: list[Node], samples: list[Mark], value: Expression
) -> list[Node]:
    """The positions of an entry, a row or a column; [] for the whole."""
    if len(below) == 1 and isinstance(below[0], Num) and is_row_and_column(below[0], size):
        digits = str(below[0].value)
        below = [Num(below[0].start, below[0].end, 1, type(below[0].value)(int(d)), True) for d in digits]
    labels = [r.position(n) for n in below]
    examples = [r.position(m.inner) for m in samples]
    if not labels and not examples:
        return []
    colon = Span(node.start, node.end, 1, None)
    if size == SCALAR and not examples:
        return []
    if ONE in size:
        return [*labels, *examples]
    by_row = r.examples_are_rows(node)
    if len(examples) == 1:
        other = labels or [colon]
        return [*examples, *other] if by_row else [*other, *examples]
    if len(labels) == 1:
        # W_j: a row as in w_j^T x, or a column; a capital X_i is an example.
        rows_first = r.pick(("axis", str(value)), 2) == 0
        return [labels[0], colon] if rows_first else [colon, labels[0]]
    return labels


def scripts(
    r: Resolving,
    node: Node,
    operand: Node,
    below: Sequence[Mark],
    above: Sequence[Mark],
    primes: int,
    size: Shape | None = None,
) -> Node:
    """Entries, transposes and powers of anything."""
    if primes:
        raise r.error(node, "A prime stands behind functions only.", "^T transposes; f'(z) is a derivative.")
    labels = [r.position(n) for n in one_by_one(below)]
    if labels:
        operand = subscripted(node, operand, labels)
    entrywise = False
    for mark in above:
        if is_transpose(mark):
            if r.written(mark) == "T" and r.is_scalar("T"):
                raise r.error(mark, "T is a quantity here.", r"Write ^\top to transpose, ^{(T)} or \exp for others.")
            operand = transposed(node, operand)
        elif isinstance(mark.inner, ProductSign):
            entrywise = True
        elif mark.bracket and is_example(r, mark) and isinstance(mark.inner, Symbol):
            raise r.error(
                node, f"What {r.written(node)} means is not declared.", "Declare it under [notation].", "E-NAME"
            )
        else:
            exponent = r.node(mark.inner)
            operand = raised(node, operand, exponent) if entrywise else r.power(node, operand, exponent)
    return operand


# ---- e, π, I, 1, unit vectors


def _special(r: Resolving, node: Node, symbol: Symbol, below: Sequence[Mark], above: Sequence[Mark]) -> Node | None:
    if symbol.name == "e" and not below:
        return euler.number(r, node)
    if symbol.name == "pi" and not below:
        return scripts(r, node, name(node, "pi"), (), above, 0)
    labels = one_by_one(below)
    is_free = r.names.find("delta") is None and all(isinstance(n, Symbol | Num) for n in labels)
    if symbol.name == "delta" and len(labels) == 2 and (is_free or not r.has_commas(below)):
        return scripts(r, node, r.kronecker(node, labels), (), above, 0)
    if symbol.name == "I" or (symbol.name == "1" and symbol.font):
        kind = "identity" if symbol.name == "I" else "ones"
        unit = _sized(r, node, kind, labels, above)
        if unit is None:
            return None
        return scripts(r, node, unit, (), above, 0)
    if symbol.name == "e" and len(labels) == 1 and not any(not is_transpose(m) for m in above):
        unit_vector = Unit(node.start, node.end, 2, "unit", r.position(labels[0]), None)
        return scripts(r, node, unit_vector, (), above, 0)
    if symbol.name.isdigit() and symbol.font in ("", "plain"):
        number = Num(node.start, node.end, 1, Fraction(symbol.name), True)
        return scripts(r, node, number, below, above, 0)
    if len(labels) == 1 and not above:  # n_l, the width of a layer
        layer = r.layer_node(labels[0])
        if layer is not None and r.size_of_layer(symbol.name, layer):
            return subscripted(node, name(node, symbol.name), [layer])
    return None


def _sized(r: Resolving, node: Node, kind: str, labels: list[Node], above: Sequence[Mark]) -> Node | None:
    """I_n, 1_N, 1_{n×m}; without a size it is one of those that are declared."""
    if len(labels) > 1:
        return None
    if not labels:
        return Unit(node.start, node.end, 1, kind, None, None)  # type: ignore[arg-type]
    inner = labels[0]
    if isinstance(inner, Factors) and inner.signs == ("×",) and kind == "ones":
        return r.call(node, "ones", *inner.factors)
    return r.call(node, "ones" if kind == "ones" else "eye", inner)


# ---- errors


def _form(marks: Sequence[Mark]) -> tuple[str, ...]:
    """What kind of scripts they are: the same kind is read the same way throughout a formula."""
    return tuple(
        m.bracket + ("0" if isinstance(n, Num) else "i" if isinstance(n, Symbol) else type(n).__name__)
        for m in marks
        for n in one_by_one([m])
    )
