"""Time and memory of one answer: what passes them is undecided, and says so.

The normal stop is a budget counted in steps, which does not depend on the machine. What is here is the net below it:
processor time, so that other work on the machine does not count, and address space. Neither can be kept inside a
library written in C, so they are limits of a process, which ends when it passes them.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from derive.checking.verdicts.verdict import Verdict
from derive.deadline import too_long

_MEGABYTE = 2**20

_LATER = 1.25
"""The process ends so much after the time is up: most of what runs in it notices by itself and says what it knows."""

TIME_IS_UP = getattr(signal, "SIGPROF", None)
"""The signal that ends a process whose processor time is used up; None where there is none."""


@dataclass(frozen=True)
class Allowance:
    """What deciding one answer may cost: seconds of processor time, and megabytes besides what the program needs."""

    seconds: float = 2.0
    megabytes: int = 512


_allowed = Allowance().seconds


def allowed_seconds() -> float:
    """What an answer may take in this process before it is given up in good order: what `limit_time` said last."""
    return _allowed


def limit_time(seconds: float) -> None:
    """End this process after so much processor time from now, a little after what runs in it has been given up; 0: let
    it live."""
    global _allowed  # one limit a process, as its timer is one
    _allowed = seconds or _allowed
    if sys.platform != "win32":
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds * _LATER)


if sys.platform == "linux":
    import resource

    def address_space() -> int:
        """Bytes of this process's address space."""
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * resource.getpagesize()

    def limit_memory(megabytes: int) -> None:
        """Let the address space grow by so much from now on, and write no image of it when the process ends."""
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = address_space() + megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

else:

    def address_space() -> int:
        """Not known here."""
        return 0

    def limit_memory(megabytes: int) -> None:
        """The system does not keep a process to an address space here."""


def ended_by(code: int, allowance: Allowance) -> Verdict | None:
    """The verdict on an answer that ended its process (`code` is its exit code); None if the code says nothing."""
    if TIME_IS_UP is not None and code == -TIME_IS_UP:
        return out_of_time(allowance)
    # Libraries in C have no other way to say that there is no memory.
    return out_of_memory(allowance) if code == -signal.SIGABRT else None


def out_of_time(allowance: Allowance) -> Verdict:
    """Undecided: E-TIME."""
    return Verdict("undecided", code="E-TIME", reason=too_long(allowance.seconds))


def out_of_memory(allowance: Allowance) -> Verdict:
    """Undecided: E-MEMORY."""
    reason = f"This takes more than {allowance.megabytes} MB. Give parts names, or allow more with --max-memory."
    return Verdict("undecided", code="E-MEMORY", reason=reason)


def too_nested() -> Verdict:
    """Undecided: the recursion of the interpreter ran out."""
    return Verdict("undecided", code="E-BUDGET", reason="The formula is nested too deeply to decide. Give parts names.")
