"""Documents from derivations: what is given, the conventions used, each stage line by line, the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

import sympy

from derive.differentiation.derivation import Derivation, Level, Stage, Step
from derive.expression.functions import apply
from derive.expression.nodes import Derivative, Elementwise, Expression, Number, Product, Tensor, Transpose
from derive.expression.problem import Problem
from derive.expression.shapes import known_shape
from derive.expression.traverse import walk
from derive.rendering.document import (
    Block,
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Inline,
    Line,
    Member,
    Paragraph,
    ShapeOf,
    Span,
)
from derive.writing.broadcasting import with_ones

_RANK: dict[Level, int] = {"brief": 0, "normal": 1, "every": 2}


class Titled(Protocol):
    """What is shown of a rule: its human name, and its law in a sentence."""

    @property
    def title(self) -> str: ...

    @property
    def law(self) -> str: ...


def derivation_document(
    derivation: Derivation,
    *,
    detail: Level = "normal",
    shapes: bool = False,
    broadcast: bool = False,
    numbered: bool = False,
    rules: Mapping[str, Titled] | None = None,
) -> Document:
    """The whole derivation as a document.

    detail      brief: question and answer of each stage; normal; every: all steps
    shapes      show shapes under the factors
    broadcast   write b 1ᵀ where a bias is repeated for each example
    numbered    number the equations of stages and result
    rules       human names of the rules; without one, a rule's identifier is shown in words
    """
    blocks = [*given(derivation.problem), *conventions(derivation.problem), Heading(("Derivation",))]
    for stage in derivation.stages:
        # An unnamed stage begins with its own title: ∂E/∂W₁ = …
        if stage.name is not None:
            blocks.append(Heading(stage_title(stage), 2))
        blocks.append(stage_block(stage, detail, rules or {}))
    blocks += [Heading(("Result",)), result_block(derivation)]
    number, finished = 0, []
    for block in blocks:
        if isinstance(block, DerivationBlock):
            if block.kind != "given":
                number += 1
                block = replace(block, number=number if numbered else None, shapes=shapes)
            if broadcast:
                lines = (replace(line, right=with_ones(line.right)) for line in block.lines)
                block = replace(block, lines=tuple(lines))
        finished.append(block)
    return Document(title(derivation), tuple(finished))


def title(derivation: Derivation) -> Span:
    if derivation.problem.title:
        return (derivation.problem.title,)
    return ("Derivation of ", derivation.stages[-1].target) if derivation.stages else ("Derivation",)


def given(problem: Problem) -> Iterator[Block]:
    """What the problem starts from: names with shapes, then definitions."""
    yield Heading(("Given",))
    parts: list[Inline] = []
    for tensor in problem.free_tensors:
        parts += [", ", Member(tensor)] if parts else [Member(tensor)]
    if parts:
        yield Paragraph((*parts, "."))
    lines = tuple(Line(d.target, d.value, (ShapeOf(d.target.shape),)) for d in problem.definitions)
    if lines:
        yield DerivationBlock(lines, "given")


def conventions(problem: Problem) -> Iterator[Block]:
    """What is assumed, and what was chosen where mathematicians differ."""
    items = [*_assumed(problem), *_chosen(problem), *((note,) for note in problem.notes)]
    if items:
        yield Heading(("Assumptions and conventions",))
        yield Bullets(tuple(items))


def _assumed(problem: Problem) -> Iterator[Span]:
    facts = problem.assumptions
    for names, claim in (
        (facts.positive, "> 0"),
        (facts.nonzero, "≠ 0"),
        (facts.integer, "is an integer"),
        (facts.binary, "has entries 0 or 1"),
        (facts.symmetric, "is symmetric"),
    ):
        for name in sorted(names):
            yield (problem.scope.tensors.get(name, name), f" {claim}")
    for name, low, high in facts.between:
        yield (f"{low} ≤ ", problem.scope.tensors.get(name, name), f" ≤ {high}")
    for left, right in facts.equations:
        yield (left, " = ", right)


def _chosen(problem: Problem) -> Iterator[Span]:
    for name, scale in problem.scales.items():
        wrt = problem.gradients.get(name)
        if wrt is not None:
            objective = problem.question.objective or Tensor(problem.objective_name, (sympy.S.One, sympy.S.One))
            yield (name, " stands for ", Product((scale, Derivative(objective, wrt))))
    if problem.layout.gradient == "numerator":
        yield ("Numerator layout: a gradient has the shape of its variable transposed.",)
    elif problem.question.wrt is not None:
        yield ("Denominator layout: a gradient has the shape of its variable.",)
    if problem.layout.examples == "rows":
        yield ("Examples are rows.",)
    yield from _kinks(problem)


def _kinks(problem: Problem) -> Iterator[Span]:
    """The derivative that is chosen at each kink of a function that occurs."""
    seen: set[Expression] = set()
    for definition in problem.definitions:
        for e in walk(definition.value):
            if not isinstance(e, Elementwise) or len(e.arguments) != 1 + len(e.function.defaults):
                continue
            for kink in e.function.kinks:
                at = Elementwise(e.function, (_lift(kink.at, e), *e.arguments[1:]), 1)
                low, high = _lift(kink.low, e), _lift(kink.high, e)
                if at not in seen and low != high:
                    seen.add(at)
                    yield (at, " = ", _lift(kink.value, e), ", chosen between ", low, " and ", high)


def _lift(value: sympy.Expr, e: Elementwise) -> Expression:
    """A kink's number, or parameter of the function, as an expression."""
    names = dict(zip(e.function.parameters, e.arguments, strict=False))
    known = {s: _rational(names[s.name]) for s in value.free_symbols}
    value = value.xreplace({s: number for s, number in known.items() if number is not None})
    if value.is_Rational:
        return Number(Fraction(int(value.p), int(value.q)))
    if isinstance(value, sympy.Symbol):
        return names[value.name]
    name = {sympy.Max: "maximum", sympy.Min: "minimum"}[value.func]
    return apply(name, *(_lift(argument, e) for argument in value.args))


def _rational(e: Expression) -> sympy.Rational | None:
    return sympy.Rational(e.value.numerator, e.value.denominator) if isinstance(e, Number) else None


def stage_title(stage: Stage) -> Span:
    """δ₂ = ∂E/∂Z₂, or N ∂E/∂Z₂ where δ₂ stands for that, or the target alone."""
    return (stage.target,) if stage.label is None else (stage.label, " = ", _opening(stage))


def _opening(stage: Stage) -> Expression:
    """What the first line starts from: the target, or the multiple or the entry of it that the name stands for."""
    return stage.steps[0].before if stage.steps else stage.target


def stage_block(stage: Stage, detail: Level, rules: Mapping[str, Titled]) -> DerivationBlock:
    """The lines of a stage at the level of detail."""
    left: Expression | None = stage.target
    lines: list[Line] = []
    if stage.label is not None:
        left = _opening(stage)
    elif _opening(stage) not in (stage.target, Transpose(stage.target)):
        # In numerator layout ∂E/∂W itself means the transpose.
        lines.append(Line(left, _opening(stage)))
        left = None
    for group in _groups(stage.steps, detail):
        lines.append(_line(left, group, detail, rules))
        left = None
    return DerivationBlock(tuple(lines), "stage", stage.name, stage.target)


def _groups(steps: tuple[Step, ...], detail: Level) -> list[list[Step]]:
    """Steps that are shown as one line: a step too fine for this detail is tidying after the one before it."""
    if detail == "brief" and len(steps) > 2:
        return [list(steps[:1]), list(steps[1:])]
    groups: list[list[Step]] = []
    opened = False
    for step in steps:
        visible = _RANK[step.level] <= _RANK[detail] or detail == "brief"
        if (visible and opened) or not groups:
            groups.append([])
            opened = False
        groups[-1].append(step)
        opened = opened or visible
    return groups


def _line(left: Expression | None, group: list[Step], detail: Level, rules: Mapping[str, Titled]) -> Line:
    shown = [step for step in group if _RANK[step.level] <= _RANK[detail]] or group
    laws: dict[str, str] = {}
    if detail == "brief" and len(group) > 1:
        reason: Span = (f"in {len(group)} steps",)
    else:
        laws = {rule_title(step.rule, rules): rules[step.rule].law for step in shown if step.rule in rules}
        titles = dict.fromkeys(rule_title(step.rule, rules) for step in shown)
        notes = dict.fromkeys(step.note for step in shown if step.note)
        reason = ("; ".join(titles) + (f" ({'; '.join(notes)})" if notes else ""),)
    note = "; ".join(dict.fromkeys(step.note for step in group if step.note))
    return Line(left, group[-1].after, reason, tuple(step.rule for step in group), note, tuple(laws.items()))


def rule_title(rule: str, rules: Mapping[str, Titled]) -> str:
    """A rule's human name."""
    row = rules.get(rule)
    return row.title if row is not None else rule.replace("_", " ")


def result_block(derivation: Derivation) -> DerivationBlock:
    """The last line: the answer, with its shape."""
    stage = derivation.stages[-1]
    size = known_shape(stage.result)
    reason: Span = () if size is None else (ShapeOf(size),)
    left = stage.target if stage.label is None else _opening(stage)
    if stage.label == derivation.wrt and left != stage.target:
        left = derivation.wrt  # asked for δ₁ where that is a multiple: the answer is δ₁
    return DerivationBlock((Line(left, stage.result, reason),), "result", stage.name, stage.target)
