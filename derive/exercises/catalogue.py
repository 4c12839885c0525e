"""The exercises, one file each; the name of a file is the exercise's."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from derive.errors import UsageError
from derive.exercises.exercise import Exercise, read_exercise
from derive.suggestions import did_you_mean

_SUFFIX = ".toml"
_FOLDER = files("derive.exercises") / "catalogue"

EXERCISES: tuple[str, ...] = tuple(
    sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX))
)
"""The names of all exercises."""


@cache
def exercise(name: str) -> Exercise:
    """The exercise of a name; UsageError with the nearest name if there is none."""
    if name not in EXERCISES:
        hint = did_you_mean(name, EXERCISES)
        suggestion = hint if hint.startswith("Did") else "See derive exercise list."
        raise UsageError(f"There is no exercise {name!r}.", suggestion=suggestion)
    return read_exercise(name, tomllib.loads((_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")))
