"""The steps of a file in a process of their own: a formula that takes too much time or memory ends only that."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NoReturn

from derive.checking.guard import Allowance, ended_by, limit_memory, limit_time, out_of_memory
from derive.notes.steps import Result, Step, Work, given_up

_HEAD = 8


def results(steps: Sequence[Step], work: Callable[[], Work], allowance: Allowance) -> Iterator[Result]:
    """The results of all steps, in order. Errors come out as they are raised there.

    A formula that ended its process is judged once more, in short: naming a slip must not lose the verdict.
    """
    if not hasattr(os, "fork"):
        yield from work().results()
        return
    done: list[Result] = []
    short: int | None = None
    while (reached := 1 + max((r.index for r in done), default=-1)) < len(steps):
        process = _Process(work, done, allowance, short)
        for result in process.results():
            done.append(result)
            reached = max(reached, result.index + 1)
            yield result
        if reached < len(steps) and reached != short:
            short = reached
        elif reached < len(steps):
            ended = ended_by(process.code, allowance) or out_of_memory(allowance)
            done.append(given_up(steps, reached, ended))
            yield done[-1]


class _Process:
    """A process that does the steps after those that are done, one of them in short; `code` is how it ended."""

    def __init__(
        self, work: Callable[[], Work], done: Sequence[Result], allowance: Allowance, short: int | None
    ) -> None:
        reading, writing = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            try:
                os.close(reading)
                _work(writing, work, tuple(done), allowance, short)
            finally:
                os._exit(1)  # where nobody listens any more, it does not go on as its parent would
        os.close(writing)
        self._replies = os.fdopen(reading, "rb")
        self.code = 0

    def results(self) -> Iterator[Result]:
        """What it comes to, until it has done everything or ends before that."""
        is_over = False
        try:
            with self._replies as replies:
                yield from _received(replies)
            is_over = True
        finally:
            if not is_over:
                os.kill(self._child, signal.SIGKILL)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])


def _received(replies: BinaryIO) -> Iterator[Result]:
    while True:
        head = replies.read(_HEAD)
        if len(head) < _HEAD:
            return
        body = replies.read(int.from_bytes(head, "big"))
        found = pickle.loads(body)
        if isinstance(found, Exception):
            raise found
        yield found


def _work(
    writing: int, work: Callable[[], Work], done: Sequence[Result], allowance: Allowance, short: int | None
) -> NoReturn:
    code = 0
    with os.fdopen(writing, "wb") as replies:
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            limit_memory(allowance.megabytes)
            own = work()
            own.short = short
            own.clock = lambda times: limit_time(allowance.seconds * times)
            for result in own.results(done):
                _send(replies, result)
        except MemoryError:
            code = -signal.SIGABRT
        except Exception as error:
            error.add_note(traceback.format_exc())
            _send(replies, error)
        limit_time(0)
    if code:
        os.abort()
    os._exit(0)


def _send(replies: BinaryIO, found: Result | Exception) -> None:
    try:
        body = pickle.dumps(found)
    except (pickle.PicklingError, TypeError, AttributeError):
        body = pickle.dumps(RuntimeError(f"{type(found).__name__}: {found}"))
    replies.write(len(body).to_bytes(_HEAD, "big") + body)
    replies.flush()
