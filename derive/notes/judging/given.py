"""A claim under a condition: If N = 1, then A = B. What is wrong there too is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from derive.checking.check import Checker
from derive.errors import DeriveError
from derive.expression.nodes import Expression
from derive.notation.names import spelling
from derive.notes.formulas.functions import plain_name

_VALUE = re.compile(r"^\s*(?P<name>\\?[A-Za-z]\w*(?:_\{?\w+\}?)?)\s*=\s*(?P<value>\d+)\s*[.,;]?\s*$")


def stated_sizes(conditions: Sequence[str], sizes: Mapping[str, object]) -> dict[str, int] | None:
    """The sizes that conditions fix, as N = 1 does; None where one says anything else."""
    known = {spelling(name): name for name in sizes}
    found: dict[str, int] = {}
    for written in conditions:
        said = _VALUE.match(written)
        name = known.get(spelling(plain_name(said["name"]))) if said is not None else None
        if said is None or name is None:
            return None
        found[name] = int(said["value"])
    return found or None


def wrong_there_too(checker: Checker, left: Expression, value: Expression, sizes: Mapping[str, int]) -> bool:
    """Whether the sides certainly differ somewhere where the sizes are these."""
    question = checker.question.fork()
    try:
        return checker.bench.differs(question.resolve(left), question.resolve(value), sizes)
    except DeriveError:
        return False
