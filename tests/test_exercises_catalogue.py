"""The catalogue: no exercise is half added, no solution is stored, every topic is covered, and the page is in step."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import cli
from derive.commands.exercise_documents import MAP, topic_map
from derive.errors import DeriveError
from derive.exercises import EXERCISES, Exercise, exercise, solution
from derive.exercises.computed import METHODS
from derive.exercises.exercise import read_exercise
from derive.exercises.topics import TOPICS
from derive.expression.nodes import Expression, Number, Tensor
from derive.expression.text import text
from derive.mistakes.finding import NOTES
from derive.mistakes.table import MISTAKES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "exercises.md"
FILES = ROOT / "derive" / "exercises" / "catalogue"
WHOLE = {
    "exercise": {
        "title": "A square",
        "topics": ["gradients"],
        "statement": "What is the derivative of `x**2`?",
        "hints": ["Is it a power?", "The exponent comes down."],
        "references": ["None"],
    },
    "shapes": {"x": []},
    "question": {"objective": "x**2", "wrt": "x"},
}


FORMATS = ("text", "latex", "markdown", "json")


@cache
def answer_to(name: str) -> Expression:
    return solution(exercise(name)).answer


def source(name: str) -> str:
    return (FILES / f"{name}.toml").read_text(encoding="utf-8")


def lacks(of: Exercise) -> list[str]:
    """What an exercise has not got, in words."""
    found = {
        "a title of at most 70 characters": 0 < len(of.title) <= 70,
        "a topic": of.topics,
        "a statement that ends with a full stop or a question mark": of.statement[-1:] in (".", "?"),
        "two hints": len(of.hints) >= 2,
        "hints that are sentences of at most 120 characters": all(
            h[-1:] in (".", "?") and not h[:1].isspace() and len(h) <= 120 for h in of.hints
        ),
        "a reference": of.references,
        "mistakes that have a name in [marking]": of.problem.marking.keys() <= {"conditional", *MISTAKES, *NOTES},
        "a question": of.problem.question.value is not None or of.problem.question.wrt is not None,
    }
    return [what for what, there in found.items() if not there]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_complete(name: str) -> None:
    of = exercise(name)
    assert not lacks(of)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    formulas = [part for words in (of.statement, *of.hints) for part in of.span(words) if isinstance(part, Expression)]
    assert all(formula.__class__ is not Number for formula in formulas)


@pytest.mark.parametrize("missing", ["title", "topics", "statement", "hints", "references"])
def test_a_half_added_exercise_is_told_what_it_lacks(missing: str) -> None:
    assert not lacks(read_exercise("square", WHOLE))
    words = {key: value for key, value in WHOLE["exercise"].items() if key != missing}
    assert len(lacks(read_exercise("square", WHOLE | {"exercise": words}))) >= 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"exercise": WHOLE["exercise"] | {"topics": ["gradient"]}}, "Did you mean gradients?"),
        ({"exercise": WHOLE["exercise"] | {"hint": "x"}}, "Did you mean hints?"),
        ({"exercise": WHOLE["exercise"] | {"solution": "2*x"}}, "no key 'solution'"),
        ({"exercise": WHOLE["exercise"] | {"style": "indexes"}}, "Did you mean index?"),
        ({"questions": {}}, "Did you mean question?"),
        ({"computed": {"method": "moments"}}, "Did you mean moment?"),
        ({"computed": {"method": "moment"}}, "no function"),
        ({"computed": {"method": "moment", "function": "f", "power": "2"}}, "no function 'f'"),
        ({"computed": {"method": "parameter count"}}, "Only the parameters of a network"),
    ],
)
def test_a_wrong_file_is_refused_with_a_suggestion(changed: dict[str, object], told: str) -> None:
    document = WHOLE | changed
    if "computed" in changed:
        del document["question"]
    with pytest.raises(DeriveError) as error:
        _ = read_exercise("square", document).problem
    assert told in str(error.value)
    assert str(error.value).startswith("The exercise square") or "question" in told


def test_there_is_a_file_for_every_exercise_and_no_two_titles_are_alike() -> None:
    assert {file.stem for file in FILES.glob("*.toml")} == set(EXERCISES)
    assert len({exercise(name).title for name in EXERCISES}) == len(EXERCISES) >= 60


def test_every_topic_has_an_exercise_or_says_why_not() -> None:
    taught = {topic for name in EXERCISES for topic in exercise(name).topics}
    for code, topic in TOPICS.items():
        assert (code in taught) != bool(topic.beyond), code
    assert all(len(topic.beyond) > 80 and topic.beyond.endswith(".") for topic in TOPICS.values() if topic.beyond)


def test_every_method_is_used() -> None:
    used = {tomllib.loads(source(name)).get("computed", {}).get("method") for name in EXERCISES}
    assert set(METHODS) <= used


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_nowhere_in_the_file(name: str) -> None:
    """Unless the exercise is an equation, whose other side has to be said."""
    of = exercise(name)
    answer = answer_to(name)
    written = "".join(source(name).split())
    if not of.shown and not isinstance(answer, Tensor):
        assert "".join(text(answer).split()) not in written
    assert bool(of.shown) == (of.shown in of.statement and bool(of.shown))


@pytest.mark.parametrize("name", EXERCISES)
def test_no_hint_has_the_answer_in_it(name: str) -> None:
    of = exercise(name)
    answer = answer_to(name)
    if not isinstance(answer, Tensor):
        hints = "".join("".join(of.hints).split())
        assert "".join(text(answer).split()) not in hints
    assert not [part for hint in of.hints for part in of.span(hint) if part == answer]


def test_the_page_has_the_map() -> None:
    """`python tests/test_exercises_catalogue.py` writes it into docs/exercises.md."""
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(MAP) :] == topic_map()


def test_the_files_are_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "derive.exercises" in project["packages"]
    assert project["package-data"]["derive.exercises"] == ["catalogue/*.toml"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert cli.run(arguments) == code
    found = capsys.readouterr()
    return found.out if code != 2 else found.err


def test_the_list_has_every_exercise(capsys: pytest.CaptureFixture[str]) -> None:
    shown = run(capsys, "exercise", "list")
    assert all(name in shown for name in EXERCISES)
    rows = json.loads(run(capsys, "exercise", "list", "--format", "json"))
    assert [row["id"] for row in rows] == list(EXERCISES)
    only = json.loads(run(capsys, "exercise", "list", "--topic", "features", "--format", "json"))
    assert {row["id"] for row in only} == {e for e in EXERCISES if "features" in exercise(e).topics}
    assert "central limit" in run(capsys, "exercise", "list", "--topic", "gaussian-processes")


def test_the_map_from_topics_to_exercises(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(run(capsys, "list", "exercises", "--format", "json"))
    assert {row["name"] for row in rows} == set(EXERCISES)
    titles = {topic.title: code for code, topic in TOPICS.items()}
    assert all(titles[row["topic"]] in exercise(row["name"]).topics for row in rows)
    assert "he-leaky" in run(capsys, "list", "exercises")


def test_hints_and_solution_are_shown_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    of = exercise("logistic-regression")
    shown = run(capsys, "exercise", "show", of.id)
    assert "Hint" not in shown
    assert "Solution" not in shown
    assert f'derive check --exercise {of.id} "…"' in shown
    one = run(capsys, "exercise", "show", of.id, "--hint", "1")
    assert of.hints[0] in one
    assert of.hints[1] not in one
    assert "(h − y) x" in run(capsys, "exercise", "show", of.id, "--solution")
    found = json.loads(run(capsys, "exercise", "show", of.id, "--format", "json"))
    assert (found["hints"], found["hints_in_all"], found["solution"]) == ([], len(of.hints), None)
    assert found["shape"] == ["d"]
    found = json.loads(run(capsys, "exercise", "show", of.id, "--format", "json", "--solution", "--hint", "2"))
    assert found["solution"]["text"] == "(h - y)*x"
    assert found["solution"]["steps"]
    assert len(found["hints"]) == 2


@pytest.mark.parametrize(("name", "format_"), list(zip(EXERCISES, itertools.cycle(FORMATS), strict=False)))
def test_exercises_are_shown_in_every_format(name: str, format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = run(capsys, "exercise", "show", name, "--hint", "1", "--solution", "--format", format_)
    assert len(shown) > 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("exercise", "show"), "Which exercise"),
        (("exercise", "show", "sigmoid-slop"), "Did you mean sigmoid-slope?"),
        (("exercise", "show", "he", "--hint", "9"), "There are 2 hints"),
        (("exercise", "list", "he"), "derive exercise show he"),
        (("exercise", "list", "--topic", "feature"), "Did you mean features?"),
        (("exercise", "list", "--format", "latex"), "text or json"),
        (("check", "--exercise", "hee", "1"), "Did you mean he?"),
        (("check", "--exercise", "he", "--widths", "2,3", "1"), "There are two problems: the exercise he and --widths"),
        (
            ("show", "--exercise", "he", "--problem", "x.toml"),
            "the file x.toml and the exercise he",
        ),
    ],
)
def test_wrong_use_is_answered_in_a_sentence(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in run(capsys, *arguments, code=2)


def test_exercises_are_checked_shown_and_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "proved" in run(capsys, "check", "--exercise", "he", "2/n0")
    assert "E[ReLU" not in run(capsys, "check", "--exercise", "he", "1/n0", code=1)
    assert "1 − tanh(x)²" in run(capsys, "show", "--exercise", "tanh-slope")
    answers = tmp_path / "answers.jsonl"
    rows = [
        {"id": "1", "exercise": "he", "answer": "2/n0"},
        {"id": "2", "exercise": "sigmoid-slope", "answer": "f(x)"},
        {"id": "4", "exercise": "sigmoid-slope", "answer": "-f(x)*(1 - f(x))", "points": 4},
        {"id": "3", "exercise": "sigmoid-slop", "answer": "f(x)"},
    ]
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run(capsys, "grade", str(answers), "-o", str(tmp_path / "r.jsonl"), "--jobs", "1")
    found = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["verdict"], row["score"], row["exercise"]) for row in found] == [
        ("proved", 1, "he"), ("refuted", 0, "sigmoid-slope"), ("refuted", 2, "sigmoid-slope"),
        ("not understood", None, "sigmoid-slop"),
    ]  # fmt: skip
    assert found[1]["mistakes"][0]["code"] == "function-for-derivative"
    assert "Did you mean sigmoid-slope?" in found[3]["reason"]


def test_the_prompt_has_the_words_the_hints_and_the_solution_of_an_exercise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of = exercise("sigmoid-slope")
    typed = iter(["hint", "hint", "f'(x)", "reveal", "f(x)*(1 - f(x))"])
    monkeypatch.setattr("builtins.input", lambda before: next(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    shown = run(capsys, "check", "--exercise", of.id)
    assert of.title in shown
    assert [hint in shown for hint in of.hints] == [True, True, False]
    assert "says the question over again" in shown
    assert "σ(x) (1 − σ(x))" in shown


def test_show_leads_to_the_solution_of_an_exercise_that_is_no_derivation(capsys: pytest.CaptureFixture[str]) -> None:
    assert "derive exercise show he --solution" in run(capsys, "show", "--exercise", "he", code=2)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8").partition(MAP)[0]
    PAGE.write_text(before + topic_map(), encoding="utf-8")
