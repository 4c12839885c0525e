r"""The slip between a wrong side and the right one where they differ in one place: a transpose, a layer, an index, a ⊙.

Every small change of `repairs` is a slip undone; what it is called can be seen from the tokens that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.checking.verdicts.verdict import Mistake
from derive.mistakes.finding import NOTES
from derive.mistakes.table import MISTAKES
from derive.notes.correcting.links import missing_link
from derive.notes.correcting.repairs import Token, tokens_of

_TRANSPOSES = (["\\top"], ["T"], ["\\intercal"], ["\\T"])
_LAYERS = {
    "w": "weights-of-other-layer", "b": "weights-of-other-layer", "d": "delta-of-other-layer",
    "\\delta": "delta-of-other-layer", "a": "activation-of-other-layer", "h": "activation-of-other-layer",
    "x": "activation-of-other-layer", "z": "slope-of-other-layer",
}  # fmt: skip
_LETTERS = {
    ("z", "a"): "pre-activation-for-activation", ("Z", "A"): "pre-activation-for-activation",
    ("a", "z"): "slope-at-activation", ("A", "Z"): "slope-at-activation",
}  # fmt: skip
_SIGNS = {
    (("\\odot",), ()): "elementwise-for-matrix", ((), ("\\odot",)): "matrix-for-elementwise",
    (("\\circ",), ()): "elementwise-for-matrix", ((), ("'",)): "function-for-derivative",
    (("'",), ()): "second-derivative", (("+",), ("-",)): "plus-for-minus", (("-",), ("+",)): "minus-for-plus",
    (("^", "2"), ()): "exponent-not-lowered", ((), ("^", "2")): "exponent-too-low", (("2",), ()): "factor-two",
}  # fmt: skip


UNNAMED = frozenset({"shape", "wrong-part"})
"""What is said of a mistake that has no name."""

LITERAL = frozenset((*_LETTERS.values(), *_LAYERS.values(), "sign-in-exponent", "missing-factor"))
"""Slips of a letter, number or link: where one puts a line right, that is what happened, whatever else it comes to."""


def slip_between(wrong: str, right: str, is_name: Callable[[str], bool]) -> Mistake | None:
    r"""The one slip by which a side became the wrong one; None if they differ in more, or in something without a name.

    `is_name` says whether a letter with a number, W2, is a quantity of its own.

    >>> slip_between(r"W^{[2]} \delta", r"W^{[2]T} \delta", lambda name: False).code
    'transpose-forgotten'
    """
    before, after = tokens_of(wrong), tokens_of(right)
    first = _common(before, after)
    last = _common(before[first:][::-1], after[first:][::-1])
    gone, come = before[first : len(before) - last], after[first : len(after) - last]
    code = _code(gone, come, before[:first], is_name)
    row = MISTAKES.get(code) or NOTES.get(code)
    if row is None:
        return None
    place = first if gone else first - 1  # what is missing stands behind the symbol before it
    part = missing_link(wrong, right) if code == "missing-factor" else _symbol(wrong, before, place)
    return Mistake(code, row.message.replace("{part}", part), row.hint)


def _common(one: Sequence[Token], other: Sequence[Token]) -> int:
    pairs = zip(one, other, strict=False)
    return next((k for k, (a, b) in enumerate(pairs) if a.text != b.text), min(len(one), len(other)))


def _code(gone: Sequence[Token], come: Sequence[Token], before: Sequence[Token], is_name: Callable[[str], bool]) -> str:
    old, new = [t.text for t in gone], [t.text for t in come]
    if not old and new[-1:] in _TRANSPOSES and new[:-1] in ([], ["^"]):
        return "transpose-forgotten"
    if not new and old[-1:] in _TRANSPOSES and old[:-1] in ([], ["^"]):
        return "transpose-superfluous"
    if (tuple(old), tuple(new)) in _SIGNS:
        return _SIGNS[tuple(old), tuple(new)]
    if not old and {"\\frac", "\\partial"} <= set(new):
        return "missing-factor"
    in_script = all(t.depth for t in (*gone, *come))
    if in_script and sorted((old, new)) == [[], ["-"]] and _base(before) == "e":
        return "sign-in-exponent"
    if len(old) > 1 and sorted(old) == sorted(new):
        return "index-swapped" if in_script else "order-of-product"
    if in_script and (gone or come) and {"+", "-", "1"} >= {*old, *new}:
        return "sum-bounds" if _is_of_sum(before) else _layer(before)
    if len(old) != 1 or len(new) != 1:
        return ""
    if in_script and old[0].isdigit() and new[0].isdigit():
        if before[-1].text == "=" and _is_of_sum(before):
            return "sum-bounds"
        if before[-1].text == "^" and not is_name(f"{_base(before)}{old[0]}"):
            return "exponent-not-lowered" if old[0] > new[0] else "exponent-too-low"
        is_mark = before[-1].text in ("[", "(", "^")
        return _layer(before) if is_mark or is_name(f"{_base(before)}{old[0]}") else "wrong-index"
    if in_script and old[0].isalpha() and new[0].isalpha():
        return "wrong-index"
    return _LETTERS.get((old[0], new[0]), "")


def _is_of_sum(before: Sequence[Token]) -> bool:
    """Whether what differs stands in the bounds of a sum."""
    return next((t.text for t in reversed(before) if not t.depth and t.text not in ("^", "_")), "") == "\\sum"


def _layer(before: Sequence[Token]) -> str:
    return _LAYERS.get(_base(before).lower(), "weights-of-other-layer")


def _base(before: Sequence[Token]) -> str:
    """The letter that carries the script in which something differs."""
    return next((t.text for t in reversed(before) if not t.depth and t.is_letter), "")


def _symbol(side: str, tokens: Sequence[Token], place: int) -> str:
    """The symbol at or before a place, with its scripts, as it is written."""
    start = next(
        (k for k in range(min(place, len(tokens) - 1), -1, -1) if not tokens[k].depth and tokens[k].is_letter), 0
    )
    end = next((t.start for t in tokens[start + 1 :] if not t.depth and t.text not in ("^", "_", "'")), len(side))
    return _balanced(side[tokens[start].start : end].strip(" &\\,")) if tokens else side


def _balanced(written: str) -> str:
    """Without braces that were opened before a symbol, or close after it."""
    depth, kept = 0, ""
    for character in written:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            depth = 0
            continue
        kept += character
    return kept.rstrip("{ ") if depth else kept
