"""Grading with processes: limits hold, killing loses nothing, order and bytes do not depend on how it went."""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

import cli
from derive.checking.guard import Allowance
from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.commands.apart import apart
from derive.grading import worker, workers
from derive.grading.grade import Grader
from derive.grading.result import result
from derive.grading.row import Row
from derive.grading.sources import source
from derive.grading.worker import Task
from derive.notation import Limits

if sys.platform != "linux":
    pytest.skip("processes are limited by Linux here", allow_module_level=True)

SQUARES = {
    "shapes": {"W": ["n", "m"]},
    "question": {"objective": "sum(W**2)", "wrt": "W"},
    "marking": {"conditional": 0.5},
}
STRANGE = """
import os, signal, sys, time
sys.path.append(sys.argv[1])
from derive.checking.check import Checker
from derive.grading.worker import main
real = Checker.check
def spin():
    assert signal.getitimer(signal.ITIMER_PROF)[0] > 0  # its time is limited, and up soon
    signal.setitimer(signal.ITIMER_PROF, 0.01)
    while True: pass
def check(self, answer):
    if answer == "spin":
        spin()
    if answer == "hog":
        return [bytearray(2**20) for _ in range(10**6)]
    if answer == "abort":
        os.abort()
    if answer == "vanish":
        os._exit(7)
    if answer == "nest":
        return check(self, answer)
    if answer == "raise":
        raise OSError("no such thing")
    if answer == "say":
        print("not a reply")
    if answer.startswith("once ") and not os.path.exists(answer[5:]):
        open(answer[5:], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, "2*W" if answer[:4] in ("once", "say") else answer)
Checker.check = check
main()
"""
"""A worker that does what an answer says."""


MALFORMED = {"shapes": {"W": ["n", "m"]}, "questoin": {}}
PATIENT = 30.0
"""Seconds that nothing here takes, however busy the machine is: what comes in less than that came by itself."""


def rows(*answers: str, table: dict[str, Any] = SQUARES) -> list[Row]:
    return [Row(n, {"id": n}, answer, 2, source(table)) for n, answer in enumerate(answers, 1)]


def graded(*answers: str) -> list[dict[str, Any]]:
    return list(Grader(1, Allowance(PATIENT, 64)).graded(rows(*answers)))


def test_results_come_in_order_with_scores() -> None:
    asked = rows("2*W", "W", "2*W.T", "(", "2*W", "W + W")
    asked += [Row(n, {"id": n}, "2*W", 2, source(MALFORMED)) for n in (7, 8)]
    found = list(Grader(2, Allowance(PATIENT, 64)).graded(asked))
    assert [r["id"] for r in found] == [1, 2, 3, 4, 5, 6, 7, 8]
    verdicts = ["proved", "refuted", "conditional", "not understood", "proved", "proved"]
    assert [r["verdict"] for r in found] == [*verdicts, "not understood", "not understood"]
    assert [r["score"] for r in found] == [2, 0, 1, None, 2, 2, None, None]
    assert [r["needs_review"] for r in found] == [False, False, False, True, False, False, True, True]
    for r in found[6:]:
        assert r["reason"].startswith("The problem: ")
        assert "Did you mean question?" in r["reason"]


def test_an_answer_past_its_limits_is_undecided_and_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workers, "_BOOT", STRANGE)
    monkeypatch.setattr(workers, "TRIES", 2)
    once = f"once {tmp_path / 'killed'}"
    answers = ["2*W", "nest", "raise", "say", "spin", "hog", "abort", once, "2*W", "vanish"]
    found = graded(*answers)
    codes = [None, "E-BUDGET", "E-ERROR", None, "E-TIME", "E-MEMORY", "E-MEMORY", None, None, "E-WORKER"]
    assert [r["code"] for r in found] == codes
    for r in found:
        assert r["verdict"] == ("undecided" if r["code"] else "proved")
        assert r["needs_review"] is bool(r["code"])
        assert r["score"] == (None if r["code"] else 2)
    assert (tmp_path / "killed").exists()


def test_a_problem_that_is_too_much_is_tried_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "tried"
    slow = f"def prepare(self):\n    open({str(log)!r}, 'a').write('.')\n    spin()\n"
    monkeypatch.setattr(workers, "_BOOT", STRANGE.replace("main()\n", f"{slow}Checker.prepare = prepare\nmain()\n"))
    found = graded(*(f"{n}*W" for n in range(40)))
    assert {r["code"] for r in found} == {"E-TIME"}
    assert "problem" in found[0]["reason"]
    assert log.read_text(encoding="ascii") == "."


def decided_here(asked: list[Row], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The results without any process, and without limits, for they would be this process's own."""
    monkeypatch.setattr(worker, "limit_memory", lambda megabytes: None)
    monkeypatch.setattr(worker, "limit_time", lambda seconds: None)
    tasks = [Task(r.source.text, r.source.wrt, r.answer, Allowance(), Limits(), False) for r in asked if r.source]
    return [result(row, worker.decide(task, BytesIO()), timings=False) for row, task in zip(asked, tasks, strict=True)]


def test_processes_that_are_killed_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed from outside, one before it has started and one that waits; `once` above is killed at its work."""
    asked = rows(*(f"{n}*W + {n % 7}*W" for n in range(20)))
    expected = decided_here(asked, monkeypatch)
    victims = {asked[n].answer for n in (0, 9)}
    exchange = workers.Worker._exchange

    def kill_and_exchange(self: workers.Worker, process: subprocess.Popen[bytes], task: Task) -> bytes:
        if task.answer in victims:
            victims.remove(task.answer)
            process.kill()
        return exchange(self, process, task)

    monkeypatch.setattr(workers.Worker, "_exchange", kill_and_exchange)
    assert list(Grader(1, Allowance(PATIENT, 64)).graded(asked)) == expected
    assert not victims


def command(folder: Path, *arguments: str) -> int:
    return cli.run(["grade", str(folder / "a.jsonl"), *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [{"id": n, "answer": a, "who": "é"} for n, a in enumerate(["delta2 @ A1.T", "A1", "delta2 @", "W2"])]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nnonsense\n", encoding="utf-8")
    return tmp_path


NET = ["--widths", "n0,n1,n2", "--activations", "f", "--batch", "N", "--wrt", "W2"]


def test_the_command_writes_the_same_bytes_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(folder, *NET, "--jobs", "2", "-o", str(folder / "1.jsonl")) == 0
    out, err = capsys.readouterr()
    assert "5 answers" in out
    assert err == ""
    assert command(folder, *NET, "--jobs", "1", "-o", str(folder / "2.jsonl"), "-q") == 0
    assert capsys.readouterr().out == ""
    first = (folder / "1.jsonl").read_bytes()
    assert first == (folder / "2.jsonl").read_bytes()
    assert len(first.splitlines()) == 5


def test_the_command_says_what_it_did_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.jsonl").write_text("nonsense\n" * 3, encoding="utf-8")
    assert command(folder, *NET, "-o", str(folder / "r.csv"), "--timings", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 3
    assert "elapsed_ms" in (folder / "r.csv").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Add -o"),
        (["-o", "r.txt"], "suffix"),
        (["-o", "{}/a.jsonl"], "replace the answers"),
        (["-o", "{}/nosuch/r.jsonl"], "cannot be written"),
        (["-o", "{}/r.jsonl", "nosuch.toml"], "no such file"),
        (["-o", "{}/r.jsonl", "--widths", "2"], "2"),
        (["-o", "{}/r.jsonl", "--wrt", "W"], "belongs to a problem"),
        (["-o", "{}/r.jsonl", "--problems", "nosuch"], "no folder"),
        (["-o", "{}/r.jsonl", "--max-seconds", "0"], "0"),
    ],
)
def test_wrong_use_writes_nothing(
    arguments: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.iterdir())
    assert command(folder, *(a.format(folder) for a in arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert sorted(folder.iterdir()) == before


def test_modules_in_the_folder_of_the_answers_are_not_run(folder: Path) -> None:
    for name in ("json.py", "sympy.py", "derive.py", "sitecustomize.py"):
        (folder / name).write_text("open('CANARY', 'w')", encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "derive", "grade", "a.jsonl", *NET, "-o", "r.jsonl", "--jobs", "1"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "CANARY").exists()


def spin() -> dict[str, Any]:
    while True:
        pass


def hog() -> dict[str, Any]:
    return {"x": [bytearray(2**20) for _ in range(10**6)]}


def abort() -> dict[str, Any]:
    faulthandler.disable()
    os.abort()


def vanish() -> dict[str, Any]:
    os._exit(3)


@pytest.mark.parametrize(
    ("decide", "seconds", "code"),
    [(spin, 0.1, "E-TIME"), (hog, PATIENT, "E-MEMORY"), (abort, PATIENT, "E-MEMORY"), (vanish, PATIENT, "E-WORKER")],
)
def test_a_single_answer_has_the_same_limits(decide: Any, seconds: float, code: str) -> None:
    found = apart(Allowance(seconds, 64), decide)
    assert (found["verdict"], found["code"]) == ("undecided", code)


def test_what_is_decided_apart_comes_back_and_errors_are_raised() -> None:
    proved = verdict_json(Verdict("proved"))
    assert apart(Allowance(), lambda: proved) == proved
    with pytest.raises(ZeroDivisionError):
        apart(Allowance(), lambda: {"x": 1 // 0})
