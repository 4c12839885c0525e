"""Deciding in a process of its own, which an answer that takes too much time or memory may end."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from derive.checking.guard import Allowance, ended_by, limit_memory, limit_time, out_of_memory, too_nested
from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json

Json = dict[str, Any]


def apart(allowance: Allowance, decide: Callable[[], Json]) -> Json:
    """The verdict of `decide`; undecided with code E-TIME or E-MEMORY if it takes more than is allowed.

    Errors come out as they are raised inside. Where the system cannot copy a process it is decided in this one,
    within its budgets only.
    """
    if not hasattr(os, "fork"):
        return _decided(allowance, decide)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(writing, allowance, decide)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as replies:
            reply = replies.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return _opened(reply) if code == 0 else verdict_json(ended_by(code, allowance) or _ended(code))


def _work(writing: int, allowance: Allowance, decide: Callable[[], Json]) -> NoReturn:
    """What the copy does: decide, reply, and vanish without any of the other's last acts."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries in C complain there before they give up
        limit_memory(allowance.megabytes)
        limit_time(allowance.seconds)
        found: Json | Exception = _decided(allowance, decide)
    except Exception as error:
        error.add_note(traceback.format_exc())
        found = error
    limit_time(0)
    with os.fdopen(writing, "wb") as replies:
        replies.write(_packed(found))
    os._exit(0)


def _decided(allowance: Allowance, decide: Callable[[], Json]) -> Json:
    try:
        return decide()
    except MemoryError:
        return verdict_json(out_of_memory(allowance))
    except RecursionError:
        return verdict_json(too_nested())


def _packed(found: Json | Exception) -> bytes:
    try:
        return pickle.dumps(found)
    except (pickle.PicklingError, TypeError, AttributeError):
        return pickle.dumps(RuntimeError(f"{type(found).__name__}: {found}"))


def _opened(reply: bytes) -> Json:
    found: Json | Exception = pickle.loads(reply)
    if isinstance(found, Exception):
        raise found
    return found


def _ended(code: int) -> Verdict:
    return Verdict("undecided", code="E-WORKER", reason=f"The process that decided this ended with code {code}.")
