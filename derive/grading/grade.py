"""Grading: every row decided once, its result in the order of the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from derive.checking.guard import Allowance
from derive.checking.verdicts.verdict_json import verdict_json
from derive.grading.result import Result, result
from derive.grading.row import Row
from derive.grading.worker import Task
from derive.grading.workers import Decision, Workers
from derive.notation import Limits


def processors() -> int:
    """How many processors this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Grader:
    """How rows are graded.

    jobs       processes that decide at the same time
    allowance  time and memory of one answer
    reading    how long and deep the text of an answer may be
    reveal     results say what was expected
    timings    results say how long each verdict took; then no two runs are alike
    """

    jobs: int = field(default_factory=processors)
    allowance: Allowance = field(default_factory=Allowance)
    reading: Limits = field(default_factory=Limits)
    reveal: bool = False
    timings: bool = False

    def graded(self, rows: Sequence[Row]) -> Iterator[Result]:
        """One result for each row, in their order, each as soon as it and those before it are there."""
        workers = Workers(self.jobs)
        threads = ThreadPoolExecutor(self.jobs)
        decisions: dict[Task, Future[Decision]] = {}
        try:
            for row in rows:
                task = self._task(row)
                if task is not None and task not in decisions:
                    decisions[task] = threads.submit(workers.decide, task)
            for row in rows:
                yield result(row, self._decision(row, decisions), timings=self.timings)
        finally:
            workers.close()
            threads.shutdown(cancel_futures=True)
            workers.close()  # and those that were being started

    def _task(self, row: Row) -> Task | None:
        if row.source is None:
            return None
        return Task(row.source.text, row.source.wrt, row.answer, self.allowance, self.reading, self.reveal)

    def _decision(self, row: Row, decisions: dict[Task, Future[Decision]]) -> Decision:
        task = self._task(row)
        if task is not None:
            return decisions[task].result()
        assert row.fault is not None
        return {"verdict": verdict_json(row.fault), "share": None}
