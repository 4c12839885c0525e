"""The table of misconceptions: every row fires where it should, only there, and says so in a line of the screen."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import cli
from derive.checking.check import Checker
from derive.commands.mistakes import page
from derive.expression.text import text
from derive.mistakes.examples import EXAMPLES, work, worked
from derive.mistakes.explain import TOLD
from derive.mistakes.finding import NOTES
from derive.mistakes.row import Row
from derive.mistakes.table import GENERAL, MISTAKES
from derive.mistakes.wording import WIDTH, Words

ROOT = Path(__file__).resolve().parent.parent
ROWS = list(MISTAKES.values())
CHECKERS: dict[str, Checker] = {}


def checker(row: Row) -> Checker:
    """The checker of a row's example, made once."""
    if row.example not in CHECKERS:
        CHECKERS[row.example] = Checker(EXAMPLES[row.example]().problem)
    return CHECKERS[row.example]


@cache
def codes_by_value(example: str) -> dict[object, set[str]]:
    """The rows that lead to one answer of an example, by the values of that answer."""
    _, derived, prints = work(example)
    found: dict[object, set[str]] = {}
    for c in derived.single():
        found.setdefault(prints.of(c.answer), set()).add(c.slips[0][0].code)
    return found


def test_there_are_enough_rows_and_each_has_its_own_code() -> None:
    assert len(MISTAKES) >= 60
    assert not MISTAKES.keys() & NOTES.keys()
    assert len({row.title for row in ROWS}) == len(ROWS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in (*MISTAKES, *NOTES))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_row_fires_on_its_example(row: Row) -> None:
    """The answer that the row leads to is refuted; the first mistake named is the row, or one that coincides."""
    example = worked(row)
    assert example is not None
    verdict = checker(row).check(text(example.wrong))
    assert verdict.verdict in ("refuted", "conditional")
    codes = [m.code for m in verdict.mistakes]
    coinciding = codes_by_value(row.example)[work(row.example)[2].of(example.wrong)]
    assert codes
    assert codes[0] in coinciding
    if row.code not in codes:
        assert row.code in GENERAL or len(codes) == TOLD


@pytest.mark.parametrize("name", sorted({row.example for row in ROWS}))
def test_no_row_fires_on_a_right_answer(name: str) -> None:
    if name not in CHECKERS:
        CHECKERS[name] = Checker(EXAMPLES[name]().problem)
    _, derived, _ = work(name)
    verdict = CHECKERS[name].check(text(derived.expected))
    assert verdict.verdict == "proved"
    assert verdict.mistakes == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_messages_are_short_sentences_and_hints_say_what_to_do(row: Row) -> None:
    example = worked(row)
    assert example is not None
    message = Words(example.problem).message(row, example.candidate.slips[0][1])
    for sentence in (message, row.hint):
        assert len(sentence) <= WIDTH == 80
        assert sentence[0].isupper()
        assert sentence[-1] in ".?"
    assert "{" not in message + row.hint + row.title + row.law
    assert len(row.law) <= 110


@pytest.mark.parametrize("note", NOTES.values(), ids=lambda note: note.code)
def test_other_explanations_are_short_too(note: object) -> None:
    written = [getattr(note, name) for name in ("message", "hint")]
    assert all(len(sentence) <= 80 for sentence in written)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_hint_does_not_give_the_answer_away(row: Row) -> None:
    """It names nothing of the problem: no letter with a number, no transpose, no product."""
    assert not re.search(r"[WAXYabz]\d|ᵀ|@|⊙|lam\b", row.hint)


def test_long_parts_are_not_spelled_out() -> None:
    row = MISTAKES["target-minus-prediction"]
    example = worked(row)
    assert example is not None
    words = Words(example.problem)
    assert words.filled("The part {part} is wrong.", example.right @ example.wrong).endswith("… is wrong.")


@pytest.mark.parametrize("code", ["missing-mean", "softmax-as-sigmoid", "kronecker-forgotten", "wrong-factor"])
def test_a_mistake_is_explained_with_an_example(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", code]) == 0
    shown = capsys.readouterr().out
    row = MISTAKES.get(code) or NOTES[code]
    assert row.title in shown
    assert f"Hint: {row.hint}" in shown.replace("\n", " ")
    assert ("For example, with" in shown) == (code in MISTAKES)
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_the_list_has_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["list", "mistakes"]) == 0
    shown = capsys.readouterr().out
    assert all(code in shown for code in (*MISTAKES, *NOTES))


def test_a_misspelled_code_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "mising-mean"]) == 2
    assert "Did you mean missing-mean?" in capsys.readouterr().err


def test_the_page_is_the_table() -> None:
    """`python -c "from derive.commands.mistakes import page; print(page(), end='')" > docs/mistakes.md`"""
    assert (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8") == page()
