"""Replaying a derivation: nothing in it is taken on trust.

For each step: it continues the line before it; its rule exists and applies to the line; both sides have one shape; and
both sides are equal by the equality engine, which differentiates in index form and shares nothing with the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.differentiation.again import leads_to_derivatives
from derive.differentiation.derivation import Derivation, Stage, Step
from derive.differentiation.local import local_problem
from derive.differentiation.lookup import gradient_scale, value_names
from derive.differentiation.rule import Context, Rule, redex_of
from derive.differentiation.rules import RULES
from derive.differentiation.rules_components import at
from derive.differentiation.terms import times
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import ZERO, Component, Derivative, Explicit, Expression, Tensor, Transpose
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.expression.traverse import rebuild, walk


@dataclass(frozen=True)
class Check:
    """What became of one step; `reason` says what is wrong with it, and is empty if nothing is."""

    stage: int
    step: Step
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Replay:
    """The checks of all steps, in order."""

    checks: tuple[Check, ...]

    @property
    def accepted(self) -> bool:
        return all(check.accepted for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.accepted)


def replay(derivation: Derivation, rules: Mapping[str, Rule] = RULES) -> Replay:
    """Check every step of a derivation; a step that cannot be proved is a failure, never an exception."""
    known = _Known()
    checks: list[Check] = []
    for number, stage in enumerate(derivation.stages):
        checks += _stage(derivation.problem, number, stage, known, rules)
        wrt = stage.target.wrt
        whole = wrt.operand if isinstance(wrt, Component) else wrt
        if stage.name is not None and isinstance(whole, Tensor):
            known.names[whole] = stage.name
            if stage.entry is None:
                known.values[stage.name] = stage.result
        known.entries[wrt] = stage.result
    return Replay(tuple(checks))


@dataclass
class _Known:
    """What the stages so far have established: z ↦ delta, delta ↦ its formula, W[1,2] ↦ ∂E/∂W[1,2]."""

    names: dict[Tensor, Tensor] = field(default_factory=dict)
    values: dict[Tensor, Expression] = field(default_factory=dict)
    entries: dict[Expression, Expression] = field(default_factory=dict)
    closed: set[tuple[Tensor, Expression]] = field(default_factory=set)
    again: dict[Expression, bool] = field(default_factory=dict)

    def rests_on_derivatives(self, problem: Problem, objective: Expression) -> bool:
        """Whether an objective holds derivatives, also in what its names stand for; looked up once for all stages."""
        if objective not in self.again:
            self.again[objective] = leads_to_derivatives(problem, objective)
        return self.again[objective]


def _stage(problem: Problem, number: int, stage: Stage, known: _Known, rules: Mapping[str, Rule]) -> list[Check]:
    ground = _Ground(problem, stage, known)
    context = Context(problem, value_names(problem), {d.target: d.value for d in stage.held})
    checks = _closed_forms(problem, number, stage, known)
    line = first_line(problem, stage)
    for step in stage.steps:
        if step.before != line:
            reason = f"the line {text(step.before)} does not continue {text(line)}"
        else:
            reason = _wrong(step, rules, context) or _table(step, stage, known) or ground.unequal(step)
        checks.append(Check(number, step, reason))
        line = step.after
    return checks


def _closed_forms(problem: Problem, number: int, stage: Stage, known: _Known) -> list[Check]:
    """What the stage takes names of the problem, and of earlier stages, to stand for: each must be right itself."""
    checks = []
    for d in stage.held:
        value = problem.definition(d.target) or known.values.get(d.target)
        if value is not None and value != d.value and (d.target, d.value) not in known.closed:
            known.closed.add((d.target, d.value))
            equal = Prover(problem, known.values).equal(value, d.value) is not None
            reason = "" if equal else f"{text(d.target)} was not proved to have this closed form"
            checks.append(Check(number, Step(value, "first_derivative", d.value), reason))
    return checks


def first_line(problem: Problem, stage: Stage) -> Expression:
    """What the stage works out: the gradient, scaled or transposed if its name stands for that."""
    wrt, target = stage.target.wrt, stage.target
    if stage.name is None:
        first = stage.steps[0].before if stage.steps else target
        if isinstance(first, Component) and first.operand == target:
            return first
        if problem.question.value is not None:
            return problem.question.value
        turned = problem.layout.gradient == "numerator" and first == Transpose(target)
        return Transpose(target) if turned else target
    scale = gradient_scale(problem, stage.name)
    line = target if scale is None else times(scale, target)
    return line if stage.entry is not None or stage.name.shape == shape(wrt) else Transpose(line)


def _wrong(step: Step, rules: Mapping[str, Rule], context: Context) -> str:
    """What is wrong with the rule or the shapes of a step."""
    rule = rules.get(step.rule)
    if rule is None:
        return f"there is no rule called {step.rule}"
    if not applies(rule, step.before, context):
        return f"the rule {rule.name} does not apply" + (f": {rule.condition}" if rule.condition else "")
    try:
        before, after = shape(step.before), shape(step.after)
    except DeriveError as error:
        return str(error)
    if before != after and step.after != ZERO:
        return "the two sides have different shapes"
    return ""


def applies(rule: Rule, line: Expression, context: Context) -> bool:
    """Whether the rule, with its side condition, fires anywhere in a line."""
    if rule.kind == "sweep":
        return True
    for part in walk(line):
        if rule.kind == "rewrite":
            if isinstance(part, rule.on) and rule.apply(part, context) not in (None, part):
                return True
            continue
        if rule.kind in ("jacobian", "index"):
            if isinstance(part, Derivative) and isinstance(part.of, rule.on) and rule.apply(part, context) is not None:
                return True
            continue
        redex = redex_of(part) if isinstance(part, Derivative) else None
        if redex is not None and isinstance(redex.of, rule.on) and rule.apply(redex, context) is not None:
            return True
    return False


def _table(step: Step, stage: Stage, known: _Known) -> str:
    """What is wrong with a step that puts entries together: each must be what an earlier stage has found."""
    if step.rule != "entries_together" or not isinstance(step.after, Explicit):
        return ""
    wrt = stage.target.wrt
    for i, row in enumerate(step.after.rows, start=1):
        for j, value in enumerate(row, start=1):
            if known.entries.get(at(wrt, i, j)) != value:
                return f"the entry ({i}, {j}) was not found before"
    return ""


@dataclass(frozen=True)
class _View:
    """A prover, and what a gradient of E stands for: its slope, or inside a partial derivative a name held fixed."""

    prover: Prover
    slopes: Mapping[Derivative, Expression] = field(default_factory=dict)
    held: Mapping[Derivative, Expression] = field(default_factory=dict)

    def read(self, e: Expression, inside: bool = False) -> Expression:
        """A line as the prover is to take it."""
        if isinstance(e, Derivative):
            known = self.held if inside and e in self.held else self.slopes
            if e in known:
                return known[e]
            inside = inside or e.form == "partial"
        return rebuild(e, lambda child: self.read(child, inside))


class _Ground:
    """What a stage's lines are about: the definitions around its name, with the earlier named gradients held fixed.

    There are two ways to hold z fixed where ∂E/∂z has a name: by another name, or by leaving z without a definition.
    The first knows what z stands for, the second lets a line mention z beside ∂E/∂z; either proves a step. A step
    without derivatives may also rest on all definitions of the problem.
    """

    def __init__(self, problem: Problem, stage: Stage, known: _Known) -> None:
        self.problem, self.stage, self.known = problem, stage, known
        self.wrt = stage.target.wrt
        self.extra = {d.target: d.value for d in stage.held}
        if isinstance(self.wrt, Component):
            self.wrt = self.wrt.operand
            own = known.names.get(self.wrt)  # type: ignore[call-overload]
            self.extra |= {own: known.values[own]} if own in known.values else {}
        scalar = isinstance(self.wrt, Tensor) and shape(stage.target.of) == SCALAR and problem.question.value is None
        scalar = scalar and not known.rests_on_derivatives(problem, stage.target.of)
        self.views = (False, True, None) if scalar else (None,)
        self.made: dict[bool | None, _View] = {}

    def view(self, free: bool | None) -> _View:
        """One of the ways; `free` None takes the problem as it is."""
        if free not in self.made:
            target = self.stage.target
            if free is None or not isinstance(self.wrt, Tensor):
                self.made[free] = _View(Prover(self.problem, self.extra))
            else:
                problem, scalar = local_problem(self.problem, self.wrt, target.of, self.known.names, free=free)
                lines = (e for step in self.stage.steps for e in (step.before, step.after))
                found = {p for e in lines for p in walk(e) if isinstance(p, Derivative) and p.of == target.of}
                slopes = {p: Derivative(scalar, p.wrt, p.form) for p in found}
                held = {p: Tensor(f"held {text(p)}", shape(p.wrt)) for p in found if p.form == "gradient"}
                extra = self.extra | {name: slopes[p] for p, name in held.items()}
                self.made[free] = _View(Prover(problem, extra), slopes, held)
        return self.made[free]

    def unequal(self, step: Step) -> str:
        """Why the two sides of a step are not known to be equal; entries that were put together are."""
        if step.rule == "entries_together":
            return ""
        reason = "the two sides were not proved equal"
        plain = not any(isinstance(p, Derivative) for e in (step.before, step.after) for p in walk(e))
        for free in self.views:
            if free is None and len(self.views) > 1 and not plain:
                continue
            view = self.view(free)
            try:
                if view.prover.equal(view.read(step.before), view.read(step.after)) is not None:
                    return ""
            except DeriveError as error:
                reason = f"the step could not be proved: {error}"
        return reason
