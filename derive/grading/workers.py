"""Processes that decide answers: each replaced when it ends, its answer tried again if it did not end of itself."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from derive.checking.guard import TIME_IS_UP, Allowance, ended_by, out_of_time
from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.grading.worker import PREPARATION, READY, STARTED, Task

Decision = Mapping[str, Any]

TRIES = 3
"""How often an answer is tried when the process that decides it is ended by something else than its time."""
STARTS = 10
"""How often a process may end before it has started at all."""
STARTING = 60.0
"""Seconds on the clock for a process to start."""
SLACK = 1 if TIME_IS_UP is None else 10
"""How many seconds on the clock make a second of processor time, on a machine that is busy."""

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_BOOT = "import sys; sys.path.append(sys.argv[1]); from derive.grading.worker import main; main()"


class Ended(Exception):
    """A process ended before it replied: with which code, how far it was, and whether we ended it for its slowness."""

    def __init__(self, code: int, progress: list[bytes], by_us: bool) -> None:
        super().__init__(code)
        self.code = code
        self.was_started = STARTED in progress
        self.was_ready = READY in progress
        self.by_us = by_us

    def verdict(self, allowance: Allowance) -> Verdict | None:
        """What it says about the answer, if it is the answer's doing."""
        return out_of_time(allowance) if self.by_us else ended_by(self.code, allowance)


class Worker:
    """One process, started when it is first asked, and again after it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._progress: list[bytes] = []

    def ask(self, task: Task) -> Decision:
        """The decision on one answer; Ended if the process ends instead of replying."""
        process = self._running()
        patience = _Patience(process, STARTING + task.allowance.seconds * (1 + PREPARATION) * SLACK)
        patience.start()
        try:
            reply = self._exchange(process, task)
        except OSError:  # it was gone before it could be asked
            reply = b""
        finally:
            patience.cancel()
        if not reply.endswith(b"\n"):
            self.close()
            raise Ended(process.returncode, self._progress, patience.is_over)
        decision: dict[str, Any] = json.loads(reply)
        if decision.pop("last"):
            self.close()
        return decision

    def _exchange(self, process: subprocess.Popen[bytes], task: Task) -> bytes:
        """Send the request, note how far the process gets, and return its reply; what ends too early is cut off."""
        assert process.stdin is not None
        assert process.stdout is not None
        if STARTED not in self._progress:
            self._progress = [process.stdout.readline()]
            if STARTED not in self._progress:
                return b""  # it ended before it could be asked
        self._progress = [STARTED]
        process.stdin.write(task.encoded())
        process.stdin.flush()
        self._progress.append(process.stdout.readline())
        return process.stdout.readline()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._progress = []
            # -P keeps out modules that lie in the folder of the answers; nothing may depend on the hash seed.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, _ROOT],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )  # fmt: skip
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # does nothing if it has ended already
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:  # what was still to be written has no reader any more
        return


class _Patience(threading.Timer):
    """Ends a process after so many seconds on the clock, and remembers that it did."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        super().__init__(seconds, process.kill)
        self.daemon = True
        self.is_over = False

    def run(self) -> None:
        self.is_over = not self.finished.wait(self.interval)
        if self.is_over:
            self.function()


class Workers:
    """So many processes, each used by one thread at a time."""

    def __init__(self, jobs: int) -> None:
        self._all = [Worker() for _ in range(jobs)]
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._is_closed = threading.Event()
        self._unfit: dict[tuple[str, str | None], Decision] = {}
        for worker in self._all:
            self._idle.put(worker)

    def decide(self, task: Task) -> Decision:
        """The decision on a task, whatever happens to the process that works on it."""
        problem = (task.problem, task.wrt)
        if problem in self._unfit:
            return self._unfit[problem]
        worker = self._idle.get()
        try:
            if self._is_closed.is_set():
                raise Ended(0, [], by_us=False)
            return self._tried(worker, task)
        finally:
            self._idle.put(worker)

    def _tried(self, worker: Worker, task: Task) -> Decision:
        tries = starts = 0
        while True:
            try:
                return worker.ask(task)
            except Ended as error:
                ended = error
            if self._is_closed.is_set():
                raise ended
            tries += ended.was_started
            starts += not ended.was_started
            if ended.verdict(task.allowance) or tries == TRIES or starts == STARTS:
                break
        verdict = ended.verdict(task.allowance) or _given_up(ended)
        if ended.was_ready or verdict.code == "E-WORKER":
            return {"verdict": verdict_json(verdict), "share": None}
        verdict = replace(verdict, reason=f"Already the problem takes more than an answer may. {verdict.reason}")
        self._unfit[task.problem, task.wrt] = {"verdict": verdict_json(verdict), "share": None}
        return self._unfit[task.problem, task.wrt]

    def close(self) -> None:
        """End all processes; whoever waits for one gets Ended."""
        self._is_closed.set()
        for worker in self._all:
            worker.close()


def _given_up(ended: Ended) -> Verdict:
    reason = f"The process that decided this ended several times, with code {ended.code}."
    return Verdict("undecided", code="E-WORKER", reason=reason)
