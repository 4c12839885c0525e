"""An exercise as a document and as JSON, and the page of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive.differentiation.rules import RULES
from derive.exercises import EXERCISES, Exercise, Solution, exercise, solution
from derive.exercises.topics import TOPICS
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, shape_list
from derive.expression.text import text
from derive.notation import read
from derive.rendering.derivations import conventions, derivation_document, given
from derive.rendering.document import (
    Block,
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Line,
    Paragraph,
    ShapeOf,
    Span,
    Verbatim,
)
from derive.rendering.formats import render
from derive.writing.latex import latex

_DERIVATION = Heading(("Derivation",))


def exercise_document(of: Exercise, hints: int = 0, solved: bool = False, *, shapes: bool = False) -> Document:
    """What is asked, what is given and how to answer; so many hints; the solution, with shapes, if it is wanted."""
    found = solution(of)
    blocks: list[Block] = [Paragraph(of.span(of.statement))]
    # Of an exercise asked in words the statement says all: shapes would give a count away.
    for part in () if found.asked is None else (list(given(of.problem)), list(conventions(of.problem))):
        blocks += part if len(part) > 1 else []
    blocks += [Heading(("Your answer",)), Paragraph(_wanted(of, found))]
    if found.asked is not None:
        blocks.append(Paragraph((f"Names, as they are typed: {', '.join(names(of.problem))}.",)))
    blocks.append(Verbatim(f'derive check --exercise {of.id} "…"'))
    for number, hint in enumerate(of.hints[:hints], 1):
        blocks += [Heading((f"Hint {number}",)), Paragraph(of.span(hint))]
    if solved:
        blocks += _solved(of, found, shapes)
    return Document((of.title,), tuple(blocks))


def opening(of: Exercise, width: int | None = None) -> str:
    """The title and the statement as plain text, for the prompt."""
    return render(Document((of.title,), (Paragraph(of.span(of.statement)),)), "text", width=width)


def _wanted(of: Exercise, found: Solution) -> Span:
    size = shape(found.answer)
    kind: Span = ("a number or a scalar formula",) if size == SCALAR else ("a formula that is ", ShapeOf(size))
    if found.asked is None:
        return ("Answer with ", *kind, ", or with lines that lead to it.")
    return ("Answer with ", found.asked, ": ", *kind, ", or lines that lead to it.")


def names(problem: Problem) -> list[str]:
    """The names that answers may use: what is given, what is defined, δs, functions and free indices."""
    deltas = [name for name in problem.gradients if name.name in problem.shown_gradients]
    quantities = [*problem.free_tensors, *(d.target for d in problem.definitions), *deltas]
    functions = problem.scope.functions
    known = [name for name, function in functions.items() if name == function.name or function.name not in functions]
    return list(dict.fromkeys([*map(text, quantities), *known, *problem.scope.indices]))


def _solved(of: Exercise, found: Solution, shapes: bool) -> Iterator[Block]:
    """The derivations in full, or the other lines that lead to the answer, and the answer."""
    for derivation in found.derivations:
        blocks = derivation_document(derivation, shapes=shapes, rules=RULES).blocks
        start = blocks.index(_DERIVATION)
        yield Heading(("Solution",))
        yield from blocks[start + 1 :]
    if found.facts:
        yield Heading(("Solution",))
        yield Bullets(tuple((*of.span(f.words), ": ", _read(of, f.value), f" ({f.reason})") for f in found.facts))
    if of.shown:
        yield Heading(("Proof",))
        yield Paragraph(("Both sides have the same normal form, which proves it for every size.",))
    if (of.shown or of.problem.question.value is not None) and found.asked is not None:
        line = Line(found.asked, found.answer, (ShapeOf(shape(found.answer)),))
        yield DerivationBlock((line,), "result")


def _read(of: Exercise, written: str) -> Expression:
    return read(written, of.problem.scope)


def exercise_json(of: Exercise, hints: int = 0, solved: bool = False) -> dict[str, Any]:
    """The same as data; `solution` is null unless it is wanted."""
    found = solution(of)
    problem = of.problem
    is_open = found.asked is not None
    return {
        "id": of.id,
        "title": of.title,
        "topics": list(of.topics),
        "statement": of.statement,
        "given": [{"name": text(t), "shape": shape_list(t.shape)} for t in problem.free_tensors if is_open],
        "names": names(problem) if is_open else [],
        "definitions": [{"name": text(d.target), "formula": text(d.value)} for d in problem.definitions if is_open],
        "asks": None if found.asked is None else text(found.asked),
        "shape": shape_list(shape(found.answer)),
        "hints": list(of.hints[:hints]),
        "hints_in_all": len(of.hints),
        "references": list(of.references),
        "solution": _solution_json(found) if solved else None,
    }


def _solution_json(found: Solution) -> dict[str, Any]:
    steps = [
        {"before": text(step.before), "rule": step.rule, "after": text(step.after)}
        for derivation in found.derivations
        for step in derivation.steps
    ]
    facts = [{"what": f.words.replace("`", ""), "value": f.value, "reason": f.reason} for f in found.facts]
    return {"text": text(found.answer), "latex": latex(found.answer), "steps": steps, "facts": facts}


def by_topic() -> dict[str, list[Exercise]]:
    """The exercises of every topic, in the order of the topics."""
    each = [exercise(name) for name in EXERCISES]
    return {code: [e for e in each if code in e.topics] for code in TOPICS}


def rows() -> list[dict[str, str]]:
    """The map from topics to exercises, for derive list."""
    return [
        {"topic": TOPICS[code].title, "name": e.id, "title": e.title}
        for code, found in by_topic().items()
        for e in found
    ]


MAP = "## By topic\n"
"""The heading under which docs/exercises.md has the map; what stands before it is written by hand."""


def topic_map() -> str:
    """The map from topics to exercises, and the sentence of each topic that has none, in Markdown."""
    parts = [MAP]
    for code, found in by_topic().items():
        topic = TOPICS[code]
        parts.append(f"### {topic.title}\n")
        parts.append(f"Not derivable. {topic.beyond}\n" if topic.beyond else _table(found))
    return "\n".join(parts)


def _table(found: list[Exercise]) -> str:
    lines = ["| exercise | what it asks | from |", "|---|---|---|"]
    lines += [f"| `{e.id}` | {e.title} | {'; '.join(e.references)} |" for e in found]
    return "\n".join(lines) + "\n"
