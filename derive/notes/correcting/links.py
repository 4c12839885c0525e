r"""Small changes of whole pieces of a formula: a link of a chain, the sign of an exponent, a transpose at ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_DERIVATIVE = re.compile(rf"\\[dt]?frac\s*{_BRACED}\s*{_BRACED}")
_DIFFERENTIAL = re.compile(r"\s*(?:\\partial(?![A-Za-z])|d(?=\s*[A-Za-z\\]))\s*(?P<of>.*?)\s*", re.DOTALL)
_EXPONENT = re.compile(rf"(?<![A-Za-z\\])e\s*\^\s*(?:{_BRACED}|(?P<letter>[A-Za-z]))")
_ONES = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathbb|mathds)\s*(?:\{\s*1\s*\}|1)(?:_\{?\w+\}?)?(?!\s*[\^_\w])")


def linked(side: str, left: str) -> Iterator[str]:
    r"""A link that is missing in a chain: between two that do not meet, or before the first.

    >>> list(linked(r"\frac{\partial p}{\partial z} x", r"\frac{\partial E}{\partial w}"))
    ['\\frac{\\partial E}{\\partial p} \\frac{\\partial p}{\\partial z} x']
    """
    links = list(_links(side))
    of_left = next(_links(left), None)
    if links and of_left is not None and _same(of_left[1]) != _same(links[0][1]):
        yield _with_link(side, links[0][0], of_left[1], links[0][1])
    for (_, _, below), (start, above, _) in pairwise(links):
        if _same(below) != _same(above):
            yield _with_link(side, start, below, above)


def missing_link(wrong: str, right: str) -> str:
    """The link of a chain that only the right side has, in a line: ∂p/∂z."""
    known = [(_same(of), _same(by)) for _, of, by in _links(wrong)]
    new = ((of, by) for _, of, by in _links(right) if (_same(of), _same(by)) not in known)
    return next((f"∂{of}/∂{by}" for of, by in new), "")


def _links(latex: str) -> Iterator[tuple[int, str, str]]:
    """The derivatives in a formula: where each stands, of what it is, and by what."""
    for found in _DERIVATIVE.finditer(latex):
        above, below = (_DIFFERENTIAL.fullmatch(found[k]) for k in (1, 2))
        if above is not None and below is not None and above["of"] and below["of"]:
            yield found.start(), above["of"], below["of"]


def _with_link(side: str, start: int, of: str, by: str) -> str:
    return rf"{side[:start]}\frac{{\partial {of}}}{{\partial {by}}} {side[start:]}"


def _same(written: str) -> str:
    return re.sub(r"[\s{}]", "", written)


def exponents(side: str) -> Iterator[str]:
    r"""The sign of an exponent of e.

    >>> list(exponents("1 + e^{-z}"))
    ['1 + e^{z}']
    """
    for found in _EXPONENT.finditer(side):
        inside = (found[1] or found["letter"] or "").strip()
        new = inside[1:].lstrip() if inside.startswith("-") else f"-{inside}"
        if inside and not re.search(r"[-+]", inside.lstrip("-")):
            yield f"{side[: found.start()]}e^{{{new}}}{side[found.end() :]}"


def ones(side: str) -> Iterator[str]:
    r"""A transpose at a vector of ones: \mathbf{1} x is meant as \mathbf{1}^T x."""
    for found in _ONES.finditer(side):
        yield f"{side[: found.end()]}^T{side[found.end() :]}"
