r"""Letters with scripts in the common tree: which scripts are layers, entries, powers, transposes.

A script can be part of a name (W_1, W^{(1)}, W_{hh}), a layer (W^{[l]}), an entry (W_{jk}), an example (x^{(i)}), a
transpose or a power. What is declared decides; where several ways fit what is declared, each is a reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.expression.nodes import Expression
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.latex import euler
from derive.notation.latex.candidates import (
    Option,
    fits,
    is_example,
    is_number,
    layer_of,
    of_other_case,
    options_of,
    preferred,
    without_examples,
)
from derive.notation.latex.making import (
    index_letter,
    is_row_and_column,
    is_transpose,
    name,
    one_by_one,
    raised,
    subscripted,
    transposed,
)
from derive.notation.latex.refusals import primed, unknown
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.spellings import spells
from derive.notation.latex.tree import Factors, Mark, ProductSign, Scripted, Symbol, TransposeSign
from derive.notation.syntax import Node, Num, Span, Unit, height


def atom(r: Resolving, node: Node) -> Node:
    """The part of the common tree for a letter with scripts; ReadError if it is no declared name."""
    matched = r.spelled([node])
    if matched is not None:
        return scripts(r, node, matched.given, matched.below, matched.above, matched.primes)
    symbol, below, above, primes = taken_apart(node)
    if primes:
        raise primed(r, node, symbol)
    options = [o for o in without_examples(options_of(r, symbol, below, above)) if fits(r, o)]
    if options and symbol.name == "e" and not below and euler.is_meant(r, [o.above for o in options]):
        return r.call(node, "exp", above[0].inner)
    if not options:
        special = _special(r, node, symbol, below, above)
        if special is not None:
            return special
        options = [o for o in of_other_case(r, symbol, below, above) if fits(r, o)]
    if not options:
        raise unknown(r, node, symbol, [o.value for o in options_of(r, symbol, below, above)], bool(below or above))
    options = preferred(options)
    chosen = options[r.pick(("name", symbol.name, _form(below), _form(above)), len(options))]
    if len(chosen.above) < len(above) and any(is_number(m) for m in above):
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
    if primes or not all(_is_of_number(r, o) for o in options_of(r, symbol, below, above)):
        return False
    if symbol.name == "e" and below and not above:
        return True  # e_2 = a_2 - y names an error; that a unit vector is something, nobody claims
    is_known = any(fits(r, o) for o in of_other_case(r, symbol, below, above))
    return not is_known and symbol.name not in ("e", "pi") and not symbol.name.isdigit()


def _is_of_number(r: Resolving, option: Option) -> bool:
    """Whether a subscript that counts is left over at a number: beside C, C_2 is another quantity."""
    is_number = known_shape(option.value) == SCALAR and not r.names.is_family(option.value)
    return is_number and len(option.below) == 1 and isinstance(option.below[0], Num) and not option.above


def taken_apart(node: Node) -> tuple[Symbol, tuple[Mark, ...], tuple[Mark, ...], int]:
    """A letter, what stands below and above it, and how many primes it has."""
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


# ---- layers, entries, examples


def _placed(r: Resolving, node: Node, option: Option) -> Node:
    below, above = list(option.below), list(option.above)
    text = option.name
    operand: Node = name(node, text)
    positions: list[Node] = []
    value = option.value
    if r.names.is_family(value):
        found = layer_of(r, below, [m for m in above if not is_transpose(m)])
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
    if symbol.name == "delta" and len(labels) == len(above) == 1 and _is_mixed(r, labels[0], above[0]):
        return r.kronecker(node, [above[0].inner, labels[0]])  # δ^i_j
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


def _is_mixed(r: Resolving, below: Node, above: Mark) -> bool:
    """Whether one index stands below, and one above that is no layer, where nothing is called δ."""
    letters = (index_letter(below), index_letter(above.inner))
    is_free = r.names.find("delta") is None and not above.bracket and not is_transpose(above)
    return is_free and all(letter and letter not in r.names.scope.layers for letter in letters)


def _sized(r: Resolving, node: Node, kind: str, labels: list[Node], above: Sequence[Mark]) -> Node | None:
    """I_n, 1_N, 1_{n×m}; without a size it is one of those that are declared."""
    if len(labels) > 1:
        return None
    if not labels:
        return Unit(node.start, node.end, 1, kind, None, None)  # type: ignore[arg-type]
    inner = labels[0]
    if isinstance(inner, TransposeSign):
        return r.call(node, "ones" if kind == "ones" else "eye", Symbol(inner.start, inner.end, 1, "T"))
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
