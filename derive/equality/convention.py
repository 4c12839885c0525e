"""Conventions at kinks: an answer that differs only there, by another value of the subdifferential, is right.

The expected formula's gates that come from the slope of a kinked function, [z>0], are replaced by [z>0] + κ[z=0]; if
one number κ in the allowed range makes the answer equal for all sizes, the answer is proved under that convention.
Gates that the problem writes itself (a mask, a step) have no freedom: then no convention is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from derive.equality.prove import Prover
from derive.expression.nodes import Elementwise, Expression
from derive.expression.traverse import walk
from derive.rewriting.calculus import substitute
from derive.rewriting.heads import Head, Kind
from derive.rewriting.polynomial import ONE, Polynomial

SLOPES = {
    "relu": ("ReLU'(0)", fmpq(0), fmpq(1)),
    "leaky_relu": ("the share of slope 1 in LReLU'(0)", fmpq(0), fmpq(1)),
    "elu": ("the share of slope 1 in ELU'(0)", fmpq(0), fmpq(1)),
    "abs": ("the slope of |·| at 0", fmpq(-1), fmpq(1)),
    "maximum": ("the share of the first argument at a tie of max", fmpq(0), fmpq(1)),
    "minimum": ("the share of the first argument at a tie of min", fmpq(0), fmpq(1)),
}
"""How the freedom at each kink is called, and its range for κ."""

FIXED = frozenset({"gt", "ge", "lt", "le", "eq", "ne", "step", "sign", "where"})
"""Functions whose value at the kink the problem fixes."""


@dataclass(frozen=True)
class Convention:
    """Under what choice at the kinks an answer is right."""

    text: str


def convention(prover: Prover, answer: Expression, expected: Expression) -> Convention | None:
    """The choice of subgradient under which the answer equals what is expected for all sizes, or None."""
    kinked = _kinked_names(prover)
    if not kinked:
        return None
    ring = prover.ring
    free = ring.atom(Head(Kind.LEAF, "κ"))
    left, right = prover.lowered(answer), prover.lowered(expected)
    while True:
        moved = _with_freedom(prover, right, free)
        found = _solve(prover, ring.subtract(left, moved), free, kinked) if moved != right else None
        if found is not None:
            return found
        names = prover.next_names(left, right)
        if not names:
            return None
        left, right = prover.open(left, names), prover.open(right, names)


def _kinked_names(prover: Prover) -> frozenset[str]:
    """The functions with a kink in the problem; none if the problem also fixes values at kinks itself."""
    problem = prover.problem
    formulas = [d.value for d in problem.definitions]
    formulas += [e for e in (problem.question.objective, problem.question.value) if e is not None]
    used = {n.function.name for f in formulas for n in walk(f) if isinstance(n, Elementwise)}
    return frozenset() if used & FIXED else frozenset(used & SLOPES.keys())


def _with_freedom(prover: Prover, polynomial: Polynomial, free: Polynomial) -> Polynomial:
    """Every gate [u>0] as [u>0] + κ(1 − [u>0] − [u<0])."""
    ring = prover.ring

    def visit(head: int, indices: tuple[int, ...]) -> Polynomial | None:
        if ring.heads.kinds[head] is not Kind.ABOVE:
            return None
        below = ring.atom(ring.heads.partner(head, Kind.BELOW), indices)
        above = ring.atom(head, indices)
        at_kink = ring.subtract(ONE, ring.add(above, below))
        return ring.add(above, ring.product(free, at_kink))

    return substitute(ring, polynomial, visit)


def _solve(prover: Prover, difference: Polynomial, free: Polynomial, kinked: frozenset[str]) -> Convention | None:
    """The κ that makes a polynomial in κ zero, if it lies in the range of every kinked function of the problem."""
    ring = prover.ring
    ((unknown, _),) = free.items()
    head = unknown[0][0][0]
    low, high = max(SLOPES[k][1] for k in kinked), min(SLOPES[k][2] for k in kinked)
    candidates = [fmpq(1), fmpq(1, 2), fmpq(-1)]
    linear = _linear_root(difference, head)
    for value in [linear, *candidates] if linear is not None else candidates:
        if low <= value <= high:
            number = ring.number(value)
            fixed = substitute(ring, difference, lambda h, i, n=number: n if h == head else None)  # type: ignore[misc]
            if not fixed:
                return Convention(", ".join(f"{SLOPES[k][0]} = {value}" for k in sorted(kinked)))
    return None


def _linear_root(difference: Polynomial, head: int) -> fmpq | None:
    """From one term that has κ and its partner without: the only κ that can cancel it."""
    for (factors, sizes), coefficient in difference.items():
        rest = tuple(f for f in factors if f[0] != head)
        if len(rest) == len(factors) - 1 and (factors[[f[0] for f in factors].index(head)][2]) == 1:
            partner = difference.get((rest, sizes))
            if partner is not None:
                return -partner / coefficient
    return None
