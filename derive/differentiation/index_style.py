"""The index style: the same chain of stages entry by entry, as hand-written notes have it.

∂E/∂w_ij = Σ_k Σ_l δ_kl ∂z_kl/∂w_ij; z_kl is written out, ∂w_km/∂w_ij = δ_ki δ_mj appears, and the deltas eat the sums.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.differentiation.again import derived_again, leads_to_derivatives
from derive.differentiation.derivation import Derivation, Stage
from derive.differentiation.gradient import gradient, objective_of, subject, sweep_for
from derive.differentiation.lookup import gradient_scale
from derive.differentiation.rule import Context, flipped
from derive.differentiation.rules import RULES
from derive.differentiation.rules_components import ORDER, at, free_letters, fresh_index
from derive.differentiation.sweep import Sweep, relevant
from derive.differentiation.terms import inverse, plus, times
from derive.differentiation.tidy import flattened
from derive.differentiation.wanted import wanted
from derive.differentiation.working import Working
from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Component, Derivative, Expression, Index, IndexSum, Position, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import text
from derive.expression.traverse import rebuild, tensors, walk

TIDY = (
    "distribute_delta", "derivative_of_function", "named_entry", "named_value", "collect", "like_terms", "cancel", 
    "sigmoid_form", "assumption", "factor",
)  # fmt: skip


def index_derivation(problem: Problem, wrt: str | Expression | None = None) -> Derivation:
    """The derivation of ∂E/∂wrt[i,j] in entries; a component W[p,q] names its own indices.

    Raises UsageError for an objective that is not a scalar, Unsupported where a law is missing.
    """
    asked = wanted(problem, wrt)
    objective = objective_of(problem)
    if leads_to_derivatives(problem, objective):
        return _again(problem, objective, asked)
    if shape(objective) != SCALAR:
        raise UsageError("In index style the objective is a scalar.", suggestion="Ask for a component, such as p[i].")
    v = subject(problem, asked)
    sweep = sweep_for(problem, objective)
    sweep.run((v,))
    stages = [IndexStage(sweep, stage.target.wrt).stage(stage.name) for stage in sweep.chain(v)]
    place = (asked.row, asked.column) if isinstance(asked, Component) else None
    stages.append(IndexStage(sweep, v, place).stage(sweep.stages[v].name))
    return Derivation(problem, asked, tuple(stages))


def _again(problem: Problem, objective: Expression, asked: Expression) -> Derivation:
    """∂²E/∂w[i] ∂w[j]: the entry of a gradient that is a vector, differentiated in an entry."""
    parts = [part for e in (objective, asked) for part in walk(e) if isinstance(part, Component)]
    taken = {p.name for part in parts for p in (part.row, part.column) if isinstance(p, Index)}
    entry, rest = _entry(objective, [letter for letter in "ijpqrs" if letter not in taken])
    place, _ = _entry(asked, rest)
    return derived_again(problem, _inwards(entry), place, _entry_or_whole)


def _entry(e: Expression, letters: list[str]) -> tuple[Expression, list[str]]:
    """An entry of a formula by the next letters, and the letters that are left."""
    rows, columns = shape(e)
    count = (rows != ONE) + (columns != ONE)
    own = iter(letters[:count])
    row, column = (None if side == ONE else Index(next(own), side) for side in (rows, columns))
    return at(e, row, column), letters[count:]


def _inwards(e: Expression) -> Expression:
    """(∂E/∂w)[i] as ∂E/∂w[i]."""
    whole = e.operand if isinstance(e, Component) else None
    if not isinstance(e, Component) or not isinstance(whole, Derivative) or not isinstance(whole.wrt, Tensor):
        return rebuild(e, _inwards)
    return Derivative(whole.of, Component(whole.wrt, e.row, e.column)) if whole.form == "gradient" else e


def _entry_or_whole(problem: Problem, wrt: Expression) -> Derivation:
    """A gradient that stands as a whole in a formula is worked out as a whole."""
    return index_derivation(problem, wrt) if shape(wrt) == SCALAR else gradient(problem, wrt)


class IndexStage:
    """The working of one stage in entries."""

    def __init__(
        self,
        sweep: Sweep,
        v: Expression,
        place: tuple[Position, Position] | None = None,
        order: tuple[str, ...] = ORDER,
    ) -> None:
        assert isinstance(v, Tensor)
        self.sweep, self.v, self.order = sweep, v, order
        row, column = place or _letters(v, free_letters(sweep.value))
        self.entry = at(v, row, column)
        self.place = (row, column)
        named = {p.name for p in self.place if isinstance(p, Index)}
        sizes = set(map(str, sweep.problem.scope.sizes)) | {str(s) for t in sweep.problem.free_tensors for s in t.shape}
        self.context = Context(sweep.problem, sweep.value_name, taken=named | sizes | sweep.taken)

    def stage(self, name: Tensor | None) -> Stage:
        target = Derivative(self.sweep.objective, self.entry, "gradient")
        scale = None if name is None else gradient_scale(self.sweep.problem, name)
        working = Working(target if scale is None else times(scale, target), self.context)
        line = self.total(self.entry, working.line)
        working.step(RULES["chain_rule"], line if scale is None else times(scale, line))
        self._work(working)
        entry = None
        if name is not None:
            entry = at(name, *self.place) if name.shape == self.v.shape else at(name, *reversed(self.place))
        return Stage(name, target, tuple(working.steps), entry=entry)

    def _work(self, working: Working) -> None:
        while True:
            working.tidy(self.order)
            found = list(_derivatives(working.line))
            if not found:
                break
            first = min(found, key=lambda d: d.form != "partial")
            if first.form == "partial":
                name = self._rule_for(first)
                working.step(RULES[name], self._applied(working.line, name))
            else:
                new = self.total(first.wrt, working.line)
                working.step(RULES["chain_rule"], _set(working.line, first, new), level="normal")
        working.tidy((*self.order, *TIDY))

    def total(self, entry: Expression, line: Expression) -> Expression:
        """∂E/∂v[i,j] by the chain rule, with sums over the entries of every definition that mentions v."""
        v = entry.operand if isinstance(entry, Component) else entry
        assert isinstance(v, Tensor)
        terms: list[Expression] = []
        for d in self.sweep.users(v):
            row, column = self._places(d.target, line, entry)
            inner = Derivative(at(d.value, row, column), entry, "partial")
            term = times(self._gradient_of(d.target, row, column), inner)
            for index in (column, row):
                term = IndexSum(term, index) if isinstance(index, Index) else term
            terms.append(term)
        if v in tensors(self.sweep.value):
            terms.append(Derivative(relevant(self.sweep.value, v), entry, "partial"))
        return plus(*terms)

    def _places(self, u: Tensor, *around: Expression) -> tuple[Position, Position]:
        taken = frozenset(self.context.taken)
        row = fresh_index(u.shape[0], *around, taken=taken) if u.shape[0] != ONE else None
        used = taken | ({row.name} if row is not None else set())
        column = fresh_index(u.shape[1], *around, taken=used) if u.shape[1] != ONE else None
        return row, column

    def _gradient_of(self, u: Tensor, row: Position, column: Position) -> Expression:
        name = self.sweep.name_of(u)
        if name is None:
            return (
                at(self.sweep.stages[u].result, row, column)
                if u not in self.sweep.folded
                else Derivative(self.sweep.objective, at(u, row, column), "gradient")
            )
        scale = gradient_scale(self.sweep.problem, name)
        plain = at(name if name.shape == u.shape else flipped(name), row, column)
        return plain if scale is None else times(inverse(scale), plain)

    def _rule_for(self, e: Derivative) -> str:
        for name, rule in RULES.items():
            if rule.kind == "index" and isinstance(e.of, rule.on) and rule.apply(e, self.context) is not None:
                return name
        raise Unsupported(f"There is no law in index form for the derivative of {text(e.of)}.")

    def _applied(self, e: Expression, name: str) -> Expression:
        if isinstance(e, Derivative):
            if e.form != "partial" or self._rule_for(e) != name:
                return e
            new = RULES[name].apply(e, self.context)
            return e if new is None else new
        return flattened(e, rebuild(e, lambda child: self._applied(child, name)))


def _letters(v: Tensor, taken: frozenset[str]) -> tuple[Index | None, Index | None]:
    """Letters for an entry of v: i and j, but for those that the objective has."""
    first, second = [letter for letter in "ijpqrs" if letter not in taken][:2]
    row, column = (
        None if side == ONE else Index(letter, side) for letter, side in zip((first, second), v.shape, strict=True)
    )
    return row, column


def _derivatives(e: Expression) -> Iterator[Derivative]:
    return (part for part in walk(e) if isinstance(part, Derivative))


def _set(e: Expression, old: Expression, new: Expression) -> Expression:
    if e == old:
        return new
    return flattened(e, rebuild(e, lambda child: _set(child, old, new)))
