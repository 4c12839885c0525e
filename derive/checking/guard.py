"""Time and memory of one answer: what passes them is undecided, and says so.

The normal stop is a budget counted in steps, which does not depend on the machine. What is here is the net below it:
processor time, so that other work on the machine does not count, and address space.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from derive.checking.verdict import Verdict

_MEGABYTE = 2**20
_AGAIN = 0.05
"""Seconds after which the alarm rings again, should the first have been lost in a destructor."""

HAS_ALARM = hasattr(signal, "setitimer")
HAS_MEMORY_LIMIT = sys.platform == "linux"
"""Elsewhere the system does not keep a process to an address space."""


@dataclass(frozen=True)
class Allowance:
    """What deciding one answer may cost: seconds of processor time, and megabytes besides what the program needs."""

    seconds: float = 2.0
    megabytes: int = 512


class _TimeIsUp(BaseException):
    """No `except Exception` may stop it."""


def guarded(allowance: Allowance, decide: Callable[[], Verdict]) -> Verdict:
    """The verdict of `decide`; undecided with code E-TIME or E-MEMORY if it takes more than is allowed.

    The time is watched in the main thread of a program only, where the system delivers its signals.
    """
    try:
        with _seconds(allowance.seconds), _megabytes(allowance.megabytes):
            return decide()
    except _TimeIsUp:
        return out_of_time(allowance)
    except MemoryError:
        return out_of_memory(allowance)
    except RecursionError:
        return too_nested()


def out_of_time(allowance: Allowance) -> Verdict:
    reason = f"This was not decided within {allowance.seconds:g} s. Give parts names, or allow more with --max-seconds."
    return Verdict("undecided", code="E-TIME", reason=reason)


def out_of_memory(allowance: Allowance) -> Verdict:
    reason = f"This takes more than {allowance.megabytes} MB. Give parts names, or allow more with --max-memory."
    return Verdict("undecided", code="E-MEMORY", reason=reason)


def too_nested() -> Verdict:
    return Verdict("undecided", code="E-BUDGET", reason="The formula is nested too deeply to decide. Give parts names.")


@contextmanager
def _seconds(seconds: float) -> Iterator[None]:
    """Raise _TimeIsUp inside when the processor time is used up."""
    if not HAS_ALARM or threading.current_thread() is not threading.main_thread():
        yield
        return
    alarm = _Alarm()
    before = signal.signal(signal.SIGPROF, alarm.ring)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
        yield
    finally:
        alarm.silence()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class _Alarm:
    """Rings until it is silenced."""

    def __init__(self) -> None:
        self.is_on = True

    def ring(self, _signal: int, _frame: FrameType | None) -> None:
        if self.is_on:
            raise _TimeIsUp

    def silence(self) -> None:
        try:
            self.is_on = False
        except _TimeIsUp:  # it rang at the very last moment, and is quiet for a while now
            self.is_on = False


@contextmanager
def _megabytes(megabytes: int) -> Iterator[None]:
    """Let the address space grow by so much and no more inside."""
    if not HAS_MEMORY_LIMIT:
        yield
        return
    before = limit_memory(megabytes)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


if sys.platform == "linux":
    import resource

    def address_space() -> int:
        """Bytes of this process's address space."""
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * resource.getpagesize()

    def limit_memory(megabytes: int) -> tuple[int, int]:
        """Let the address space grow by so much from now on; returns the limits that were there."""
        before = resource.getrlimit(resource.RLIMIT_AS)
        wanted = address_space() + megabytes * _MEGABYTE
        soft = wanted if before[1] == resource.RLIM_INFINITY else min(wanted, before[1])
        resource.setrlimit(resource.RLIMIT_AS, (soft, before[1]))
        return before

else:

    def address_space() -> int:
        """Not known here."""
        return 0

    def limit_memory(megabytes: int) -> tuple[int, int]:
        """There is no such limit here."""
        return (-1, -1)
