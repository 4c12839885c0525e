"""Values that are worked out by other means than differentiation: counts, means over a normal density, series.

Each method is a row: what it reads from [computed], and how it finds the value. Nothing of it is stored: the value
becomes the `value` of the question, and answers are decided by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.errors import UsageError
from derive.exercises import counting, gaussian, series
from derive.exercises.fact import Computed, Fact
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems import from_table, table_network
from derive.problems.tables import Table, as_text, check_keys, choice

__all__ = ["METHODS", "Computed", "Fact", "Method", "computed"]


@dataclass(frozen=True)
class Method:
    """A row: the keys of [computed] besides `method`, and how the value is found from them."""

    keys: tuple[str, ...]
    compute: Callable[[dict[str, str], Problem, Network | None], Computed]


METHODS: dict[str, Method] = {
    "parameter count": Method((), counting.parameters),
    "layer count": Method(("layer",), counting.layer),
    "moment": Method(("function", "power"), gaussian.moment),
    "variance forward": Method(("function", "units"), gaussian.forward),
    "weight variance forward": Method(("function", "units"), gaussian.preserved_forward),
    "weight variance backward": Method(("function", "units"), gaussian.preserved_backward),
    "weight variance compromise": Method(("function", "inputs", "outputs"), gaussian.compromise),
    "robbins-monro": Method((), series.robbins_monro),
    "sum of squares": Method((), series.sum_of_squares),
}


def computed(given: Table, table: Table) -> Computed:
    """The value that [computed] asks for, in the problem of the tables."""
    name = choice(given.get("method", ""), "[computed] method", {key: key for key in METHODS})
    method = METHODS[name]
    check_keys("[computed]", given, ("method", *method.keys))
    missing = [key for key in method.keys if key not in given]
    if missing:
        raise UsageError(f"[computed] has no {missing[0]}.", suggestion=f"Write {missing[0]} = …")
    words = {key: as_text(given[key], f"[computed] {key}") for key in method.keys}
    return method.compute(words, from_table(table), table_network(table))
