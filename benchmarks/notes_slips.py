r"""Slips that people make in notes, as changes of one place of LaTeX, and the names under which each may be reported.

A slip is drawn where it applies; whether it leaves the formula right is for `notes_truth` to say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Change = Callable[[str, random.Random], str | None]


@dataclass(frozen=True)
class Slip:
    """A change of one place of a formula, and the names under which it may be reported."""

    name: str
    change: Change
    codes: frozenset[str]


def _at(*pairs: tuple[str, str]) -> Change:
    """Replace one occurrence of one of the patterns."""

    def change(latex: str, rng: random.Random) -> str | None:
        found = [(m, new) for pattern, new in pairs for m in re.finditer(pattern, latex)]
        if not found:
            return None
        match, new = rng.choice(found)
        return latex[: match.start()] + match.expand(new) + latex[match.end() :]

    return change


def _swapped(latex: str, rng: random.Random) -> str | None:
    """Two factors the wrong way round: a name, and a transposed one behind it."""
    found = list(re.finditer(rf"(?<![\w\\])({_NAME}|{_DELTA}) ({_NAME})({_TRANSPOSE})", latex))
    if not found:
        return None
    match = rng.choice(found)
    return f"{latex[: match.start()]}{match[2]}{match[3]} {match[1]}{latex[match.end() :]}"


def _moved_layer(latex: str, rng: random.Random) -> str | None:
    """The number or letter of a layer is one too high or too low."""
    found = list(
        re.finditer(r"(?<=\^\{)([\[(])(\d)([\])])|(?<=[_^]\{)l ([+-]) 1(?=\})|(?<=[a-zA-Z])\^l(?![a-z])", latex)
    )
    if not found:
        return None
    match = rng.choice(found)
    if match[2]:
        number = int(match[2])
        new = f"{match[1]}{number - 1 if number > 1 else number + 1}{match[3]}"
    else:
        new = "l" if match[4] else rng.choice(("^{l+1}", "^{l-1}"))
    return latex[: match.start()] + new + latex[match.end() :]


def _front(new: str) -> Change:
    """Something in front of the whole member."""

    def change(latex: str, rng: random.Random) -> str | None:
        body = latex.lstrip("& \n")
        if not body or body[0] in "-+" or body.startswith((r"\begin", r"\underbrace")):
            return None
        start = len(latex) - len(body)
        gap = r"\cdot " if new[0].isdigit() and body[0].isdigit() else ""
        return latex[:start] + new + gap + latex[start:]

    return change


_BRACED = r"\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}[^{}]*)*\}"
_FRACTION = rf"\\frac(?=\{{\\partial ){_BRACED}{_BRACED}"
_PD = rf"\\(?:pd|dd){_BRACED}{_BRACED}"
_NAME = r"(?:[A-Za-z]|\\hat\{[a-z]\})(?:_(?:\w|\{[\w,]+\}))?(?:\^\{[\[(]\w[\])]\})?(?:_(?:\w|\{[\w,]+\}))?"
_DELTA = r"\\delta(?:_\w)?(?:\^(?:\{[\[(]\w[\])]\}|\w))?"
_TRANSPOSE = r"\^\\top(?![a-zA-Z])|\^T(?![a-zA-Z])|\\T(?![a-zA-Z])"
_INSIDE = r"(?<=\])\s*\\top(?=\s*\})"
_ARGUMENT = r"\([^()]*\)(?:\\,)?"

_SIGNS = """plus-for-minus minus-for-plus target-minus-prediction whole-sign sign-of-regulariser sigmoid-slope-plus
step-uphill softmax-cross-sign relu-slope-sign leaky-slope-negative"""
_FACTORS = """factor-two factor-half wrong-factor wrong-factor-in-term factor-in-regulariser power-coefficient
root-half"""
_MEANS = "missing-mean double-mean n-for-mean mean-on-regulariser mean-on-wrong-term other-mean wrong-factor"
_LAYERS = """delta-of-other-layer weights-of-other-layer slope-of-other-layer activation-of-other-layer
input-for-activation"""
_SLOPES = "tanh-slope-of-sigmoid sigmoid-slope-of-tanh tanh-slope-unsquared sigmoid-slope-half"
_PRODUCTS = "matrix-for-elementwise elementwise-for-matrix elementwise-without-transpose order-of-product"
_TRANSPOSES = "transpose-forgotten transpose-superfluous outer-transposed whole-transposed"
_POWERS = """exponent-not-lowered exponent-too-low square-kept power-not-lowered constant-not-squared
tanh-slope-unsquared"""
_LOST = """missing-factor factor-forgotten chain-stops-at-output missing-output-slope missing-hidden-slope
missing-slope weights-forgotten derivative-in-probabilities"""
_TERMS = """missing-term term-forgotten missing-regulariser target-forgotten prediction-forgotten
kronecker-term-forgotten product-rule-half"""
_UNITS = """pre-activation-for-activation pre-activation-in-error slope-at-activation sigmoid-slope-of-z
tanh-slope-of-z"""


def _slip(name: str, codes: str, *changes: tuple[str, str] | Change) -> Slip:
    pairs = [c for c in changes if isinstance(c, tuple)]
    own = next((c for c in changes if not isinstance(c, tuple)), None)
    return Slip(name, own or _at(*pairs), frozenset(codes.split()))


_DIFFERENCE = rf"(?<!\\left)\(({_NAME}) - ({_NAME})\)"
_OPERAND = r"(?<=[\w})\]])"

SLIPS = (
    _slip("minus to plus", _SIGNS, (_OPERAND + r" - (?!1\s*[\]})])", " + ")),
    _slip("plus to minus", _SIGNS, (_OPERAND + r" \+ (?!1\s*[\]})])", " - ")),
    _slip("minus in front", _SIGNS, _front("-")),
    _slip("y and a exchanged", _SIGNS, (_DIFFERENCE, r"(\2 - \1)")),
    _slip("prime lost", "function-for-derivative", (r"(?<=[a-z\d])'(?=\(|\\left)", "")),
    _slip("transpose lost", _TRANSPOSES, (f"{_TRANSPOSE}|{_INSIDE}", "")),
    _slip("another layer", f"{_LAYERS} slope-at-activation", _moved_layer),
    _slip("factor two", _FACTORS, _front("2 ")),
    _slip("half lost", _FACTORS, (r"\\frac\{1\}\{2\}\s*", ""), (r"\\frac\{\\lambda\}\{2\}", r"\\lambda")),
    _slip(
        "lambda doubled",
        _FACTORS,
        (r"(?<=\+ )\\lambda(?!\})", r"2 \\lambda"),
        (r"(?<=\+ )\\lambda(?!\})", r"\\frac{\\lambda}{2}"),
    ),
    _slip("penalty lost", _TERMS, (rf" \+ (?:\d )?(?:\\lambda|\\frac\{{\\lambda\}}\{{m\}}) {_NAME}", "")),
    _slip("mean lost", f"{_MEANS} missing-factor", (r"\\frac\{1\}\{[mnN]\}\s*", "")),
    _slip("mean twice", _MEANS, (r"\\frac\{1\}\{([mnN])\}", r"\\frac{1}{\1^2}")),
    _slip(
        "bounds of a sum",
        "sum-bounds term-forgotten missing-term",
        (r"(?<=\\sum_\{)([ijkl] ?= ?)1(?=\})", r"\g<1>2"),
        (r"(\\sum_\{[ijkl] ?= ?1\}\^)\{?(\w)\}?", r"\1{\2-1}"),
    ),
    _slip("z for a", _UNITS, (r"(?<![a-zA-Z\\])a(?=[_^])", "z"), (r"(?<![a-zA-Z\\])A(?=[_^])", "Z")),
    _slip("slope at a", _UNITS, (r"(?<='\()z(?=[_^])", "a"), (r"(?<='\()Z(?=[_^])", "A")),
    _slip(
        "slope of another function",
        _SLOPES,
        (rf"({_NAME}) \\odot \(1 - \1\)", r"(1 - \1 \\odot \1)"),
        (rf"\(1 - ({_NAME}) \\odot \1\)", r"\1 \\odot (1 - \1)"),
        (rf"({_NAME}) \(1 - \1\)", r"(1 - (\1)^2)"),
        (rf"\(1 - ({_NAME})\^2\)", r"\1 (1 - \1)"),
    ),
    _slip(
        "indices exchanged", "index-swapped transposed-entry wrong-index", (r"_\{([a-z])(,?)([a-z])\}", r"_{\3\2\1}")
    ),
    _slip(
        "factor lost",
        f"{_LOST} other-left-side",
        (_FRACTION + r"(?=\s*\\frac|\s*\\underbrace|\s*[A-Za-z(])", ""),
        (_PD + r"(?=\s*\\(?:pd|dd))", ""),
    ),
    _slip(
        "slope lost",
        _LOST,
        (rf"\s*\\odot \\?[a-z]+'{_ARGUMENT}", ""),
        (rf"\\?[a-z]+(?:_\d)?'{_ARGUMENT}\s*(?=[\w\\(])", ""),
    ),
    _slip("product of matrices for one entry by entry", _PRODUCTS, (_OPERAND + r" ?\\odot (?=[\\\w(\[])", " ")),
    _slip("order of factors", f"{_PRODUCTS} {_TRANSPOSES}", _swapped),
    _slip("square lost", _POWERS, (r"(?<=[)\w|}])\^2", "")),
    _slip("error squared", _POWERS, (_DIFFERENCE + r"(?!\^)", r"(\1 - \2)^2")),
    _slip(
        "sign in an exponent",
        "sign-in-exponent reciprocal upside-down",
        (r"e\^\{-", "e^{"),
        (r"e\^\{(?=[a-z])", "e^{-"),
        (r"e\^([a-z])", r"e^{-\1}"),
    ),
)
