"""A net below the budgets of steps: processor time that what runs in this thread may still take.

Budgets count steps, so that a second run ends the same way. The clock is looked at in the same places, for what steps
do not measure: a product of numbers of thousands of digits, a machine that is slow.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from derive.errors import LimitError


class _Deadline(threading.local):
    ends: float | None = None
    seconds: float = 0.0
    glances: int = 0  # since the clock was last looked at


_DEADLINE = _Deadline()
_GLANCES = 16


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the block take so many seconds of this thread's processor time; a block inside another changes nothing."""
    if _DEADLINE.ends is not None:
        yield
        return
    _DEADLINE.ends, _DEADLINE.seconds = time.thread_time() + seconds, seconds
    _DEADLINE.glances = _GLANCES - 1  # the first glance looks, whatever ran in this thread before
    try:
        yield
    finally:
        _DEADLINE.ends = None


@contextmanager
def share(part: float) -> Iterator[None]:
    """Let the block take a part of the time that is left, so that what it adds to cannot be lost by it."""
    ends = _DEADLINE.ends
    if ends is None:
        yield
        return
    now = time.thread_time()
    _DEADLINE.ends = now + part * max(ends - now, 0.0)
    try:
        yield
    finally:
        _DEADLINE.ends = ends


def look() -> None:
    """Raise LimitError (E-TIME) when the time is up."""
    ends = _DEADLINE.ends
    if ends is not None and time.thread_time() > ends:
        raise LimitError(too_long(_DEADLINE.seconds), code="E-TIME")


def glance() -> None:
    """`look`, at the first and then every sixteenth call: asking for the clock takes longer than a step does."""
    _DEADLINE.glances += 1
    if _DEADLINE.glances >= _GLANCES:
        _DEADLINE.glances = 0
        look()


def too_long(seconds: float) -> str:
    """What is said when the time is up."""
    return f"This was not decided within {seconds:g} s. Give parts names, or allow more with --max-seconds."
