"""Processor time that something may take, on a machine of ordinary pace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

ORDINARY = 0.03
"""Seconds that the work below takes where the bounds of the tests were set."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """The block takes less than so much processor time of this thread; more by what the machine is slow just then."""
    began = time.thread_time()
    yield
    took = time.thread_time() - began
    assert took < seconds or took < seconds * slowness(), f"{took:.2f} s, not {seconds} s"


def slowness() -> float:
    """How many times longer than ordinary a fixed piece of work takes now; at least 1."""
    began = time.thread_time()
    sum(len({(n, str(n)): n}) for n in range(150_000))
    return max(1.0, (time.thread_time() - began) / ORDINARY)
