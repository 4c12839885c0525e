"""Conventions at kinks: an answer that differs only there, by another value of the subdifferential, is right.

In the expected formula every slope of a kinked function is written as a gate, (z > 0), or as sign(z). There each gets
a freedom κ[z = 0]; if numbers in the allowed ranges make the answer equal for all sizes, the answer is proved under
that convention, the same for all units. Gates that the problem writes itself (a mask, a step) have no freedom: then no
convention is looked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from flint import fmpq

from derive.equality.prove import OPENINGS, Prover
from derive.expression.functions import apply
from derive.expression.nodes import Derivative, Elementwise, Expression, Product, Sum, Tensor, number, scalar
from derive.expression.traverse import rebuild, tensors, walk
from derive.rewriting.calculus import set_names
from derive.rewriting.polynomial import Polynomial

SHARE, SLOPE = scalar("κ"), scalar("κ±")
"""How much of the right slope is taken at a kink; and the slope of |·| at 0."""

RANGES = {SHARE: (fmpq(0), fmpq(1)), SLOPE: (fmpq(-1), fmpq(1))}

SLOPES = {
    "relu": ("ReLU'(0)", SHARE),
    "leaky_relu": ("the share of slope 1 in LReLU'(0)", SHARE),
    "elu": ("the share of slope 1 in ELU'(0)", SHARE),
    "abs": ("the slope of |·| at 0", SLOPE),
    "maximum": ("the share of the second argument at a tie of max", SHARE),
    "minimum": ("the share of the second argument at a tie of min", SHARE),
}
"""How the freedom at each kink is called."""

FIXED = frozenset({"gt", "ge", "lt", "le", "eq", "ne", "step", "sign", "where"})
"""Functions whose value at the kink the problem fixes."""


@dataclass(frozen=True)
class Convention:
    """Under what choice at the kinks an answer is right."""

    text: str


def convention(prover: Prover, answer: Expression, expected: Expression) -> Convention | None:
    """The choice of subgradient under which the answer equals what is expected for all sizes, or None."""
    kinked = _kinked_names(prover, expected)
    if not kinked:
        return None
    # Names of gradients that the answer uses, too, have one value on both sides: what it is is not asked.
    for held in dict.fromkeys((frozenset(), tensors(answer).intersection(prover.extra))):
        found = _chosen(prover, answer, *_with_freedom(prover, expected, held))
        if found is not None:
            return _said(found, kinked)
    return None


def _chosen(
    prover: Prover, answer: Expression, free: Expression, extra: Mapping[Tensor, Expression]
) -> Mapping[Tensor, fmpq] | None:
    """The freedom that makes both sides equal, names opened as far as it takes."""
    if not _unknowns(free, *extra.values()):
        return None
    inner = prover.fork(extra)
    difference = inner.difference(answer, free)
    for _ in range(OPENINGS):
        found = _solved(inner, difference)
        if found is not None:
            return found
        names = inner.next_names(difference, {})
        if not names:
            return None
        difference = inner.open(difference, names)
    return None


def _said(found: Mapping[Tensor, fmpq], kinked: frozenset[str]) -> Convention:
    chosen = [(SLOPES[k][0], found[SLOPES[k][1]]) for k in sorted(kinked) if found.get(SLOPES[k][1])]
    return Convention(", ".join(f"{name} = {value}" for name, value in chosen))


def _kinked_names(prover: Prover, expected: Expression) -> frozenset[str]:
    """The functions with a kink in the problem; none if the problem also fixes values at kinks itself.

    An expected side that is written by a person, relu'(z), counts too, unless it fixes values at kinks.
    """
    problem = prover.problem
    formulas = [d.value for d in problem.definitions]
    formulas += [e for e in (problem.question.objective, problem.question.value) if e is not None]
    used, own = _functions(*formulas), _functions(expected)
    if used & FIXED:
        return frozenset()
    return (used if own & FIXED else used | own) & SLOPES.keys()


def _functions(*formulas: Expression) -> frozenset[str]:
    return frozenset(n.function.name for f in formulas for n in walk(f) if isinstance(n, Elementwise))


def _unknowns(*formulas: Expression) -> list[Tensor]:
    found = frozenset().union(*(tensors(e) for e in formulas))
    return [unknown for unknown in (SHARE, SLOPE) if unknown in found]


def _with_freedom(
    prover: Prover, expected: Expression, held: frozenset[Tensor]
) -> tuple[Expression, dict[Tensor, Expression]]:
    """The expected formula with its freedom, and that of the gradients' names in it that are not held, under names of
    their own."""
    # In a law for one layer the gradients of the others are given: delta[l+1] is what it is on both sides.
    plain = [name for name in prover.extra if name.layer is None and name not in held]
    renamed = {name: dataclasses.replace(name, name=name.name + "·kink") for name in plain}

    def freed(e: Expression) -> Expression:
        if isinstance(e, Tensor):
            return renamed.get(e, e)
        if isinstance(e, Derivative):
            return e
        inner = rebuild(e, freed)
        return _freed_gate(inner) if isinstance(inner, Elementwise) else inner

    return freed(expected), {new: freed(prover.extra[name]) for name, new in renamed.items()}


def _freed_gate(e: Elementwise) -> Expression:
    """[u > v] as [u > v] + κ[u = v] and its like; a slope that chooses between two, as a mixture of both."""
    name, arguments = e.function.name, e.arguments
    if e.order == 1 and name in ("relu", "abs", "maximum", "minimum"):
        other = arguments[1] if len(arguments) > 1 else number(0)
        freedom = Product((SLOPES[name][1], apply("eq", arguments[0], other)))
        return Sum((e, -freedom if name in ("maximum", "minimum") else freedom))
    if e.order:
        return e
    if name in ("gt", "lt"):
        return Sum((e, Product((SHARE, apply("eq", *arguments)))))
    if name in ("ge", "le"):
        return Sum((e, -Product((SHARE, apply("eq", *arguments)))))
    if name == "sign":
        return Sum((e, Product((SLOPE, apply("eq", arguments[0], number(0))))))
    if name == "where":
        test, yes, no = arguments
        return Sum((no, Product((test, Sum((yes, -no))))))
    return e


def _solved(prover: Prover, difference: Polynomial) -> dict[Tensor, fmpq] | None:
    """Values of the unknowns, in their ranges, that make a polynomial zero."""
    heads = {unknown: prover.lower.name(unknown) for unknown in (SHARE, SLOPE)}
    present = {h for factors, _ in difference for h, _, _ in factors}
    unknowns = [u for u in heads if heads[u] in present]
    if not unknowns:
        return None
    for values in product(*(list(_candidates(difference, u, heads[u])) for u in unknowns)):
        chosen = dict(zip(unknowns, values, strict=True))
        if not set_names(prover.ring, difference, {heads[u]: prover.ring.number(x) for u, x in chosen.items()}):
            return chosen
    return None


def _candidates(difference: Polynomial, unknown: Tensor, head: int) -> Iterator[fmpq]:
    """The usual values, and what a term that is linear in the unknown and its partner without it ask for."""
    low, high = RANGES[unknown]
    usual = [fmpq(1), fmpq(0), fmpq(1, 2), fmpq(-1), fmpq(-1, 2)]
    for (factors, sizes), coefficient in difference.items():
        rest = tuple(f for f in factors if f[0] != head)
        if (head, (), 1) in factors and (partner := difference.get((rest, sizes))) is not None:
            usual.append(-partner / coefficient)
            break
    yield from (value for value in dict.fromkeys(usual) if low <= value <= high)
