"""Files of answers and results: every line comes back, in order, whatever it holds; cells are no formulas."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.errors import UsageError
from derive.grading.answers import MAXIMUM_LINE, read_answers
from derive.grading.cells import cell, harmless, read_back
from derive.grading.marking import score, share
from derive.grading.result import KEYS, result
from derive.grading.results import results_file
from derive.grading.row import Row
from derive.grading.sources import Source, Sources
from derive.grading.strict_json import one_line, strict_json

DEFAULT = Source("{}")
PROBLEM = '[shapes]\nW = ["n", "m"]\n[question]\nobjective = "sum(W**2)"\nwrt = "W"\n'


def rows_of(folder: Path, content: bytes, name: str = "answers.jsonl", default: Source | None = DEFAULT) -> list[Row]:
    path = folder / name
    path.write_bytes(content)
    return read_answers(path, Sources(folder, default))


MALFORMED = {
    "no JSON": (b"delta2 @ A1.T", "E-LINE"),
    "no object": (b'["x"]', "E-LINE"),
    "a number": (b"7", "E-LINE"),
    "cut off": (b'{"answer": "x"', "E-LINE"),
    "no answer": (b'{"id": 1}', "E-LINE"),
    "answer is no text": (b'{"answer": 7}', "E-LINE"),
    "answer is null": (b'{"answer": null}', "E-LINE"),
    "a key twice": (b'{"answer": "x", "answer": "y"}', "E-LINE"),
    "NaN": (b'{"answer": "x", "mark": NaN}', "E-LINE"),
    "infinite": (b'{"answer": "x", "mark": 1e999}', "E-LINE"),
    "a number of many digits": (b'{"answer": "x", "mark": ' + b"7" * 10_000 + b"}", "E-LINE"),
    "nested deeply": (b'{"answer": ' + b"[" * 200_000 + b"}", "E-LINE"),
    "not UTF-8": (b'{"answer": "\xff\xfe"}', "E-LINE"),
    "too long": (b'{"answer": "' + b"x" * (2 * MAXIMUM_LINE) + b'"}', "E-SIZE"),
    "negative points": (b'{"answer": "x", "points": -1}', "E-LINE"),
    "points are true": (b'{"answer": "x", "points": true}', "E-LINE"),
    "an exercise that is not there": (b'{"answer": "x", "exercise": "nosuch"}', "E-USAGE"),
    "two problems": (b'{"answer": "x", "exercise": "e", "problem": "p.toml"}', "E-USAGE"),
    "a list of problems": (b'{"answer": "x", "problem": [1]}', "E-USAGE"),
    "no such file": (b'{"answer": "x", "problem": "nosuch.toml"}', "E-USAGE"),
    "a file elsewhere": (b'{"answer": "x", "problem": "../q.toml"}', "E-PATH"),
    "an absolute path": (b'{"answer": "x", "problem": "/etc/hostname"}', "E-PATH"),
    "a device": (b'{"answer": "x", "problem": "/dev/zero"}', "E-PATH"),
    "a backslash": (b'{"answer": "x", "problem": "..\\\\q.toml"}', "E-PATH"),
    "a NUL": (b'{"answer": "x", "problem": "q\\u0000.toml"}', "E-PATH"),
    "a link": (b'{"answer": "x", "problem": "link.toml"}', "E-PATH"),
    "a folder": (b'{"answer": "x", "problem": "."}', "E-USAGE"),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_line_becomes_a_row_with_a_code_and_its_neighbours_stay(name: str, tmp_path: Path) -> None:
    line, code = MALFORMED[name]
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "q.toml").write_text(PROBLEM, encoding="utf-8")
    (folder / "link.toml").symlink_to(tmp_path / "q.toml")
    good = b'{"id": "good", "answer": "x"}'
    before, bad, after = rows_of(folder, b"\n".join([good, line, good]))
    assert before.fault is None
    assert after.fault is None
    assert bad.fault is not None
    assert (bad.fault.verdict, bad.fault.code) == ("not understood", code)
    assert (bad.fault.reason or "").startswith("Line 2: ")


def test_a_row_without_any_problem_is_told_so(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, b'{"answer": "x"}', default=None)
    assert row.fault is not None
    assert "names no problem" in str(row.fault.reason)


def test_problem_files_lie_beside_the_answers_or_below(tmp_path: Path) -> None:
    (tmp_path / "week1").mkdir()
    (tmp_path / "week1" / "q.toml").write_text(PROBLEM, encoding="utf-8")
    lines = b'{"answer": "x", "problem": "week1/q.toml"}\n{"answer": "x", "problem": "week1/../week1/q.toml"}\n'
    one, other = rows_of(tmp_path, lines, default=None)
    assert one.fault is None
    assert one.source == other.source


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n  \n"])
def test_line_ends_blank_lines_and_a_bom_change_nothing(end: bytes, bom: bytes, last: bytes, tmp_path: Path) -> None:
    lines = [b'{"id": 1, "answer": "x"}', b"", b'{"id": 1, "answer": "y"}']
    found = rows_of(tmp_path, bom + end.join(lines) + last.replace(b"\n", end))
    assert [(row.number, row.given["id"], row.answer, row.fault) for row in found] == [
        (1, 1, "x", None),
        (3, 1, "y", None),
    ]
    written = bom + end.join([b"id,answer", b"1,x", b"", b"1,y"]) + last.replace(b"\n", end)
    found = rows_of(tmp_path, written, "answers.csv")
    assert [(row.given["id"], row.answer, row.fault) for row in found] == [("1", "x", None), ("1", "y", None)]
    found = rows_of(tmp_path, written.replace(b"\r\n", b"\r").replace(b"\n", b"\r"), "answers.csv")
    assert [(row.answer, row.fault) for row in found] == [("x", None), ("y", None)]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"") == []
    assert rows_of(tmp_path, b"id,answer\n", "answers.csv") == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("answers.csv", b"id,reply\n1,x\n", "one of them answer"),
        ("answers.csv", b"answer,answer\n1,x\n", "one title"),
        ("answers.csv", b"", "one of them answer"),
        ("answers.jsonl", '{"answer": "x"}'.encode("utf-16"), "UTF-8"),
        ("answers.txt", b"x", "suffix"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        rows_of(tmp_path, content, name)


def test_a_malformed_record_of_csv_leaves_the_others(tmp_path: Path) -> None:
    bad = [b"2,f(x,y),1", b'3,"x"y,1', b"4,\xff,1", b"5,x,many"]
    lines = [b"id,answer,points", b"1,x,2", *bad, b'6,"x\ny",', b"7,x,0.5"]
    found = rows_of(tmp_path, b"\n".join(lines), "answers.csv")
    assert [row.fault.code if row.fault else None for row in found] == [None, *["E-LINE"] * 4, None, None]
    assert [row.points for row in found if not row.fault] == [2, 1, 0.5]
    assert found[-2].answer == "x\ny"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_may_separate_cells_as_they_like(separator: str, tmp_path: Path) -> None:
    content = f"id{separator}answer{separator}who\n1{separator}x{separator}me\n"
    (row,) = rows_of(tmp_path, content.encode(), "answers.csv")
    assert (row.answer, row.given["who"]) == ("x", "me")


def test_an_inline_problem_may_stand_in_a_cell(tmp_path: Path) -> None:
    table = {"shapes": {"W": ["n", "m"]}, "question": {"objective": "sum(W**2)", "wrt": "W"}}
    out = io.StringIO()
    csv.writer(out).writerows([["answer", "problem"], ["2*W", json.dumps(table)], ["2*W", '{"shapes": ']])
    good, bad = rows_of(tmp_path, out.getvalue().encode(), "answers.csv", default=None)
    assert good.source is not None
    assert json.loads(good.source.text) == table
    assert bad.fault is not None


CELLS = ["=1+1", "+x", "-(y - a2)", "@SUM(1)", "\t=1", "'=1", "''-x", "'x", "x = 1", "", "'", "ünï"]


@pytest.mark.parametrize("text", CELLS)
def test_a_cell_is_no_formula_and_reads_back(text: str) -> None:
    made = harmless(text)
    assert not made or made[0] not in "=+-@\t\r"
    assert read_back(made) == text


def test_any_text_reads_back_from_its_cell() -> None:
    rng = random.Random(5)
    for _ in range(2000):
        text = "".join(rng.choice("'=+-@x1 \t") for _ in range(rng.randrange(6)))
        assert read_back(harmless(text)) == text


def test_results_in_csv_are_no_formulas_and_say_the_same(tmp_path: Path) -> None:
    first = b'{"id": "=1", "answer": "-x", "who": "@me", "n": -3, "text": "t", "esc": "\\u001b[2J\\ud800"}'
    rows = rows_of(tmp_path, first + b'\n{"id": 2, "answer": "x"}')
    decision = {"verdict": verdict_json(Verdict("refuted", text="-x")), "share": 0.0}
    for name in ("results.csv", "results.jsonl"):
        with results_file(tmp_path / name, rows) as file:
            for row in rows:
                file.write(result(row, decision))
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as csv_file:
        table = list(csv.DictReader(csv_file))
    objects = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert table[0]["id"] == "'=1"
    assert table[0]["who"] == "'@me"
    assert table[0]["n"] == "'-3"
    assert "\x1b" not in (tmp_path / "results.csv").read_text(encoding="utf-8")
    assert objects[0]["esc"] == "\x1b[2J\ud800"
    assert objects[0]["kept"] == {"text": "t"}
    for record, found in zip(table, objects, strict=True):
        assert {key: read_back(value) for key, value in record.items() if value} == {
            key: cell(value) if not isinstance(value, str) else read_back(cell(value))
            for key, value in found.items() if value is not None
        } | ({"n": "-3"} if "n" in found else {})  # fmt: skip


def test_a_result_has_every_key_and_keeps_those_of_the_row(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, b'{"id": 7, "answer": "x", "points": 3, "who": "me", "score": "mine", "exercise": ""}')
    decision = {"verdict": verdict_json(Verdict("proved")), "share": 1}
    found = result(row, decision)
    assert found.keys() >= {"id", "who", *KEYS}
    assert "elapsed_ms" not in found
    assert (found["id"], found["who"], found["score"], found["kept"]) == (7, "me", 3, {"score": "mine"})
    assert found["needs_review"] is False
    assert "elapsed_ms" in result(row, decision, timings=True)


MARKING = {"conditional": 0.5, "missing-mean": 0.7, "sign": 0.2}


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict("proved"), 3),
        (Verdict("agrees"), 3),
        (Verdict("conditional"), 1.5),
        (Verdict("refuted"), 0),
        (Verdict("refuted", mistakes=(Mistake("missing-mean", ""),)), 2.1),
        (Verdict("refuted", mistakes=(Mistake("sign", ""), Mistake("missing-mean", ""))), 2.1),
        (Verdict("refuted", mistakes=(Mistake("unknown", ""),)), 0),
        (Verdict("conditional", mistakes=(Mistake("missing-mean", ""),)), 2.1),
        (Verdict("undecided"), None),
        (Verdict("not understood"), None),
    ],
)
def test_points_go_by_the_marking(verdict: Verdict, expected: float | None) -> None:
    assert score(3, share(verdict, MARKING)) == expected


def _interrupted(target: Path, partial: Path) -> None:
    with results_file(target, []) as file:
        file.write({"id": 1})
        assert partial.read_text(encoding="utf-8") == '{"id": 1}\n'
        raise KeyboardInterrupt


def test_results_stand_beside_their_place_until_they_are_complete(tmp_path: Path) -> None:
    target, partial = tmp_path / "r.jsonl", tmp_path / "r.jsonl.partial"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(target, partial)
    assert target.read_text(encoding="utf-8") == "before"
    assert partial.exists()
    with results_file(target, []) as file:
        file.write({"id": 2})
    assert target.read_text(encoding="utf-8") == '{"id": 2}\n'
    assert not partial.exists()
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)
    with results_file(link, []) as file:
        file.write({"id": 3})
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == '{"id": 3}\n'


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "r.jsonl"
    for leads_to in (tmp_path, link):
        link.symlink_to(leads_to)
        with pytest.raises(UsageError, match="cannot be written"), results_file(link, []):
            raise AssertionError
        link.unlink()


@pytest.mark.parametrize("value", [{"a": "\u2028\x85\x1b\ud800é δ"}, [1, 2.5, None, True], "x\ny"])
def test_a_value_stands_on_one_line_and_reads_back(value: Any) -> None:
    line = one_line(value)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert strict_json(line) == value
