"""Whether a condition that a verdict names is true, and whether a counterexample is one: settled by values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import flint
import numpy as np
from flint import arb, fmpq

from benchmarks.balls import Undefined, precision, step
from benchmarks.evaluation import Array, Witness, free_indices
from benchmarks.problems import Case
from derive.equality.counterexample import Counterexample
from derive.expression.nodes import Dimension, Expression, Product, Transpose
from derive.expression.traverse import substitute

_EQUAL = re.compile(r"^(\S+) = (\S+)$")
_FACT = re.compile(r"^(?:sum\((?P<summed>\w+)\) = 1|(?P<squared>\w+)\*\*2 = 1|(?P<name>\w+) (?P<kind>\S+(?: 0)?))$")
_BITS = (400, 4_000, 24_000)
"""Raised until both values are known well: at |z| of some hundreds or thousands, 1 − tanh²(z) is about 1e-1400."""

_SHARP = 40
"""Bits of a value that must be known for it to be compared with what was told."""

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
    """Whether both values of a counterexample, with the radii told, are those of an evaluation in balls, and differ.

    Slopes are differences with a step that goes down with the precision, so the bits that are raised sharpen them too.
    None where a function or a layer was chosen, or balls cannot tell.
    """
    if found.functions or any("[" in name for name in (*found.sizes, *found.values)) or found.at_kink:
        return None
    seen: bool | None = None
    for bits in _BITS:
        with precision(bits):
            told = [_told(words) for words in (found.yours, found.expected)]
            values = _values(case, answer, found)
            if values is None or not all(map(_is_sharp, values, told)):
                continue
            seen = all(x.overlaps(y) for x, y in zip(values, told, strict=True)) and not values[0].overlaps(values[1])
            if seen:
                return True
    return seen


def _values(case: Case, answer: Expression, found: Counterexample) -> list[arb] | None:
    """The values of an answer and of the right one at a counterexample, as far as they are known; None where none is.

    A difference quotient is known up to the square of the step, with 40 bits to spare.
    """
    witness = Witness(case.problem, case.formulas, 0, sizes=found.sizes)
    row, column = (k - 1 for k in found.entry)
    for name, rows in found.values.items():
        witness.values[(name, None)] = np.array([[_told(entry) for entry in given] for given in rows], dtype=object)
    witness.indices = dict(found.indices)
    try:
        values = [_entry(witness, e, row, column) for e in (answer, case.answer)]
    except Undefined:
        return None
    share = step() ** 2 * arb(2) ** 40 if witness.is_differenced else arb(0)
    return [x + arb(0, ((abs(x) + 1) * share).upper()) for x in values]


def _is_sharp(x: arb, told: arb) -> bool:
    """Whether enough is known of a value: many digits, or that it is 0 for all that can be seen, as was told."""
    is_none = x.contains(0) and told.contains(0) and bool(abs(x).upper() < arb(2) ** -(flint.ctx.prec // 2))
    return is_none or bool(x.is_finite() and x.rel_accuracy_bits() >= _SHARP)


def _entry(witness: Witness, e: Expression, row: int, column: int) -> arb:
    value = witness.value(e)
    return value[min(row, value.shape[0] - 1), min(column, value.shape[1] - 1)]


def _told(words: str) -> arb:
    """A number of a counterexample: an exact fraction, or a decimal with its radius."""
    value, *radius = (part.strip() for part in words.split("±"))
    if "/" in value:
        return arb(fmpq(*(int(part) for part in value.split("/"))))
    return arb(value) + arb(0, arb(radius[0]).upper()) if radius else arb(value)
