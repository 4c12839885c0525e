"""The misconceptions as `derive list`, `derive explain` and docs/mistakes.md show them."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from derive.expression.text import text
from derive.mistakes.examples import worked
from derive.mistakes.finding import NOTES, Note
from derive.mistakes.row import Row
from derive.mistakes.table import MISTAKES
from derive.mistakes.wording import Words

Explained = dict[str, Any]

_WIDTH = 78

INTRODUCTION = """# Named mistakes

A wrong answer is held against the answers that common slips lead to. For each question the rows below are tried, once
at every place, on the derivation of the right answer; what comes out is compared with yours, and a mistake is named
only if your answer is *proved* to be the one it leads to. Two slips in one answer are named both. Where no row fits,
the answer is compared term by term with the right one, or its one wrong part is looked for.

`derive list mistakes` prints the table, `derive explain CODE` an example of a row:

```console
$ derive explain missing-mean
"""


def rows() -> list[dict[str, str]]:
    """All codes with what goes wrong and what is true."""
    table: list[Row | Note] = [*MISTAKES.values(), *NOTES.values()]
    return [{"code": row.code, "title": row.title, "law": row.law} for row in table]


def explanation(code: str) -> Explained | None:
    """What `derive explain` says of a mistake, as JSON; None if the code is none of a mistake."""
    row: Row | Note | None = MISTAKES.get(code) or NOTES.get(code)
    if row is None:
        return None
    told: Explained = {"code": row.code, "title": row.title, "law": row.law, "hint": row.hint, "example": None}
    example = worked(row) if isinstance(row, Row) else None
    if isinstance(row, Row) and example is not None:
        message = Words(example.problem).message(row, example.candidate.slips[0][1])
        told["example"] = {"problem": example.words, "wrong": text(example.wrong), "message": message,
                           "right": text(example.right)}  # fmt: skip
    return told


def explained(told: Explained) -> str:
    """The same as lines of text."""
    lines = [f"{told['code']}: {told['title']}", "", *wrap(told["law"], _WIDTH)]
    example = told["example"]
    if example is not None:
        lines += ["", "For example, with", "", *_indented(example["problem"]), "", "the answer", ""]
        lines += [*_indented(example["wrong"]), "", "gets", "", *_indented(example["message"]), "", "Right is", ""]
        lines += _indented(example["right"])
    return "\n".join([*lines, "", *wrap(f"Hint: {told['hint']}", _WIDTH)])


def _indented(written: str) -> list[str]:
    return [f"    {part}" for part in wrap(written, _WIDTH - 4, break_long_words=False)]


def page() -> str:
    """docs/mistakes.md."""
    example = explanation("missing-mean")
    assert example is not None
    table = ["| code | what goes wrong | what is true |", "|---|---|---|"]
    table += [f"| `{row['code']}` | {_cell(row['title'])} | {_cell(row['law'])} |" for row in rows()]
    return INTRODUCTION + explained(example) + "\n```\n\n" + "\n".join(table) + "\n"


def _cell(written: str) -> str:
    return written.replace("|", "\\|")
