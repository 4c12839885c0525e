"""The process that decides answers: one request a line on its input, two lines for each on its output.

It says once that it has started; then, for each request, that the problem is ready, and the decision. The system ends
the process when an answer takes too much processor time, even in the middle of library code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from derive.checking.check import Checker
from derive.checking.guard import (
    Allowance,
    address_space,
    limit_memory,
    limit_time,
    out_of_memory,
    too_nested,
)
from derive.checking.verdicts.marks import check_marks
from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.errors import DeriveError
from derive.grading.marking import share
from derive.notation import Limits
from derive.problems import from_table

STARTED, READY = b"started\n", b"ready\n"
LAST = 3
"""Exit code after a decision that left the process unfit for another one."""

PREPARATION = 10
"""How many times what an answer may take its problem may: it is prepared once for all of them."""

_KEPT = 16
"""Problems that stay prepared."""


@dataclass(frozen=True)
class Task:
    """An answer to a problem, and what deciding it may cost."""

    problem: str
    wrt: str | None
    answer: str
    allowance: Allowance
    reading: Limits
    reveal: bool

    def encoded(self) -> bytes:
        """One line of ASCII."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @staticmethod
    def decoded(line: bytes) -> Task:
        given: dict[str, Any] = json.loads(line)
        allowance, reading = Allowance(**given.pop("allowance")), Limits(**given.pop("reading"))
        return Task(allowance=allowance, reading=reading, **given)


def main() -> None:
    """Decide until there are no more requests."""
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing but replies is written there
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gave the task says when to stop
    started = address_space()
    _say(replies, STARTED)
    for line in requests:
        task = Task.decoded(line)
        decision = decide(task, replies)
        has_grown = address_space() - started > task.allowance.megabytes * 2**20
        is_spent = decision["verdict"]["code"] == "E-MEMORY" or has_grown
        limit_time(0)
        _say(replies, json.dumps({**decision, "last": is_spent}).encode("ascii") + b"\n")
        if is_spent:
            sys.exit(LAST)


def _say(replies: BinaryIO, line: bytes) -> None:
    replies.write(line)
    replies.flush()


def decide(task: Task, replies: BinaryIO) -> Mapping[str, Any]:
    """The verdict as JSON and the share of the points, under the limits of the task."""
    try:
        limit_memory(task.allowance.megabytes)
        limit_time(task.allowance.seconds * PREPARATION)
        checker = _prepared(task.problem, task.wrt, task.reading)
        _say(replies, READY)
        limit_time(task.allowance.seconds)
        if isinstance(checker, Verdict):
            return {"verdict": verdict_json(checker), "share": None}
        verdict = checker.check(task.answer)
        marking = checker.question.problem.marking
        return {"verdict": verdict_json(verdict, reveal=task.reveal), "share": share(verdict, marking)}
    except MemoryError:
        return {"verdict": verdict_json(out_of_memory(task.allowance)), "share": None}
    except RecursionError:
        return {"verdict": verdict_json(too_nested()), "share": None}
    except DeriveError as error:
        return {"verdict": verdict_json(_refusal(error, "")), "share": None}
    except Exception as error:
        reason = f"Something went wrong inside derive ({type(error).__name__}: {error}). Please report it."
        return {"verdict": verdict_json(Verdict("undecided", code="E-ERROR", reason=reason)), "share": None}


@lru_cache(maxsize=_KEPT)
def _prepared(problem: str, wrt: str | None, reading: Limits) -> Checker | Verdict:
    """What decides the answers to a problem, or the verdict on all of them if the problem is malformed."""
    try:
        checker = Checker(from_table(json.loads(problem), wrt), reading)
        check_marks(checker.question.problem.marking)
        checker.prepare()
    except DeriveError as error:
        return _refusal(error, "The problem: ")
    return checker


def _refusal(error: DeriveError, where: str) -> Verdict:
    return Verdict("not understood", code=error.code, reason=f"{where}{error}")
