"""What holds for the whole run."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from derive.checking import guard

PATIENT = 60.0
"""Seconds of processor time for an answer: its budgets of steps end it, wherever the tests run."""

SURROUNDINGS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "DERIVE_DEBUG", "XDG_CACHE_HOME")
"""What may be set where tests are run, and would be seen in what commands print."""


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the user's is read or written: results of earlier runs, the width and colours of a terminal."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SURROUNDINGS:
            patch.delenv(name, raising=False)
        patch.setenv("DERIVE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(guard, "_allowed", PATIENT)
        yield


@pytest.fixture(scope="module")
def in_this_process() -> Iterator[None]:
    """All is decided as where a process cannot be copied; limits: test_notes_kept.py, test_grading_workers.py."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(os, "fork"):
            patch.delattr(os, "fork")
        yield


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: the garbage collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
