"""What is kept between runs: the same report from it, only what is needed done again, and nothing depends on it."""

from __future__ import annotations

import faulthandler
import signal
from pathlib import Path
from typing import NoReturn

import pytest

from derive.checking.guard import Allowance
from derive.expression.problem import Problem
from derive.mistakes.explain import Explainer
from derive.notation import Answer, Limits
from derive.notes import cache
from derive.notes.check import Notes, Settings, check_notes
from derive.notes.formulas.reading import Latex
from tests.notes_documents import NETWORK, RIGHT, WRONG, written

TEXT = f"{NETWORK}\n$u = W_1 X$ and $v = W_2 A_1$\n\n$Z_1 = u + b_1$\n\n$Z_2 = v + b_2$\n\n"
TEXT += f"$$ {WRONG[0][0]} $$\n\n$$ {RIGHT[2]} $$\n"


PATIENT = Allowance(seconds=30)
"""What nothing here takes, however slow the machine is."""


class Counting:
    """A reader that counts in a file what it is asked, for it works in another process."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.latex = Latex()

    def __call__(self, text: str, problem: Problem, limits: Limits) -> Answer:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(" ".join(text.split()) + "\n")
        return self.latex(text, problem, limits)

    def taken(self) -> list[str]:
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIVE_CACHE_DIR", str(tmp_path / "cache"))


def test_a_second_run_reads_nothing_and_says_the_same(tmp_path: Path) -> None:
    path, reader = written(tmp_path, TEXT), Counting(tmp_path / "log")
    first = check_notes(path, settings=Settings(reader=reader)).to_json()
    assert reader.taken()
    assert check_notes(path, settings=Settings(reader=reader)).to_json() == first
    assert reader.taken() == []


def test_after_a_change_only_what_depends_on_it_is_decided_again(tmp_path: Path) -> None:
    path, reader = written(tmp_path, TEXT), Counting(tmp_path / "log")
    check_notes(path, settings=Settings(reader=reader))
    reader.taken()
    path.write_text("New words.\n\n" + TEXT.replace("$v = W_2 A_1$", "$v = A_1$"), encoding="utf-8")
    report = check_notes(path, settings=Settings(reader=reader))
    asked = reader.taken()
    assert any("Z_2 = v" in line for line in asked)
    assert not any("Z_1 = u" in line for line in asked)
    assert report.to_json() == check_notes(path, settings=Settings(keep=False)).to_json()


def test_a_spoilt_cache_is_as_good_as_none(tmp_path: Path) -> None:
    path = written(tmp_path, NETWORK + f"$$ {RIGHT[0]} $$\n\n$$ {RIGHT[1]} $$\n")
    first = check_notes(path).to_json()
    for spoil in ("", "{", "[]", '{"fingerprint": "x", "entries": {}}', '{"entries": 3}'):
        files = list((tmp_path / "cache").rglob("*.json"))
        assert len(files) == 1
        files[0].write_text(spoil, encoding="utf-8")
        assert check_notes(path).to_json() == first, spoil


def test_without_a_place_to_keep_things_notes_are_checked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DERIVE_CACHE_DIR", str(written(tmp_path, "a file", "taken") / "below"))
    assert check_notes(written(tmp_path, TEXT)).totals["refuted"] == 1


def test_what_is_kept_belongs_to_the_code_and_the_settings() -> None:
    assert cache.fingerprint(1) == cache.fingerprint(1)
    assert cache.fingerprint(1) != cache.fingerprint(2)


def spin() -> NoReturn:
    """Take all the time that there is. It is made little here, if only there is a limit at all."""
    assert signal.getitimer(signal.ITIMER_PROF)[0] > 0
    signal.setitimer(signal.ITIMER_PROF, 0.01)
    while True:
        pass


class Slow(Counting):
    """A reader that never ends with one formula, and dies of another."""

    def __call__(self, text: str, problem: Problem, limits: Limits) -> Answer:
        if "slow" in text:
            spin()
        if "lethal" in text:
            faulthandler.disable()  # the process ends itself, and need not say so in the log of the tests
            raise MemoryError
        if "broken" in text:
            raise ZeroDivisionError("of all things")
        return super().__call__(text, problem, limits)


def test_a_formula_that_takes_too_long_ends_only_itself(tmp_path: Path) -> None:
    text = f"{NETWORK}\n$u = W_1 X$\n\n$slow = 1 = 2$\n\n$Z_1 = u + b_1$\n\n$lethal = 1$\n\n"
    text += "$broken = 1$\n\n$Z_1 = u + b_1$\n"
    settings = Settings(reader=Slow(tmp_path / "log"), allowance=PATIENT, keep=False)
    seen: list[int] = []
    report = Notes([written(tmp_path, text)], settings).report(lambda: seen.append(1))
    found = [(e.verdict, e.judgement.details.get("code")) for e in report.files[0].entries]
    assert found == [
        ("definition", None), ("undecided", "E-TIME"), ("undecided", "E-TIME"), ("proved", None),
        ("undecided", "E-MEMORY"), ("undecided", "E-ERROR"), ("proved", None),
    ]  # fmt: skip
    assert len(seen) == 7


def test_naming_a_slip_never_loses_the_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Explainer, "explain", lambda *_, **__: spin())
    text = f"{NETWORK}\n$$ {WRONG[0][0]} $$\n\n$$ {RIGHT[2]} $$\n"
    settings = Settings(allowance=PATIENT, keep=False)
    (wrong, right) = check_notes(written(tmp_path, text), settings=settings).files[0].entries
    assert (wrong.verdict, right.verdict) == ("refuted", "proved")
