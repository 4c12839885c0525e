r"""Macros of an author: collected where they are defined, replaced where they are used, places kept.

\newcommand, \renewcommand, \providecommand, \def with #1 #2 …, \let, \DeclareMathOperator, \DeclarePairedDelimiter and
\NewDocumentCommand. Replacing is bounded.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

from derive.errors import LimitError
from derive.notes.finding.pieces import Formula

MAXIMUM_LENGTH = 50_000
MAXIMUM_DEPTH = 20

_COMMAND = r"\\(?:[A-Za-z@]+|[^A-Za-z\s])"
_DEFINITION = re.compile(
    r"\\(?P<kind>newcommand|renewcommand|providecommand|DeclareMathOperator|DeclareRobustCommand|DeclarePairedDelimiter"
    r"|(?:New|Renew|Provide|Declare)DocumentCommand|def|gdef|let)(?![A-Za-z])\*?\s*"
    rf"(?:\{{\s*(?P<braced>{_COMMAND})\s*\}}|(?P<bare>{_COMMAND}))"
)
_SPECIFIED = re.compile(r"\s*(?:o|O\s*\{(?P<default>[^{}]*)\})?(?P<rest>[\sm]*)$")
_LET = re.compile(rf"\s*=?\s*({_COMMAND}|[^\s{{}}\\])")
_SIZED = re.compile(r"\s*(?:\*|\[[^\]]*\])")
_USE = re.compile(_COMMAND)


@dataclass(frozen=True)
class Macro:
    """How many arguments, what the first is unless given, and the body with #1, #2, …; `paired` for a pair of
    delimiters, whose size may be said."""

    arguments: int
    default: str | None
    body: str
    paired: bool = False


Macros = dict[str, Macro]


@dataclass(frozen=True)
class Taught:
    """The macros that a text defines, and where the definitions stand."""

    macros: Macros
    spans: tuple[tuple[int, int], ...]


def definitions(text: str) -> Taught:
    r"""Every definition of a macro in a text.

    >>> definitions(r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}").macros["\\pd"].arguments
    2
    """
    macros: Macros = {}
    spans: list[tuple[int, int]] = []
    position = 0
    while (found := _DEFINITION.search(text, position)) is not None:
        position = found.end()
        read = _definition(text, found)
        if read is None:
            continue
        macro, position = read
        macros[found["braced"] or found["bare"]] = macro
        spans.append((found.start(), position))
    return Taught(macros, tuple(spans))


def _definition(text: str, found: re.Match[str]) -> tuple[Macro, int] | None:
    position, arguments, default = found.end(), 0, None
    if found["kind"] == "let":
        meant = _LET.match(text, position)
        return None if meant is None else (Macro(0, None, meant[1]), meant.end())
    if found["kind"] == "DeclarePairedDelimiter":
        return _delimiters(text, position)
    if found["kind"].endswith("DocumentCommand"):
        return _specified(text, position)
    if found["kind"] in ("def", "gdef"):
        marks = re.compile(r"\s*((?:#\d)*)\s*(?=\{)").match(text, position)
        if marks is None:
            return None
        arguments, position = len(marks[1]) // 2, marks.end()
    else:
        count = re.compile(r"\s*\[(\d)\]").match(text, position)
        if count is not None:
            arguments, position = int(count[1]), count.end()
            given = re.compile(r"\s*\[([^\]]*)\]").match(text, position)
            if given is not None:
                default, position = given[1], given.end()
    body = group(text, position)
    if body is None:
        return None
    inside = text[body[0] : body[1]]
    if found["kind"] == "DeclareMathOperator":
        inside = rf"\operatorname{{{inside}}}"
    return Macro(arguments, default, inside), body[1] + 1


def _delimiters(text: str, position: int) -> tuple[Macro, int] | None:
    """The pair of delimiters in the next two groups."""
    left = group(text, position)
    right = group(text, left[1] + 1) if left is not None else None
    if left is None or right is None:
        return None
    body = rf"\left{text[slice(*left)].strip()} #1 \right{text[slice(*right)].strip()}"
    return Macro(1, None, body, paired=True), right[1] + 1


def _specified(text: str, position: int) -> tuple[Macro, int] | None:
    """What its arguments are, {O{x} m m}, and the body; None where more than the first may be left out."""
    kinds = group(text, position)
    body = group(text, kinds[1] + 1) if kinds is not None else None
    found = _SPECIFIED.match(text[slice(*kinds)]) if kinds is not None else None
    if found is None or body is None:
        return None
    rest = found["rest"].count("m")
    is_optional = found[0].strip().lower().startswith("o")
    default = (found["default"] or "") if is_optional else None
    return Macro(rest + is_optional, default, text[slice(*body)]), body[1] + 1


def group(text: str, position: int) -> tuple[int, int] | None:
    """The inside of the braces that open next, after spaces; None if none do, or they never close."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text) or text[position] != "{":
        return None
    depth, k = 0, position
    while k < len(text):
        if text[k] == "\\":
            k += 2
            continue
        depth += (text[k] == "{") - (text[k] == "}")
        if depth == 0:
            return position + 1, k
        k += 1
    return None


def expanded(formula: Formula, macros: Mapping[str, Macro], taught: tuple[tuple[int, int], ...] = ()) -> Formula:
    """The formula with macros replaced; what a macro writes has the place of its use. LimitError past the bounds."""
    pairs = list(zip(formula.latex, formula.offsets, strict=False))
    for start, end in taught:
        pairs[start:end] = [(" ", offset) for _, offset in pairs[start:end]]
    if macros and any(m[0] in macros for m in _USE.finditer(formula.latex)):
        try:
            pairs = _replaced(pairs, macros, 0)
        except LimitError:
            return formula  # what is left of the macros will be refused by name
    latex = "".join(c for c, _ in pairs)
    return dataclasses.replace(formula, latex=latex, offsets=(*(o for _, o in pairs), formula.offsets[-1]))


Pairs = list[tuple[str, int]]


def _replaced(pairs: Pairs, macros: Mapping[str, Macro], depth: int) -> Pairs:
    if depth > MAXIMUM_DEPTH or len(pairs) > MAXIMUM_LENGTH:
        raise LimitError(
            "The macros of this formula do not come to an end.", suggestion="Look for one that uses itself."
        )
    text = "".join(c for c, _ in pairs)
    out: Pairs = []
    position, has_changed = 0, False
    for use in _USE.finditer(text):
        macro = macros.get(use[0])
        if macro is None or use.start() < position:
            continue
        given = _arguments(text, use.end(), macro)
        if given is None:
            continue
        spans, end = given
        out += pairs[position : use.start()]
        out += _body(macro, [pairs[a:b] if b >= 0 else None for a, b in spans], pairs[use.start()][1])
        position, has_changed = end, True
    out += pairs[position:]
    return _replaced(out, macros, depth + 1) if has_changed else out


def _arguments(text: str, position: int, macro: Macro) -> tuple[list[tuple[int, int]], int] | None:
    """The spans of the arguments, (0, -1) for one that is left at its default, and where they end."""
    spans: list[tuple[int, int]] = []
    sized = _SIZED.match(text, position) if macro.paired else None
    position = sized.end() if sized is not None else position
    for number in range(macro.arguments):
        if number == 0 and macro.default is not None:
            optional = re.compile(r"\s*\[([^\]]*)\]").match(text, position)
            spans.append(optional.span(1) if optional else (0, -1))
            position = optional.end() if optional else position
            continue
        braces = group(text, position)
        if braces is not None:
            spans.append(braces)
            position = braces[1] + 1
            continue
        single = re.compile(rf"\s*({_COMMAND}|[^\s{{}}\\])").match(text, position)
        if single is None:
            return None
        spans.append(single.span(1))
        position = single.end()
    return spans, position


def _body(macro: Macro, arguments: list[Pairs | None], place: int) -> Pairs:
    out: Pairs = []
    for part in re.split(r"(#\d)", macro.body):
        number = int(part[1]) - 1 if re.fullmatch(r"#\d", part) else -1
        if 0 <= number < len(arguments):
            given = arguments[number]
            out += given if given is not None else [(c, place) for c in macro.default or ""]
        else:
            out += [(c, place) for c in part]
    # A command that ends the body must not run into a letter after it.
    return [*out, (" ", place)] if re.search(r"\\[A-Za-z]+$", macro.body) else out
