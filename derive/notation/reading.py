r"""The one way in for what a person wrote: text or LaTeX, told apart by how it looks.

LaTeX has commands (`\frac`, `\odot`); a text may have Greek letters by command. What could be either is read as text
first, and as LaTeX only if that fails.
"""

from __future__ import annotations

import re
from dataclasses import replace

from derive.errors import LimitError, ReadError, ShapeError
from derive.expression.problem import Problem
from derive.notation.answer import Answer
from derive.notation.characters import GREEK_NAMES
from derive.notation.latex import LatexReader
from derive.notation.lexer import check_depth
from derive.notation.limits import Limits
from derive.notation.source import MissingSign, Source, StrayNumber
from derive.notation.text_reader import STANDARD, read_answer

_COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])", re.DOTALL)
_LOOKS = re.compile(r"\\|[⁽₍ˡ∇∑Σ‖|ᵀ⊤⊗⊙√]|[_^]\{|\^[A-Za-z(\[]|_[a-z]")
_ROWS = re.compile(r"\\\\|\\begin|\\newcommand|\\def")
_RUN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}[0-9]*")
_EXPONENT = re.compile(r"[0-9][eE][0-9]")
_AROUND = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
_LOOKED_AT = 20
"""Times the limit of size: so much of a text that is too long is looked at."""
MAXIMUM_READINGS = 16


def is_latex(written: str) -> bool:
    r"""Whether a text can only be LaTeX: it has a command that is no Greek letter.

    >>> is_latex(r"\delta_2 \odot a"), is_latex(r"\delta2 * a")
    (True, False)
    """
    return any(name not in GREEK_NAMES for name in _COMMAND.findall(written))


def read_any(written: str, problem: Problem, limits: Limits = STANDARD) -> Answer:
    """An answer in either notation. Raises ReadError, LimitError or ShapeError, as the readers do."""
    if len(written) > limits.size:
        _check_brackets(Source(written[: _LOOKED_AT * limits.size]), limits)
    written = _inside(written)
    reader = LatexReader(problem.scope, limits, problem)
    if is_latex(written):
        return _read_latex(written, reader)
    try:
        return read_answer(written, problem.scope, limits, problem.layout, problem)
    except (ReadError, ShapeError) as error:
        if isinstance(error, LimitError | StrayNumber) or not (
            _LOOKS.search(written) or _stands_together(error, written, reader)
        ):
            raise
        try:
            return reader.answer(written, by_lines="\\" not in written and "%" not in written)
        except (ReadError, ShapeError, LimitError):
            raise error from None


def _read_latex(written: str, reader: LatexReader) -> Answer:
    r"""To TeX a line end is a space; where several lines are equations of their own, or where one formula cannot be
    read from all of them, each line stands for itself."""
    lines = [line.strip() for line in written.split("\n") if line.strip()]
    if len(lines) < 2 or _ROWS.search(written):
        return reader.answer(written)
    if _is_equation(lines[0]) and any(map(_is_equation, lines[1:])):
        return reader.answer(written, by_lines=True)
    try:
        return reader.answer(written)
    except (ReadError, ShapeError) as error:
        try:
            return reader.answer(written, by_lines=True)
        except (ReadError, ShapeError, LimitError):
            raise error from None


def _is_equation(line: str) -> bool:
    """Whether a line has a left side, too; one that begins with = goes on."""
    return "=" in line.lstrip("&= \t") or "\\leftarrow" in line[1:] or "\\gets" in line[1:]


def _check_brackets(source: Source, limits: Limits) -> None:
    """What is too long may first of all nest too deeply (E-DEPTH), or leave a bracket open (E-SYNTAX)."""
    check_depth(source, limits)
    opened = source.text.count("{") - source.text.count("}")
    if "\\" in source.text and opened > 0:
        at = source.text.rfind("{")
        raise source.error(at, at + 1, "A bracket { is not closed.", "Add the missing }.")


def _inside(written: str) -> str:
    r"""What stands in $ … $ or \[ … \], at its place: the signs around the whole are spaces then."""
    text = written.strip()
    for opening, closing in _AROUND:
        inner = text[len(opening) : len(text) - len(closing)]
        if len(text) > len(opening + closing) and text == opening + inner + closing and not _has_math(inner):
            start = written.index(text)
            return written[:start] + " " * len(opening) + inner
    return written


def _has_math(inner: str) -> bool:
    r"""Whether mathematics begins or ends in a text; \\[ is a line break."""
    return re.search(r"\$|(?<!\\)\\[()\[\]]", inner) is not None


def _stands_together(error: Exception, written: str, reader: LatexReader) -> bool:
    """Whether text fails because factors stand side by side, and all words in it are names: (h - y) x, lam w.

    1e5e is no product, but a number that went wrong.
    """
    if not isinstance(error, MissingSign) or _EXPONENT.search(written):
        return False
    return all(reader.is_word(run) for run in _RUN.findall(written))


def alternatives(answer: Answer) -> list[Answer]:
    """The answer in each of its readings, the first one first; one line is read another way at a time."""
    found = [answer]
    for place, line in enumerate(answer.lines):
        for other in line.readings:
            if len(found) == MAXIMUM_READINGS:
                message = f"This can be read in more than {MAXIMUM_READINGS} ways."
                hint = "Write product signs and brackets out, or check it in parts."
                raise ReadError(message, code="E-AMBIGUOUS", position=line.position, suggestion=hint)
            lines = (
                *answer.lines[:place],
                replace(line, expressions=other, readings=()),
                *answer.lines[place + 1 :],
            )
            found.append(Answer(lines))
    return found
