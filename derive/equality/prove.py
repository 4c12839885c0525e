"""Proving two expressions equal for all sizes.

Both sides are lowered to index normal form; if the forms are equal, so are the expressions, wherever both are
defined. Names with a definition are first left as they are (a proof with a name cut off holds for whatever it stands
for); only what is left of the difference is opened: first activations, whose definition is a function of one name,
then the latest definitions. Inner formulas that equal a definition are read as its name. So the cost does not grow
with the depth of a network unless the question itself does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import sympy

from derive.equality.defined import denominators, has_entries
from derive.equality.domains import domains_meet, has_logarithm
from derive.errors import DeriveError, LimitError, Unsupported
from derive.expression.nodes import ZERO, Elementwise, Expression, Number, Ones, Power, Reduce, Tensor
from derive.expression.problem import Assumptions, Problem
from derive.expression.shapes import shape
from derive.expression.traverse import in_order, tensors
from derive.rewriting.bases import doubled_to_single, exponentials_to_sigmoid, logarithms_of_absolute
from derive.rewriting.calculus import set_names
from derive.rewriting.common_denominator import vanishes_over_poles
from derive.rewriting.entries import vanishes_by_entries
from derive.rewriting.gate_relations import without_needless_gates
from derive.rewriting.gate_sums import vanishes_by_sums
from derive.rewriting.heads import GATES, Kind
from derive.rewriting.lower import Lowering
from derive.rewriting.monomial import UNIT
from derive.rewriting.polynomial import Budget, Polynomial, Ring, freeze
from derive.rewriting.powers import inverse
from derive.rewriting.relations import RELATIONS, binary, unit_square, unit_sum
from derive.rewriting.two_values import out_of_atoms

Definitions = Callable[[Tensor], Expression | None]

OPENINGS = 400
"""How many definitions one proof may open."""

QUICK_TERMS, QUICK_OPENINGS = 1_500, 6
"""The same for a first look."""

LAYERS = 4
"""How many members of one family a proof opens: z[l+1], z[l], z[l-1], …"""

TERMS = 15_000
"""How many terms one proof may form; 99 % of the right answers of the campaign take less than a tenth of that."""

AIDING_TERMS = 4_000
"""The same for proofs that only explain a verdict: under what condition an answer is right, which mistake it has; and
for the entries of matrices, which are written out only if that is quick."""


@dataclass(frozen=True)
class Proof:
    """Two expressions have equal normal forms; `opened` names were replaced by their definitions on the way."""

    left: Expression
    right: Expression
    opened: tuple[Tensor, ...] = ()


class Prover:
    """Proofs about one problem; it keeps what it has lowered between questions.

    `extra` defines further names, such as delta2 by its closed form.
    """

    def __init__(self, problem: Problem | None = None, extra: Mapping[Tensor, Expression] | None = None) -> None:
        self.problem = problem or Problem()
        self.extra = dict(extra or {})
        self.terms = TERMS
        self.ring = Ring(RELATIONS, Budget(TERMS))
        self.folds: dict[frozenset[object], Polynomial] = {}
        self.lower = Lowering(self.ring, folds=self.folds, through=self.definition)
        self._folded: set[Tensor] = set()
        self._values: dict[Tensor, Polynomial] = {}
        self._opened_layers: dict[str, int] = {}
        self._places = {d.target.name: place for place, d in enumerate(self.problem.definitions)}
        declare(self.lower, self.problem)

    def fork(self, extra: Mapping[Tensor, Expression] | None = None) -> Prover:
        """A prover that knows what this one has lowered, and leaves no trace in it: what a later question gets does
        not depend on the questions before."""
        other = _copied(self)
        other.ring = _copied(self.ring)
        other.ring.heads = _copied(self.ring.heads)
        other.ring.budget = Budget(other.terms)
        other.lower = _copied(self.lower)
        other.lower.ring, other.lower.folds, other.lower.through = other.ring, other.folds, other.definition
        other.lower.forget_plain()
        other.extra.update(extra or {})
        return other

    def aiding(self) -> Prover:
        """This prover, with less to spend on each proof, and none of it on single entries and sums of gates."""
        self.terms = self.ring.budget.terms = AIDING_TERMS
        return self

    def definition(self, name: Tensor) -> Expression | None:
        found = self.extra.get(name)
        return found if found is not None else self.problem.definition(name)

    def equal(self, left: Expression, right: Expression, *, quick: bool = False) -> Proof | None:
        """A proof that left = right for all sizes, or None; two shapes are never equal, but 0 stands for any zero.

        `quick` is a first look that opens little and ends soon: its None means even less.
        Raises LimitError (E-BUDGET) if the budget runs out first, ShapeError for a formula that does not conform.
        """
        if shape(left) != shape(right) and ZERO not in (left, right):
            return None
        self.ring.budget.terms = QUICK_TERMS if quick else self.terms
        self._opened_layers.clear()
        sides = self._settled(self.lowered(left), self.lowered(right))
        opened: list[Tensor] = []
        while any(sides) and not self._vanishes(self.ring.subtract(*sides), left, right):
            names = self.next_names(*sides)
            if not names or (quick and len(opened) + len(names) > QUICK_OPENINGS):
                return None
            opened += names
            if len(opened) > OPENINGS:
                raise LimitError("Too many definitions would have to be opened.", code="E-BUDGET")
            sides = self._settled(self.open(sides[0], names), self.open(sides[1], names))
        return Proof(left, right, tuple(opened)) if self._is_met(left, right) else None

    def _is_met(self, left: Expression, right: Expression) -> bool:
        """Whether both sides have a value somewhere, as far as is seen; only logarithms make that a question."""
        has_log = Kind.LOGABS in self.ring.heads.kinds and (has_logarithm(left) or has_logarithm(right))
        return not has_log or left == right or domains_meet(left, right, self.problem)

    def _settled(self, left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial]:
        """The two sides apart, in one basis if exponentials stand beside σ."""
        sides = self._apart(left, right)
        if not any(sides):
            return sides
        ring = self.ring
        difference = ring.subtract(*sides)
        settled = exponentials_to_sigmoid(ring, out_of_atoms(ring, difference))
        if settled:
            settled = doubled_to_single(ring, settled)
        if settled and any(ring.heads.kinds[h] is Kind.LOG for h in self._heads(settled)):
            settled = logarithms_of_absolute(ring, settled)
        return sides if settled is difference else (settled, {})

    def _heads(self, polynomial: Polynomial) -> set[int]:
        """The heads that occur in a polynomial, at any depth."""
        found = {h for factors, _ in polynomial for h, _, _ in factors}
        return found.union(*(self.ring.heads.mentions(h) for h in found))

    def _vanishes(self, difference: Polynomial, left: Expression, right: Expression) -> bool:
        """Whether a difference is 0 entry by entry, or one of gates or quotients wherever no denominator is."""
        ring = self.ring
        is_written_out = self.terms > AIDING_TERMS and (has_entries(left) or has_entries(right))
        if is_written_out and self._vanishes_by_entries(difference, left, right):
            return True
        kinds = {ring.heads.kinds[h] for factors, _ in difference for h, _, _ in factors}
        if kinds.isdisjoint((*GATES, Kind.INVERSE)):
            return False
        left_over = without_needless_gates(ring, difference)
        if not left_over or (self.terms > AIDING_TERMS and vanishes_by_sums(ring, left_over)):
            return True
        if vanishes_over_poles(ring, left_over):
            return True
        below = [value for e in dict.fromkeys((*denominators(left), *denominators(right))) if (value := self.lower(e))]
        if not below:
            return False
        if Kind.INVERSE in kinds and not ring.product(difference, *below):
            return True
        if kinds.isdisjoint(GATES):
            return False
        try:
            divided = ring.product(difference, *(inverse(ring, value) for value in below))
        except Unsupported:
            return False
        return not without_needless_gates(ring, divided)

    def _vanishes_by_entries(self, difference: Polynomial, left: Expression, right: Expression) -> bool:
        budget = self.ring.budget
        before, budget.terms = budget.terms, min(budget.terms, AIDING_TERMS)
        try:
            return vanishes_by_entries(self.ring, difference, *shape(right if left == ZERO else left))
        except DeriveError:  # past the budget, or an entry has no value
            return False
        finally:
            budget.terms = before

    def _apart(self, left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial]:
        """The two sides without the terms that they share."""
        shared = {m: c for m, c in left.items() if right.get(m) == c}
        if not shared:
            return left, right
        return ({m: c for m, c in left.items() if m not in shared},
                {m: c for m, c in right.items() if m not in shared})  # fmt: skip

    def difference(self, left: Expression, right: Expression) -> Polynomial:
        return self.ring.subtract(self.lowered(left), self.lowered(right))

    def lowered(self, e: Expression) -> Polynomial:
        """An expression in normal form, with no definition opened."""
        self._fold(e)
        return self.lower(e)

    def open(self, polynomial: Polynomial, names: list[Tensor]) -> Polynomial:
        """The polynomial with names replaced by their definitions."""
        values = {}
        for name in names:
            definition = self.definition(name)
            assert definition is not None
            self._fold(definition)
            values[self.lower.name(name)] = self._value(name, definition)
        return set_names(self.ring, polynomial, values)

    def _value(self, name: Tensor, definition: Expression) -> Polynomial:
        """The definition in normal form, not folded back onto the name itself."""
        known = self._values.get(name)
        if known is not None:
            return known
        value = self.lower(definition)
        if value == self.lower(name):
            return Lowering(self.ring, through=self.definition)(definition)
        return value

    def next_names(self, left: Polynomial, right: Polynomial) -> list[Tensor]:
        """The names to open now: all activations at once, else the latest definition.

        Names that only one side has go first: what both sides have may cancel as it is.
        """
        sides = self.names(left), self.names(right)
        one_sided = set(sides[0]) ^ set(sides[1])
        present = in_order(n for n in {*sides[0], *sides[1]} if self._may_open(n))
        opened = {n: d for n in present if (d := self.definition(n)) is not None}
        chosen = [n for n, d in opened.items() if _is_activation(d)]
        if not chosen:
            chosen = sorted(opened, key=lambda n: (n in one_sided, *self._rank(n)))[-1:]
        for name in chosen:
            if name.layer is not None:
                self._opened_layers[name.name] = self._opened_layers.get(name.name, 0) + 1
        return chosen

    def _may_open(self, name: Tensor) -> bool:
        """A family has no first layer, so only a few of its members are opened."""
        return name.layer is None or self._opened_layers.get(name.name, 0) < LAYERS

    def names(self, polynomial: Polynomial) -> list[Tensor]:
        """The names in a polynomial, also inside arguments, in a fixed order."""
        found: dict[Tensor, None] = {}
        seen: set[int] = set()
        pending = [polynomial]
        while pending:
            for factors, _ in pending.pop():
                for head, _, _ in factors:
                    if head in seen:
                        continue
                    seen.add(head)
                    record = self.ring.heads[head]
                    if record.kind is Kind.LEAF:
                        found[record.label] = None
                    pending += [dict(a) for a in record.inputs]
        return in_order(found)

    def sizes(self, polynomial: Polynomial) -> frozenset[sympy.Expr]:
        """The sizes that a polynomial speaks of: as numbers, or as what a sum runs over; also inside arguments."""
        found: set[sympy.Expr] = set()
        seen: set[int] = set()
        pending = [polynomial]
        while pending:
            for factors, sizes in pending.pop():
                found.update(self.ring.heads.sizes[s] for s in sizes)
                for head in {h for h, _, _ in factors} - seen:
                    seen.add(head)
                    record = self.ring.heads[head]
                    if record.kind is Kind.SIZE:
                        found.add(record.label)
                    pending += [dict(a) for a in record.inputs]
        return frozenset(found)

    def _rank(self, name: Tensor) -> tuple[int, int, str]:
        """Later definitions first: gradients' names after everything, then by place; families by layer."""
        if name in self.extra:
            return (2, list(self.extra).index(name), "")
        place = self._places.get(name.name)
        return (0, 0, name.name) if place is None else (1, place + 1000 * _layer_offset(name.layer), name.name)

    def _fold(self, expression: Expression) -> None:
        """Make the definitions of all names that a formula depends on known as folds, innermost first."""
        pending = [(name, False) for name in in_order(tensors(expression))]
        while pending:
            name, ready = pending.pop()
            definition = self.definition(name)
            if definition is None or (name in self._folded and not ready):
                continue
            self._folded.add(name)
            if not ready:
                pending.append((name, True))
                # A family has no first layer: only the members that a formula names are folded.
                inner = in_order(tensors(definition)) if name.layer is None else []
                pending += [(other, False) for other in inner if other not in self._folded]
                continue
            self._values[name] = value = self.lower(definition)
            if value and any(m != UNIT for m in value):
                leaf = self.lower(name)
                self.folds.setdefault(freeze(value), leaf)
                self.lower.remember(definition, self.folds[freeze(value)])


_T = TypeVar("_T")


def _copied(thing: _T) -> _T:
    """A copy whose tables are its own; what the tables hold is never changed in place."""
    other = copy.copy(thing)
    for name, value in vars(thing).items():
        if isinstance(value, dict | list | set):
            setattr(other, name, value.copy())
    return other


def _layer_offset(layer: sympy.Expr | None) -> int:
    if layer is None:
        return 0
    constant, _ = layer.as_coeff_Add()
    return int(constant)


def _is_activation(definition: Expression) -> bool:
    if isinstance(definition, Elementwise):
        definition = definition.arguments[0]
    return isinstance(definition, Tensor)


def declare(lower: Lowering, problem: Problem) -> None:
    """Make the declared facts of a problem laws of its names."""
    facts: Assumptions = problem.assumptions
    ring = lower.ring
    for name, tensor in problem.scope.tensors.items():
        head = lower.name(tensor)
        if name in facts.positive:
            ring.positive.add(head)
        if name in facts.binary:
            ring.declare(head, binary)
            ring.binary.add(head)
        if name in facts.symmetric:
            ring.heads.symmetric.add(head)
    for left, right in facts.equations:
        if not _is_number(right, 1) and not isinstance(right, Ones):
            continue
        if isinstance(left, Reduce) and isinstance(left.operand, Tensor):
            axes = ring.heads.axes[lower.name(left.operand)]
            slots = tuple(n for n, label in enumerate(axes) if left.axis is None or label == -1 - left.axis)
            if slots:
                ring.declare(lower.name(left.operand), unit_sum(slots))
        if isinstance(left, Power) and isinstance(left.base, Tensor) and _is_number(left.exponent, 2):
            ring.declare(lower.name(left.base), unit_square)
            ring.units.add(lower.name(left.base))


def _is_number(e: Expression, value: int) -> bool:
    return isinstance(e, Number) and e.value == value


def prove_equal(
    left: Expression,
    right: Expression,
    problem: Problem | None = None,
    extra: Mapping[Tensor, Expression] | None = None,
) -> Proof | None:
    """A proof that two expressions are equal for all sizes, or None if none was found."""
    return Prover(problem, extra).equal(left, right)
