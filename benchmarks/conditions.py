"""Whether a condition that a verdict names is true, and whether a counterexample is one: settled by values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
from flint import arb, fmpq

from benchmarks.balls import Undefined, precision
from benchmarks.evaluation import Array, Witness, free_indices
from benchmarks.problems import Case
from derive.equality.counterexample import Counterexample
from derive.expression.nodes import Dimension, Elementwise, Expression, Product, Transpose
from derive.expression.traverse import substitute, walk

_EQUAL = re.compile(r"^(\S+) = (\S+)$")
_FACT = re.compile(r"^(?:sum\((?P<summed>\w+)\) = 1|(?P<squared>\w+)\*\*2 = 1|(?P<name>\w+) (?P<kind>\S+(?: 0)?))$")
_SATURATED = 4_000
"""Bits for counterexamples at |z| of some hundreds, where 1 − tanh²(z) is about 1e-300."""

_POINTS = ("ordinary", "positive", "large", "ordinary")


def holds(case: Case, answer: Expression, condition: str) -> bool | None:
    """Whether an answer is right under a condition, at a few points; None if the condition is not known here."""
    changed = _changed(case, answer, condition)
    if changed is None:
        return None
    right, prepare = changed
    indices = free_indices(case.answer, answer)
    for seed, mode in enumerate(_POINTS):
        witness = Witness(case.problem, case.formulas, seed, mode)
        try:
            with precision():
                prepare(witness)
            expected, found = witness.entries(case.answer, indices), witness.entries(right, indices)
        except Undefined:
            continue
        with precision():
            for a, b in zip(expected, found, strict=True):
                if a.shape != b.shape or any(abs(x - y) > arb(2) ** -100 * (1 + abs(x))
                                             for x, y in zip(a.ravel(), b.ravel(), strict=True)):  # fmt: skip
                    return False
    return True


Prepare = Callable[[Witness], None]


def _changed(case: Case, answer: Expression, condition: str) -> tuple[Expression, Prepare] | None:
    """What the answer means under a condition, and how a point is made to satisfy it."""
    if condition.endswith(" layout"):
        return Transpose(answer), lambda witness: None
    if condition.startswith("delta is that of one example"):
        batch = Dimension(case.problem.scope.sizes["N"])
        scaled: dict[Expression, Expression] = {t: Product((batch, t)) for t in case.problem.gradients}
        return substitute(answer, scaled), lambda witness: None
    found = _EQUAL.match(condition)
    sizes = {s.name for t in case.problem.scope.tensors.values() for side in t.shape for s in side.free_symbols}
    if found and found[1] in sizes:
        given = {name: 1 if found[2] == "1" else 3 for name in found.groups() if name in sizes}
        return answer, lambda witness: witness.sizes.update(given)
    if found and found[2] == "0":
        return answer, _assigned(case, found[1], lambda drawn: drawn * arb(0))
    return _fact(case, answer, condition)


def _fact(case: Case, answer: Expression, condition: str) -> tuple[Expression, Prepare] | None:
    found = _FACT.match(condition)
    if found is None:
        return None
    axis = 1 if case.problem.layout.examples == "rows" else 0
    if found["summed"]:
        return answer, _assigned(case, found["summed"], lambda drawn: drawn / _total(drawn, axis))
    if found["squared"]:
        return answer, _assigned(case, found["squared"], _entries(lambda x: arb(1 if x > 0 else -1)))
    laws: dict[str, Callable[[Array], Array]] = {
        "binary": _entries(lambda x: arb(1 if x > 0 else 0)),
        "symmetric": lambda drawn: drawn + drawn.T,
        "!= 0": lambda drawn: drawn,
        "one-hot": lambda drawn: _one_hot(drawn, axis),
    }
    law = laws.get(found["kind"])
    return None if law is None else (answer, _assigned(case, found["name"], law))


def _entries(law: Callable[[arb], arb]) -> Callable[[Array], Array]:
    return lambda drawn: np.vectorize(law, otypes=[object])(drawn)  # type: ignore[no-any-return]


def _total(drawn: Array, axis: int) -> Array:
    return np.asarray(drawn.sum() if 1 in drawn.shape else drawn.sum(axis=axis, keepdims=True), dtype=object)


def _one_hot(drawn: Array, axis: int) -> Array:
    flat = 1 in drawn.shape
    found = np.vectorize(lambda x: arb(0), otypes=[object])(drawn)
    if flat:
        found.ravel()[0] = arb(1)
        return found.ravel().reshape(drawn.shape)  # type: ignore[no-any-return]
    for k in range(drawn.shape[1 - axis]):
        place = (k % drawn.shape[0], k) if axis == 0 else (k, k % drawn.shape[1])
        found[place] = arb(1)
    return found  # type: ignore[no-any-return]


def _assigned(case: Case, word: str, law: Callable[[Array], Array]) -> Prepare:
    """A point whose value of a name is changed; conditions write y also for Y."""
    names = [t for t in case.problem.scope.tensors.values() if t.name in (word, word.upper())]

    def prepare(witness: Witness) -> None:
        for name in names:
            witness.values[(name.name, None)] = law(witness.tensor(dataclasses.replace(name, layer=None)))

    return prepare


def is_confirmed(case: Case, answer: Expression, found: Counterexample) -> bool | None:
    """Whether both values of a counterexample are what they should be.

    None where a function or a layer was chosen, or balls cannot tell.
    """
    if found.functions or any("[" in name for name in (*found.sizes, *found.values)) or found.at_kink:
        return None
    witness = Witness(case.problem, case.formulas, 0, sizes=found.sizes)
    row, column = (k - 1 for k in found.entry)
    with precision(_SATURATED):
        for name, rows in found.values.items():
            values = [[_number(entry) for entry in given] for given in rows]
            witness.values[(name, None)] = np.array(values, dtype=object)
        witness.indices = dict(found.indices)
        told = [_number(words) for words in (found.yours, found.expected)]
        try:
            values = [_entry(witness, e, row, column) for e in (answer, case.answer)]
        except Undefined:
            return None
        is_differenced = any(isinstance(e, Elementwise) and e.order > 0 for e in walk(answer))
        none = arb(2) ** -(120 if is_differenced else _SATURATED - 500)
        near = all(abs(x - y) <= 1e-6 * abs(x) + none for x, y in zip(values, told, strict=True))
        return bool(near and abs(values[0] - values[1]) > none)


def _entry(witness: Witness, e: Expression, row: int, column: int) -> arb:
    value = witness.value(e)
    return value[min(row, value.shape[0] - 1), min(column, value.shape[1] - 1)]


def _number(words: str) -> arb:
    """A number of a counterexample: an exact fraction, or a decimal of which the radius does not matter here."""
    value = words.split("±")[0].strip()
    return arb(fmpq(*(int(part) for part in value.split("/")))) if "/" in value else arb(value)
