"""Working a line out: rules are applied until no derivative is left, then the line is tidied. Every line is a step.

It ends: a rule leaves only derivatives of lighter expressions (`measure`), a gradient is unfolded into definitions
further on, and tidying goes round a bounded number of times. STEPS and NODES bound what is not worth waiting for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from derive.differentiation.derivation import Level, Step
from derive.differentiation.measure import nodes, weight
from derive.differentiation.rule import Context, Redex, Rule, redex_of
from derive.differentiation.rules import RULES, rules_for
from derive.differentiation.tidy import ORDER, flattened, is_zero, rewritten
from derive.errors import LimitError, Unsupported
from derive.expression.nodes import ZERO, Derivative, Elementwise, Expression, Tensor, Transpose
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import children, rebuild, walk

Unfold = Callable[[Derivative], Expression | None]
"""The chain rule for a gradient that stands in a line; None for one that the sweep does not know."""


STEPS = 2_000
"""So many steps a stage may take."""

NODES = 50_000
"""So many nodes a line may have."""


class Working:
    """A line that is being worked out, and the steps so far."""

    def __init__(self, line: Expression, context: Context) -> None:
        self.line, self.context = line, context
        self.steps: list[Step] = []

    def step(self, rule: Rule, line: Expression, note: str = "", level: Level | None = None) -> None:
        """The next line, if it differs; LimitError if there are too many or it is too long."""
        if line != self.line:
            if len(self.steps) >= STEPS or nodes(line) > NODES:
                raise _budget(rule, f"takes more than {STEPS} steps or {NODES} terms and factors")
            self.steps.append(Step(self.line, rule.name, line, note, level or rule.level))
            self.line = line

    def annotate(self, note: str) -> None:
        """A note on the last line."""
        self.steps[-1] = replace(self.steps[-1], note=note)

    def differentiate(self, unfold: Unfold) -> None:
        """Push every partial derivative inwards; once none is left, unfold a gradient that the line mentions."""
        while (found := next(iter(outermost(self.line)), None)) is not None:
            if found.form == "partial":
                rule = self._first(found)
                line = replaced(self.line, partial(self._apply, rule))
            else:
                new = unfold(found)
                if new is None:
                    raise Unsupported(
                        f"{text(found)} stands inside the objective; it cannot be differentiated further."
                    )
                rule, line = RULES["chain_rule"], replaced(self.line, {found: new}.get)
            if line == self.line:
                raise _budget(rule, "does not come to an end")
            self.step(rule, line, level="normal" if rule.kind == "sweep" else None)

    def _first(self, found: Derivative) -> Rule:
        redex = _redex(found)
        for rule in rules_for(redex.of):
            if rule.apply(redex, self.context) is not None:
                return rule
        raise Unsupported(f"There is no law for the derivative of {text(redex.of)} in {text(redex.wrt)}.")

    def _apply(self, rule: Rule, found: Derivative) -> Expression | None:
        """The rule where it is the first to fire: all places that need the same law are done in one line."""
        if found.form != "partial" or self._first(found) is not rule:
            return None
        new = rule.apply(_redex(found), self.context)
        if new is not None and not lighter(new, found):
            raise _budget(rule, "does not come to an end")
        return new

    def tidy(self, order: tuple[str, ...] = ORDER) -> None:
        """Apply the laws for readable lines until none fires."""
        for _ in range(12):
            before = self.line
            for name in order:
                line = self.line
                new = rewritten(line, RULES[name], self.context)
                new = ZERO if is_zero(new) else new
                if shape(new) != shape(line) and new != ZERO:
                    continue  # what was broadcast has become 0: the line as it stands is more readable than its ones
                self.step(RULES[name], new, _note(name, line, self.context))
            if self.line == before:
                return

    def release(self) -> None:
        """Replace the names that held cotangents fixed by what they stand for."""
        self.step(RULES["held_fixed"], self.context.released(self.line))


def lighter(new: Expression, old: Derivative) -> bool:
    """Whether all partial derivatives in `new` are taken of lighter expressions than `old`."""
    limit = weight(_redex(old).of)
    return all(weight(_redex(d).of) < limit for d in outermost(new) if d.form == "partial")


def _budget(rule: Rule, what: str) -> LimitError:
    return LimitError(f"The derivation {what}; the last rule was {rule.name} ({rule.title}).", code="E-BUDGET",
                      suggestion="Give parts of the objective names with [define].")  # fmt: skip


def _redex(e: Derivative) -> Redex:
    redex = redex_of(e)
    if redex is None:
        raise Unsupported(f"{text(e)} is not taken in a named quantity.")
    return redex


def outermost(e: Expression) -> list[Derivative]:
    """The derivatives of a line that stand in no other derivative, partial ones first."""
    found: list[Derivative] = []
    _find(e, found)
    return sorted(found, key=lambda d: d.form != "partial")


def _find(e: Expression, found: list[Derivative]) -> None:
    if isinstance(e, Derivative):
        found.append(e)
    else:
        for child in children(e):
            _find(child, found)


def replaced(e: Expression, change: Callable[[Derivative], Expression | None]) -> Expression:
    """`e` with `change` applied to its outermost derivatives; None leaves one as it is. Sums and products stay flat."""
    if isinstance(e, Derivative):
        new = change(e)
        return e if new is None else new
    return flattened(e, rebuild(e, lambda child: replaced(child, change)))


def _note(name: str, line: Expression, context: Context) -> str:
    if name == "assumption":
        known = context.problem.assumptions
        parts = set(walk(line))
        pairs = zip(known.equations, known.equation_texts, strict=False)
        symmetric = sorted({p.operand.name for p in parts if isinstance(p, Transpose) and isinstance(p.operand, Tensor)}
                           & known.symmetric)  # fmt: skip
        used = [words for (left, _), words in pairs if left in parts] + [f"{name} is symmetric" for name in symmetric]
        return ", ".join(used or known.equation_texts)
    if name == "derivative_of_function":
        kinked = [p for p in walk(line) if isinstance(p, Elementwise) and p.order == 1 and p.function.kinks]
        return ", ".join(dict.fromkeys(convention(p) for p in kinked))
    return ""


def convention(e: Elementwise) -> str:
    """The derivative chosen at the kink of a function, in words: relu'(0) = 0."""
    kink = e.function.kinks[0]
    value = str(kink.value)
    for name, argument in zip(e.function.parameters[1:], e.arguments[1:], strict=True):
        value = text(argument) if value == name else value
    return f"{e.function.name}'({kink.at}) = {value}"
