"""Reading one relation of the notes: the interface to the readers of formulas, and what a refusal means in notes."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from derive.errors import DeriveError, LimitError, ReadError, ShapeError, Unsupported
from derive.expression.problem import Problem
from derive.notation import Answer, Limits
from derive.notation.latex import LatexReader
from derive.notes.formulas.functions import plain_name, with_variable


class FormulaReader(Protocol):
    """Reads a relation, or a chain of them, on one line.

    A lone new name on the left makes a definition. Raises ReadError (code E-NAME for a name that is not declared, with
    its position), ShapeError where a part has no shape, LimitError past a limit.
    """

    def __call__(self, text: str, problem: Problem, limits: Limits) -> Answer: ...


_KEPT = 3
"""Problems that formulas are about in turn: the notes', and those with a variable declared for a moment."""


class Latex:
    """Reads LaTeX; what it works out about a problem it has ready for the next formula about it."""

    def __init__(self) -> None:
        self._readers: deque[LatexReader] = deque(maxlen=_KEPT)

    def __call__(self, text: str, problem: Problem, limits: Limits) -> Answer:
        reader = next((r for r in self._readers if r.problem is problem and r.limits == limits), None)
        if reader is None:
            reader = LatexReader(problem.scope, limits, problem)
        else:
            self._readers.remove(reader)
        self._readers.append(reader)  # the one that has not been asked for longest makes room
        return reader.answer(text)


@dataclass(frozen=True)
class Refusal:
    """Why a relation was not read; `missing` are names that are not declared, `span` is the place of the trouble."""

    reason: str
    code: str
    span: tuple[int, int] | None = None
    missing: tuple[str, ...] = ()


_OF_ANY_LAYER = re.compile(
    r"[_^]\s*(?:\{\s*[\[(]?\s*(?:l|\\ell)\s*(?:[-+]\s*1)?\s*[\])]?\s*\}|(?:l|\\ell)(?![A-Za-z]))"
)
"""What marks a member of a family that has one for each layer."""
_MISSING = 12
"""Names that are looked for in one formula."""


def reading(reader: FormulaReader, text: str, problem: Problem, limits: Limits) -> Answer | Refusal:
    """What a relation says, or why it cannot be read; a shape error is raised: the formula itself is wrong."""
    try:
        return reader(text, problem, limits)
    except ShapeError:
        raise
    except (ReadError, LimitError, Unsupported) as error:
        if error.code != "E-NAME":
            return Refusal(str(error), error.code, _span(error))
        missing = missing_names(reader, text, problem, limits, error)
        return Refusal(error.message, error.code, _span(error), missing)


def missing_names(
    reader: FormulaReader, text: str, problem: Problem, limits: Limits, error: DeriveError
) -> tuple[str, ...]:
    """The names in a formula that are not declared, `error` being about the first: each is declared for a moment, to
    see what else is missing."""
    found: list[str] = []
    for _ in range(_MISSING):
        name, span = missing_name(error, text), _span(error)
        if name is None or (name in found and not name.endswith("[l]")):
            break
        found += [name] if name not in found else []
        if name.endswith("[l]") and span is not None:
            text = f"{text[: span[0]]}{'1':<{span[1] - span[0]}}{text[span[1] :]}"  # a number, for a moment
        else:
            problem = with_variable(problem, name)
        try:
            reader(text, problem, limits)
        except DeriveError as next_error:
            error = next_error
        else:
            break
    return tuple(found)


def missing_name(error: DeriveError, text: str) -> str | None:
    """The name that an error of code E-NAME is about, as a context declares it: W[l] for a member of a family."""
    span = _span(error)
    said = re.match(r"The name (?P<name>.+?) is not declared", error.message)
    if error.code != "E-NAME" or (said is None and span is None):
        return None
    written = said["name"] if said is not None else text[span[0] : span[1]] if span else ""
    layered = _OF_ANY_LAYER.search(written)
    if layered is not None:
        name = plain_name(written[: layered.start()])
        return f"{name}[l]" if name.isidentifier() else None
    name = plain_name(written)
    return name if name.isidentifier() else None


def _span(error: DeriveError) -> tuple[int, int] | None:
    at = error.position
    return None if at is None else (at.column - 1, at.end_column - 1)
