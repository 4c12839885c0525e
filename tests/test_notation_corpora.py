"""Equations in the notations of books: contexts are complete, and no verdict contradicts the truth."""

from __future__ import annotations

import json
import random

import pytest

from benchmarks.notation import CORPORA, DATA, FILES, Part, Result, contexts, equations, results

SAMPLE = 26
SEED = 5


def _sample(corpus: str, number: int) -> list[Result]:
    """Some equations, a share of each truth, with what became of them."""
    rng = random.Random(SEED)
    rows = equations(corpus, DATA)
    truths = sorted({row["truth"] for row in rows})
    wanted: set[str] = set()
    for truth in truths:
        of_truth = [row["id"] for row in rows if row["truth"] == truth]
        wanted.update(rng.sample(of_truth, min(len(of_truth), max(1, number * len(of_truth) // len(rows)))))
    known = {row["id"]: row for row in rows}
    found: list[Result] = []
    for part in contexts(corpus):
        found += results(part, [known[id] for id in sorted(part.rows & wanted)])
    return found


def _names(parts: list[Part]) -> list[str]:
    return sorted(id for part in parts for id in part.rows)


@pytest.mark.parametrize("corpus", ["books", "published"])
def test_every_equation_that_is_kept_here_has_one_context(corpus: str) -> None:
    assert _names(contexts(corpus)) == [row["id"] for row in equations(corpus, DATA)]


def test_no_published_equation_that_is_wrong_is_proved() -> None:
    found = _sample("published", 10)
    assert [r.id for r in found if r.truth != "right" and r.is_wrong] == []
    assert sum(r.is_decided for r in found) >= 0.9 * len(found)


def test_half_of_the_equations_of_the_books_are_spoiled() -> None:
    truths = [row["truth"] for row in equations("books", DATA)]
    assert len(truths) == 100
    assert truths.count("wrong") == 50


@pytest.mark.parametrize("corpus", ["seed", "world"])
def test_no_equation_of_notes_has_two_contexts(corpus: str) -> None:
    names = _names(contexts(corpus))
    assert len(names) == len(set(names))


def test_equations_of_books_are_decided_as_they_should_be() -> None:
    found = _sample("books", SAMPLE)
    assert [r for r in found if r.is_wrong] == []
    assert sum(r.is_decided for r in found) >= 0.95 * len(found)


@pytest.mark.skipif(not all((DATA / FILES[c]).exists() for c in ("seed", "world")), reason="the notes are not here")
@pytest.mark.parametrize("corpus", ["seed", "world"])
def test_equations_of_notes_are_decided_as_they_should_be(corpus: str) -> None:
    found = _sample(corpus, SAMPLE)
    scored = [r for r in found if r.truth in ("right", "wrong")]
    assert [r for r in found if r.is_wrong] == []
    assert sum(r.is_decided for r in scored) >= 0.85 * len(scored)


def test_what_a_result_counts_as() -> None:
    kinds = {("right", "refuted"), ("wrong", "proved"), ("wrong", "agrees"), ("definition", "refuted")}
    for truth in ("right", "wrong", "definition", "not checkable"):
        for verdict in ("proved", "agrees", "conditional", "refuted", "undecided", "not understood"):
            assert Result("b1", "", truth, "", verdict, "", 0.0).is_wrong == ((truth, verdict) in kinds or (
                truth == "not checkable" and verdict == "refuted"))  # fmt: skip


def test_books_are_lines_of_json() -> None:
    for line in (CORPORA / "books.jsonl").read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) == {"id", "source", "latex", "truth"}
