"""Reports on notes for the terminal: the line of the notes with carets under what is wrong, why, and the correct form.

Works on the report as its JSON object; `texts` are the files, by name and cell, whose lines are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from derive.notes.reporting.words import explained, mistakes, summary
from derive.rendering.terminal import Row, styled
from derive.rendering.verdict_lines import MARKS
from derive.writing.names import display_width, visible

Json = Mapping[str, Any]
Texts = Mapping[tuple[str, int | None], str]

NOT_WRAPPED = 100_000
FEW = 3
"""So many names of zeros are not listed."""

LONGEST = 160
"""Letters that the values of an example may take here."""

QUIET = frozenset({"proved", "agrees", "definition", "not checked"})
"""Verdicts that nobody needs to act on: shown only when everything is."""
SIGNS: Mapping[str, tuple[str, str]] = {**MARKS, "definition": ("≔", "cyan"), "not checked": ("·", "dim")}


def notes_terminal(
    report: Json, texts: Texts, *, width: int | None = None, color: bool = False, everything: bool = False,
    brief: bool = False,
) -> str:  # fmt: skip
    """The report in plain words.

    everything  also what is right, defined or not checked, a line each
    brief       one line for each thing that is wrong, and no summary
    """
    width = width or NOT_WRAPPED
    rows: list[Row] = []
    for file in report["files"]:
        found = list(_file(file, texts, width, everything, brief))
        rows += [*([[]] if rows and found and not brief else []), *found]
    if not brief:
        rows += [*([[]] if rows else []), *_missing(report, width), [(summary(report), "bold")]]
    return styled(rows, color)


def _file(file: Json, texts: Texts, width: int, everything: bool, brief: bool) -> Iterator[Row]:
    shown = [e for e in file["equations"] if _is_shown(e, everything)]
    if not shown and not file["warnings"]:
        return
    if not brief:
        yield [(visible(file["file"]), "bold underline")]
    for entry in shown:
        if brief:
            yield _in_brief(file["file"], entry)
        else:
            yield from _entry(file["file"], entry, texts, width)
    if file["warnings"] and shown and not brief:
        yield []
    for warning in file["warnings"]:
        where = f"{visible(file['file'])}:" if brief else "  "
        yield [(f"{where}{_at(warning)}  ! ", "bold yellow"), (visible(warning["message"]), "")]


def _is_shown(entry: Json, everything: bool) -> bool:
    if everything:
        return True
    is_expected = entry["mark"] == "wrong" and entry["verdict"] in ("refuted", "conditional")
    return entry["verdict"] not in QUIET and not is_expected and not entry["missing"]


def _at(place: Json) -> str:
    cell = f"cell {place['cell']}, " if "cell" in place else ""
    return f"{cell}{place['line']}:{place['column']}"


def _in_brief(file: str, entry: Json) -> Row:
    """Where it is, and why; where nothing can be said of why, the correct form."""
    sign, style = SIGNS[entry["verdict"]]
    expected = entry["expected_formula"] if entry["verdict"] == "refuted" and not entry["mistakes"] else None
    said = explained(entry) + (f" Correct: {_formula(expected)}" if expected else "")
    return [(f"{visible(file)}:{_at(entry)}: ", ""), (f"{sign} ", style), (visible(said), "")]


def _entry(file: str, entry: Json, texts: Texts, width: int) -> Iterator[Row]:
    sign, style = SIGNS[entry["verdict"]]
    head = f"  {_at(entry)}  "
    if entry["verdict"] in QUIET:
        reason = f"  {visible(entry['reason'])}" if entry["reason"] else ""
        yield [(head, "dim"), (f"{sign} {entry['verdict']:<12}", style), (visible(entry["latex"])[: width // 2], ""),
               (reason, "dim")]  # fmt: skip
        return
    yield []
    yield from _filled([(head, "dim"), (f"{sign} ", style)], explained(entry), width, style)
    yield []
    yield from _source(file, entry, texts, width)
    yield from _details(entry, width)


def _filled(first: Row, text: str, width: int, style: str) -> Iterator[Row]:
    indent = sum(display_width(piece) for piece, _ in first)
    pieces = wrap(visible(text), max(width - indent, 24)) or [""]
    yield [*first, (pieces[0], style)]
    for piece in pieces[1:]:
        yield [(" " * indent + piece, style)]


def _source(file: str, entry: Json, texts: Texts, width: int) -> Iterator[Row]:
    """The lines of the notes, with carets under the part that is wrong."""
    marked = entry["part"] or entry
    lines = texts.get((file, entry.get("cell")), "").split("\n")
    gutter = len(str(marked["end_line"])) + 4
    for number in range(marked["line"], min(marked["end_line"], marked["line"] + 5) + 1):
        if number > len(lines):
            return
        line = lines[number - 1].replace("\t", " ")
        start = marked["column"] - 1 if number == marked["line"] else len(line) - len(line.lstrip())
        end = marked["end_column"] - 1 if number == marked["end_line"] else len(line.rstrip())
        yield from _line(number, gutter, line, start, max(end, start + 1), width)


def _line(number: int, gutter: int, line: str, start: int, end: int, width: int) -> Iterator[Row]:
    """One line and the carets below it; a long one is shown from where the carets fit."""
    room = max(width - gutter - 4, 30)
    first = 0
    if display_width(visible(line)) > room:
        first = max(0, min(start - room // 4, len(line) - room))
    shown = visible(line[first : first + room])
    before = ("…" if first else "") + visible(line[first:start])
    yield [(f"{number:>{gutter}} │ ", "dim"), (("…" if first else "") + shown, "")]
    count = max(display_width(visible(line[start : min(end, first + room)])), 1)
    yield [(f"{'':>{gutter}} │ ", "dim"), (" " * display_width(before) + "^" * count, "bold red")]


def _details(entry: Json, width: int) -> Iterator[Row]:
    labelled = [("Why", text, "") for text in mistakes(entry)[1:]]
    expected, answer, example = entry["expected_formula"], entry["answer"], entry["counterexample"]
    if expected and entry["verdict"] in ("refuted", "conditional"):
        labelled += [("Correct", _formula(expected), "green"), ("", expected["latex"], "dim")]
        labelled += [("Read as", _formula(answer), "")] if answer else []
    if example:
        labelled.append(("Example", _example(example), "dim"))
    if labelled:
        yield []
    for label, text, style in labelled:
        yield from _filled([(f"      {label:<9}", "dim")], text, width, style)


def _formula(formula: Json) -> str:
    return str(formula.get("unicode") or formula["text"])


def _example(example: Json) -> str:
    """A counterexample in one sentence: the values where they are few, and both results."""
    entry = example.get("entry")
    written = {name: _value(value) for name, value in (example.get("values") or {}).items()}
    is_number = not example.get("sizes") and not any(set("[(") & set(value) for value in written.values())
    place = f" in entry ({', '.join(map(str, entry))})" if entry and not (is_number and set(entry) == {1}) else ""
    result = f"{example.get('yours')} instead of {example.get('expected')}{place}"
    sizes = [f"{name} = {value}" for name, value in (example.get("sizes") or {}).items()]
    zeros = [name for name, value in written.items() if not set(value) - set("[(0,; )]")]
    values = [f"{name} = {value}" for name, value in written.items() if name not in zeros]
    rest = [f"{name} = 0" for name in zeros] if len(zeros) < FEW else ["the rest 0" if values else "all else 0"]
    given = ", ".join([*sizes, *values, *rest])
    if len(given) > LONGEST:
        given = f"{', '.join(sizes)}; --format json has the values"
    return f"{result} where {given}" if given else result


def _value(value: Any) -> str:
    """A number; (1, 2) for a column; [1, 2; 3, 4], row by row, for a matrix, also for one that has a single row."""
    if not isinstance(value, (list, tuple)):
        return str(value)
    if len(value) == 1 and isinstance(value[0], (list, tuple)) and len(value[0]) == 1:
        return str(value[0][0])
    if len(value) == 1 and not isinstance(value[0], (list, tuple)):
        return str(value[0])
    if all(isinstance(row, (list, tuple)) and len(row) == 1 for row in value):
        return f"({', '.join(str(row[0]) for row in value)})"
    rows = (", ".join(map(str, row)) if isinstance(row, (list, tuple)) else str(row) for row in value)
    return f"[{'; '.join(rows)}]"


def _missing(report: Json, width: int) -> Iterator[Row]:
    """The names that are not declared, once for all formulas."""
    names: Sequence[Json] = report["missing"]
    if not names:
        return
    listed = ", ".join(f"{m['name']} ({m['count']}×, first in line {m['line']})" for m in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    text = f"Not declared: {listed}{more}. The formulas with them were not checked; --suggest prints a context."
    yield from _filled([("? ", "bold yellow")], text, width, "")
    yield []
