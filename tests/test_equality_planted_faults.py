"""Planted faults: each of them makes one of a few fast laws fail, so none of them could slip in unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from flint import fmpq

from derive.equality import convention as conventions
from derive.equality import prove
from derive.equality.prove import Prover
from derive.expression.nodes import (
    Component,
    Diag,
    Expression,
    IndexSum,
    Product,
    Reduce,
    Transpose,
)
from derive.rewriting import (
    bases,
    calculus,
    closing,
    elementwise,
    exponential,
    factoring,
    gate_relations,
    gates,
    logistic,
    lower,
    monomial,
    powers,
)
from derive.rewriting import relations as laws
from derive.rewriting.heads import COLUMN, ROW, Heads, Kind
from derive.rewriting.polynomial import ONE, Raw, Ring
from tests.fast_laws import first_failure


def test_all_laws_hold_without_a_fault() -> None:
    assert first_failure() is None


Plant = Callable[[pytest.MonkeyPatch], None]
FAULTS: dict[str, Plant] = {}


def _plant(function: Plant) -> Plant:
    FAULTS[function.__name__.strip("_").replace("_", " ")] = function
    return function


def _relation(kind: Kind | None, law: Any) -> Plant:
    return lambda patch: patch.setitem(laws.RELATIONS, kind, law)  # type: ignore[arg-type]


def _function(name: str, law: Any) -> Plant:
    return lambda patch: patch.setitem(elementwise.LAWS, name, law)  # type: ignore[arg-type]


def _node(cls: type[Expression], rule: Any) -> Plant:
    return lambda patch: patch.setitem(lower._RULES, cls, rule)  # type: ignore[arg-type]


def _wrong_square(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    found = laws.sigmoid(ring, raw, key)
    if found is None or raw.factors[key] < 0:
        return found
    return [found[0], Raw(-found[1].coefficient, found[1].factors, found[1].sizes, found[1].gone)]


def _dropped_delta(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    return [laws.with_factors(raw, {key: None})]


def _unmerged_delta(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    return None if max(key[1]) < 0 else laws.delta(ring, raw, key)


def _pole_that_stays(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    found = laws.inverse(ring, raw, key)
    return found if found is None or raw.factors[key] < 0 else found[:1]


def _off_by_one_root(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    found = laws.root(ring, raw, key)
    return None if found is None else [laws.with_factors(r, {key: r.factors.get(key, 0) + 1}) for r in found]


def _all_symmetric(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
    ordered = tuple(sorted(key[1]))
    return None if ordered == key[1] else [laws._merged(raw, key, (key[0], ordered))]


def _careless_sum(slots: tuple[int, ...]) -> Any:
    def law(ring: Ring, raw: Raw, key: Any) -> list[Raw] | None:
        return [laws.with_factors(raw, {key: None})] if all(key[1][s] >= 0 for s in slots) else None

    return law


FAULTS |= {
    "s^2 = s + D": _relation(Kind.SIGMOID, _wrong_square),
    "no law for powers of s": _relation(Kind.SIGMOID, lambda ring, raw, key: None),
    "a delta that only disappears": _relation(Kind.DELTA, _dropped_delta),
    "a delta that does not merge free indices": _relation(Kind.DELTA, _unmerged_delta),
    "gates of both signs do not exclude each other": _relation(
        Kind.ABOVE, lambda ring, raw, key: None if raw.factors[key] == 1 else [laws.with_factors(raw, {key: 1})]
    ),
    "gates are not idempotent": _relation(Kind.ABOVE, lambda ring, raw, key: None),
    "no law for what a gate below multiplies": _relation(Kind.BELOW, lambda ring, raw, key: None),
    "the rest of a pole is lost": _relation(Kind.INVERSE, _pole_that_stays),
    "no law for poles": _relation(Kind.INVERSE, lambda ring, raw, key: None),
    "a root to the power q + 1": _relation(Kind.ROOT, _off_by_one_root),
    "no law for roots": _relation(Kind.ROOT, lambda ring, raw, key: None),
    "every atom is symmetric": _relation(None, _all_symmetric),
    "f(A)_ii is not f of A_ii": _relation(None, lambda ring, raw, key: None),
    "tanh u = 2 s(u) - 1": _function(
        "tanh", lambda ring, a: ring.subtract(ring.scale(logistic.sigmoid(ring, a[0]), fmpq(2)), ONE)
    ),
    "log u = log |u| with no sign": _function("log", lambda ring, a: exponential.log(ring, ring.product(a[0], a[0]))),
    "sqrt u = u^(1/3)": _function("sqrt", lambda ring, a: powers.power(ring, a[0], fmpq(1, 3))),
    "a transpose that does nothing": _node(Transpose, lambda self, e: self(e.operand)),
    "a diag without its delta": _node(Diag, lambda self, e: self.ring.rename(self(e.operand), {COLUMN: ROW})),
    "sums along the other axis": _node(
        Reduce, lambda self, e: lower._reduce(self, e if e.axis is None else Reduce(e.operand, 1 - e.axis))
    ),
    "slots of a component exchanged": _node(
        Component, lambda self, e: lower._component(self, Component(Transpose(e.operand), e.row, e.column))
        if (e.row is not None and e.column is not None and lower.shape(e.operand)[0] == lower.shape(e.operand)[1])
        else lower._component(self, e),
    ),
    "an index sum that leaves its first term out": _node(
        IndexSum, lambda self, e: self.ring.subtract(lower._index_sum(self, e), self(e.body))
    ),
    "products add": _node(Product, lambda self, e: self.ring.add(*(self(f) for f in e.factors))),
}  # fmt: skip


@_plant
def _borrowed_labels_are_shared(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def borrowed(self: Heads, count: int) -> Any:
        yield [self.label(("bound", n)) for n in range(count)]

    patch.setattr(Heads, "borrowed", borrowed)


@_plant
def _an_orientation_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def oriented(ring: Ring, u: Any) -> Any:
        return closing.oriented(ring, u)[0], False

    for module in (logistic, gates, exponential):
        patch.setattr(module, "oriented", oriented)


@_plant
def _dummies_have_no_size(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ring, "_unused", lambda self, raw: None)


@_plant
def _wirings_are_not_told_apart(patch: pytest.MonkeyPatch) -> None:
    def relabel(factors: Any, names: Any, symmetric: Any) -> Any:
        return [(h, tuple(min(names.values()) if i >= 0 else i for i in indices), e) for h, indices, e in factors]

    patch.setattr(monomial, "_relabel", relabel)


@_plant
def _softplus_of_the_negative_adds(patch: pytest.MonkeyPatch) -> None:
    def softplus(ring: Ring, u: Any) -> Any:
        return ring.scale(exponential.make(ring, Kind.SOFTPLUS, "", closing.oriented(ring, u)[0]), fmpq(1))

    for module in (exponential, elementwise):
        patch.setattr(module, "softplus", softplus)
    patch.setitem(elementwise.LAWS, "softplus", lambda ring, a: softplus(ring, a[0]))  # type: ignore[arg-type]


@_plant
def _log_of_an_even_pole_keeps_a_sign(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exponential, "log_abs", exponential.log)


@_plant
def _any_base_has_a_log(patch: pytest.MonkeyPatch) -> None:
    def careless(ring: Ring, base: Any, exponent: Any) -> Any:
        value = lower.as_number(exponent)
        if value is not None:
            return powers.power(ring, base, value)
        return exponential.exp(ring, ring.product(exponent, exponential.log(ring, base)))

    patch.setattr(lower, "raise_to", careless)


@_plant
def _names_are_positive(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gates, "POSITIVE", gates.POSITIVE | {Kind.LEAF})


@_plant
def _everything_is_nonnegative(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gates, "nonnegative", lambda ring, u: True)


@_plant
def _the_sign_of_a_product_forgets_minus_times_minus(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gates, "_combine", lambda a, b, ring: (ring.product(a[0], b[0]), ring.product(a[0], b[1])))


@_plant
def _a_square_has_the_sign_of_its_base(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(powers, "absolute", lambda ring, u: u)


@_plant
def _powers_are_differentiated_without_lowering_them(patch: pytest.MonkeyPatch) -> None:
    def factor(self: Any, f: Any) -> Any:
        inner = self._atom(f[0], f[1])
        return self.ring.product(self.ring.atom(*f), inner) if inner else inner

    patch.setattr(calculus.Differentiation, "_factor", factor)


@_plant
def _a_derivative_misses_a_delta(patch: pytest.MonkeyPatch) -> None:
    right = calculus.Differentiation._atom

    def atom(self: Any, number: int, indices: tuple[int, ...]) -> Any:
        if number == self.wrt and len(indices) > 1:
            return self.ring.delta(indices[0], self.labels[0])
        return right(self, number, indices)

    patch.setattr(calculus.Differentiation, "_atom", atom)


@_plant
def _a_derivative_has_its_slots_swapped(patch: pytest.MonkeyPatch) -> None:
    right = calculus.Differentiation.__init__

    def init(self: Any, ring: Ring, wrt: int, labels: tuple[int, ...], through: Any = None) -> None:
        right(self, ring, wrt, labels[::-1], through)

    patch.setattr(calculus.Differentiation, "__init__", init)


@_plant
def _a_gradient_stops_at_definitions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lower, "_values", lambda self, target: None)


@_plant
def _jumps_are_differentiated_as_gates(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(elementwise, "make", lambda ring, kind, name, *a: elementwise.KINKED[name].value(ring, list(a))
                  if kind is Kind.KINKED else closing.make(ring, kind, name, *a))  # fmt: skip


@_plant
def _a_gate_beside_its_pole_is_dropped_in_products(patch: pytest.MonkeyPatch) -> None:
    for kind, law in ((Kind.ABOVE, gate_relations.above), (Kind.BELOW, gate_relations.below)):
        dropped = lambda ring, raw, key, law=law: gate_relations._without_gate(ring, raw) or law(ring, raw, key)  # noqa: E731
        patch.setitem(laws.RELATIONS, kind, dropped)  # type: ignore[arg-type]


@_plant
def _poles_are_taken_out_of_what_a_bit_switches_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(closing, "is_guarded", lambda ring, u: False)
    patch.setattr(gates, "bit_inside", lambda ring, u: None)


@_plant
def _whatever_is_made_of_sigmoids_is_positive(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gates, "logistic_factors", lambda ring, u: (fmpq(1), []) if factoring._is_logistic(ring, u) else None)


@_plant
def _only_one_term_is_balanced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gates, "_balanced", lambda ring, u: {closing.leading(u): u[closing.leading(u)]})


@_plant
def _exponentials_are_counted_towards_0_everywhere(patch: pytest.MonkeyPatch) -> None:
    right = bases._convert
    patch.setattr(bases, "_convert", lambda ring, p, n, *, down: right(ring, p, n, down=False))


@_plant
def _gates_leave_the_exponent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exponential, "gate_inside", lambda ring, u: None)
    patch.setattr(exponential, "GATES", ())


@_plant
def _exponentials_are_not_written_in_sigmoid(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "exponentials_to_sigmoid", lambda ring, polynomial: polynomial)
    patch.setattr(powers, "one_plus_exponential", lambda ring, u: None)
    patch.setattr(bases, "exponentials_to_sigmoid", lambda ring, polynomial: polynomial)


@_plant
def _factors_lose_their_multiplicity(patch: pytest.MonkeyPatch) -> None:
    right = powers.factors
    patch.setattr(powers, "factors", lambda ring, u: [(p, 1) for p, _ in right(ring, u)])


@_plant
def _a_declared_sum_is_used_where_others_share_its_index(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "unit_sum", _careless_sum)


@_plant
def _binary_means_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "binary", prove.unit_square)


@_plant
def _definitions_are_not_opened(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Prover, "next_names", lambda self, left, right: [])


@_plant
def _shapes_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prove, "shape", lambda e: None)


@_plant
def _one_side_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Prover, "_apart", lambda self, left, right: ({}, {}) if left.keys() & right.keys() else (left, right))


@_plant
def _any_slope_is_allowed_at_a_kink(patch: pytest.MonkeyPatch) -> None:
    for unknown in conventions.RANGES:
        patch.setitem(conventions.RANGES, unknown, (fmpq(-9), fmpq(9)))


@_plant
def _jumps_have_a_freedom_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conventions, "FIXED", frozenset())
    patch.setattr(conventions, "_kinked_names", lambda prover: frozenset({"relu"}))
    patch.setitem(conventions.RANGES, conventions.SHARE, (fmpq(0), fmpq(3)))


@_plant
def _the_freedom_of_a_gate_is_subtracted(patch: pytest.MonkeyPatch) -> None:
    right = conventions._freed_gate
    patch.setattr(conventions, "_freed_gate", lambda e: 2 * e - right(e))


def _wrong_slope(kind: Kind) -> Plant:
    """The derivative law of one kind of atom, off by a factor 2."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = calculus._slope_of_atom

        def slope(ring: Ring, number: int, indices: tuple[int, ...], slot: int) -> Any:
            found = right(ring, number, indices, slot)
            return ring.scale(found, fmpq(2)) if ring.heads.kinds[number] is kind else found

        patch.setattr(calculus, "_slope_of_atom", slope)

    return plant


FAULTS |= {
    f"a wrong derivative of {kind.value}": _wrong_slope(kind)
    for kind in (Kind.SIGMOID, Kind.SLOPE, Kind.EXP, Kind.SOFTPLUS, Kind.LOG, Kind.LOGABS, Kind.INVERSE, Kind.ROOT,
                 Kind.POWER, Kind.FUNCTION, Kind.KINKED)
}  # fmt: skip


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    try:
        failure = first_failure()
    except (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        failure = f"{type(error).__name__}"
    assert failure is not None
