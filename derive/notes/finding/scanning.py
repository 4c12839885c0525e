r"""Finding mathematics between delimiters: $…$, $$…$$, \(…\), \[…\] and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENVIRONMENTS = (
    "equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath", "math", "dmath",
    "IEEEeqnarray", "dgroup", "darray",
)  # fmt: skip
"""Environments that are mathematics, with or without a star."""

_BEGIN = re.compile(rf"\\begin\{{(?P<name>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}")
_OPENING = re.compile(
    rf"(?P<escaped>\\\\(?=[\[(])|\\[\\$])|(?P<display>\$\$)|(?P<inline>\$)|(?P<bracket>\\[\[(])|{_BEGIN.pattern}"
)
_ARGUMENT = re.compile(r"\s*(?:\[[^\]\n]*\])?(?:\{[^{}]*\})?")
_MONEY = re.compile(r"\d[\d.,]*\s+[A-Za-z]{2,}[^\\=_^]*$")
"""$10 for this and 3$: an amount, and words."""
LONGEST, DEEPEST = 4_000, 60
"""Letters of a formula in a line, and braces that may be open in it; past that its $ is none."""
_WITH_ARGUMENT = ("alignat", "IEEEeqnarray")


@dataclass(frozen=True)
class Span:
    """[start, end) with delimiters, [inner_start, inner_end) without."""

    start: int
    end: int
    inner_start: int
    inner_end: int
    display: bool


@dataclass(frozen=True)
class Unclosed:
    """Mathematics that opens and never closes."""

    start: int
    opening: str


def mathematics(text: str, *, markdown: bool) -> Iterator[Span | Unclosed]:
    r"""The formulas of a text in which everything else that could look like one (code, comments) is blank.

    In Markdown a lone $ is money unless it could open or close a formula: no space inside, no digit after the closing
    one; and \\( stands for \(, as some renderers want it.
    """
    position = 0
    while (found := _OPENING.search(text, position)) is not None:
        if found["escaped"]:
            doubled = markdown and found["escaped"] == "\\\\" and text[found.end()] in "(["
            span = _bracketed(text, found.start(), doubled=True) if doubled else None
            position = found.end() if span is None else span.end
            if span is not None:
                yield span
            continue
        span = _spanned(text, found, markdown)
        if span is None:
            if not found["inline"]:
                yield Unclosed(found.start(), found[0])
            position = found.end()
        else:
            yield span
            position = span.end


def _spanned(text: str, found: re.Match[str], markdown: bool) -> Span | None:
    if found["display"]:
        return _dollars(text, found.start())
    if found["inline"]:
        return _inline(text, found.start(), markdown)
    if found["bracket"]:
        return _bracketed(text, found.start(), doubled=False)
    return _environment(text, found)


def _environment(text: str, found: re.Match[str]) -> Span | None:
    closing = f"\\end{{{found['name']}}}"
    end = text.find(closing, found.end())
    if end < 0:
        return None
    inner = found.end()
    if found["name"].startswith(_WITH_ARGUMENT):
        argument = _ARGUMENT.match(text, inner)
        inner = argument.end() if argument else inner
    return Span(found.start(), end + len(closing), inner, end, found["name"] != "math")


def _bracketed(text: str, start: int, *, doubled: bool) -> Span | None:
    width = 3 if doubled else 2
    opening = text[start + width - 1]
    closing = "\\" * (width - 1) + ("]" if opening == "[" else ")")
    end = _find(text, closing, start + width)
    return None if end is None else Span(start, end + width, start + width, end, opening == "[")


def _find(text: str, closing: str, start: int) -> int | None:
    r"""The closing delimiter, not the end of a line break with its space, `\\[2pt]`."""
    end = text.find(closing, start)
    while end > 0 and text[end - 1] == "\\":
        end = text.find(closing, end + 1)
    return None if end < 0 else end


def _dollars(text: str, start: int) -> Span | None:
    end = text.find("$$", start + 2)
    while end > 0 and text[end - 1] == "\\" and text[end - 2] != "\\":
        end = text.find("$$", end + 1)
    return None if end < 0 else Span(start, end + 2, start + 2, end, True)


def _inline(text: str, start: int, markdown: bool) -> Span | None:
    inner = start + 1
    if markdown and (inner >= len(text) or text[inner].isspace()):
        return None
    depth, k = 0, inner
    while k < min(len(text), inner + LONGEST) and depth <= DEEPEST:
        character = text[k]
        if character == "\\":
            k += 2
            continue
        if character == "\n" and _is_blank_line(text, k + 1):
            return None
        depth += (character == "{") - (character == "}")
        if character == "$" and depth <= 0:
            is_closing = not text[k - 1].isspace() and not text[k + 1 : k + 2].isdigit()
            if markdown and (not is_closing or _MONEY.match(text[inner:k])):
                return None
            return Span(start, k + 1, inner, k, False)
        k += 1
    return None


def _is_blank_line(text: str, start: int) -> bool:
    end = text.find("\n", start)
    return not text[start : end if end >= 0 else len(text)].strip()
