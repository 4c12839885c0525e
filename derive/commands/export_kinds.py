"""What `derive export` can write: what is shown, and in which kind of file; a new one is a row of one of two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from derive.commands.question import Asked
from derive.commands.working import asked_names, derivations, document
from derive.errors import UsageError
from derive.rendering.document import Document, Picture
from derive.rendering.formats import FORMATS, render
from derive.rendering.pdf import pdf
from derive.rendering.svg import svg


@dataclass(frozen=True)
class Subject:
    """What a file is about: the question, the options that were given, and the name of what is shown."""

    asked: Asked
    given: Mapping[str, Any]
    what: str

    def document(self) -> Document:
        """What is shown, as a document."""
        return SUBJECTS[self.what].build(self.asked, self.given)


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, the suffix that means it, what it is, and how a subject becomes one."""

    name: str
    suffix: str
    what: str
    write: Callable[[Subject], bytes]


@dataclass(frozen=True)
class Shown:
    """Something to show: its name, a sentence about it, its document; the kind of file it cannot be, and why."""

    name: str
    what: str
    build: Callable[[Asked, Mapping[str, Any]], Document]
    never: str
    reason: str


def _derivation(asked: Asked, given: Mapping[str, Any]) -> Document:
    return document(derivations(asked, given["style"]), given)


def _graph(asked: Asked, given: Mapping[str, Any]) -> Document:
    from derive.differentiation.wanted import wanted
    from derive.rendering.graph_picture import graph_document

    question = asked.problem.question
    names = asked_names(asked) if question.wrt is not None or asked.network is not None else []
    return graph_document(asked.problem, [wanted(asked.problem, name) for name in names])


def _differences(asked: Asked, given: Mapping[str, Any]) -> Document:
    from derive.commands.export_differences import differences

    return differences(asked)


def _kink(asked: Asked, given: Mapping[str, Any]) -> Document:
    from derive.rendering.kink_picture import kink_document

    return kink_document(asked.problem)


_NO_CODE = "NumPy code is made of a derivation, not of a picture."

SUBJECTS: dict[str, Shown] = {
    row.name: row
    for row in (
        Shown("derivation", "every step with its rule", _derivation, "svg", "A derivation is no picture."),
        Shown("graph", "what depends on what", _graph, "python", _NO_CODE),
        Shown("differences", "how far finite differences are off, over their step", _differences, "python", _NO_CODE),
        Shown("kink", "functions around their kinks", _kink, "python", _NO_CODE),
    )
}


def _rendered(name: str) -> Callable[[Subject], bytes]:
    return lambda subject: render(subject.document(), name).encode("utf-8")


def _svg(subject: Subject) -> bytes:
    picture = next(block for block in subject.document().blocks if isinstance(block, Picture))
    return svg(picture.drawing, picture.words).encode("utf-8")


def _python(subject: Subject) -> bytes:
    from derive.commands.export_numpy import python_code

    return python_code(subject.asked, subject.given).encode("utf-8")


KINDS: dict[str, Kind] = {
    row.name: row
    for row in (
        *(Kind(f.name, f.suffix, f.what, _rendered(f.name)) for f in FORMATS.values()),
        Kind("pdf", ".pdf", "a PDF, set by LaTeX", lambda subject: pdf(subject.document())),
        Kind("svg", ".svg", "a picture", _svg),
        Kind("python", ".py", "NumPy code that checks itself", _python),
    )
}

SHORT = tuple(word for row in KINDS.values() if (word := row.suffix[1:]) and word not in KINDS)
"""Suffixes that name a format as well: tex, md, py, txt."""


def kind_of(path: str) -> Kind:
    """The kind of a file by its suffix; UsageError if none has it."""
    suffix = PurePath(path).suffix.lower()
    for row in KINDS.values():
        if suffix and row.suffix == suffix:
            return row
    known = ", ".join(row.suffix for row in KINDS.values() if row.suffix)
    raise UsageError(f"The format of {path!r} is not known by its suffix.", suggestion=f"Use one of {known}.")


def file_of(subject: Subject, kind: Kind) -> bytes:
    """The contents of the file; UsageError if there is no such file of this subject."""
    shown = SUBJECTS[subject.what]
    if kind.name == shown.never:
        others = ", ".join(f"--what {s.name}" for s in SUBJECTS.values() if s.never != kind.name)
        raise UsageError(shown.reason, suggestion=f"{kind.suffix} goes with {others}.")
    return kind.write(subject)
