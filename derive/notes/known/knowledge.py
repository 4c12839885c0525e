"""What is known at a place in the notes: what the context declares, and what the notes have defined so far."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from derive.checking.check import Checker
from derive.checking.questions.question import Question
from derive.errors import DeriveError, UsageError
from derive.expression.function import Function
from derive.expression.nodes import Component, Derivative, Elementwise, Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.problem import Question as Asked
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, Shape
from derive.expression.traverse import rebuild, substitute, tensors, walk
from derive.notation import Answer, Limits
from derive.notes.known import examples
from derive.notes.known.context import Declared
from derive.problems import with_notation


@dataclass(frozen=True)
class Own:
    """What the notes say of a name: its value if they define it, and the section where they do."""

    target: Tensor
    value: Expression | None
    section: int


class Knowledge:
    """Grows with the notes. `section` counts headings: a name may be defined anew in another section."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.declared = Declared()
        self.problem = Problem()
        self.own: dict[str, Own] = {}
        self.own_functions: set[str] = set()
        self.last_functions: dict[str, int] = {}
        """The sections in which the notes last said what their functions are."""
        self.section = 0
        self.open = True
        """Whether nobody has said how examples stand."""
        self.given: frozenset[str] = frozenset()
        """Names of quantities that the context declares."""
        self.reused: set[str] = set()
        """Names that the notes have given several meanings."""
        self.doubted: dict[str, str] = {}
        """Names that may mean something else by now, and why; what defines them anew settles it."""
        self._later: dict[str, Any] = {}
        """What [notation] says of names that nothing has defined yet."""
        self._checkers: dict[str, Checker] = {}
        self._derived: dict[str, Question] = {}
        """Gradients worked out before the last definitions, which are about new names and so do not change them."""

    @property
    def scope(self) -> Scope:
        return self.problem.scope

    def knows(self, name: str) -> bool:
        """Whether a name has a meaning already."""
        return name in self.scope.tensors or name in self.scope.sizes or name in self.scope.indices

    @property
    def learned(self) -> list[str]:
        """Names that only the notes themselves say something about."""
        return [name for name in self.own if name not in self.given and name in self.scope.tensors]

    # ---- learning

    def take(self, block: Mapping[str, Any], folder: Path) -> None:
        """Another context; what the notes defined stays, unless the context says otherwise. Errors as for a block."""
        self.declared = self.declared.with_block(block, folder)
        own, self.own = self.own, {}
        functions = {name: self.scope.functions[name] for name in self.own_functions}
        self.own_functions = set()
        problem, self._later = self.declared.problem()
        self.open = examples.are_open(self.declared.table, problem)
        self._change(examples.for_examples(problem) if self.open else problem)
        self.given = frozenset(self.scope.tensors)
        for name, known in own.items():
            if name in self.scope.tensors or name in self.scope.sizes:
                continue
            try:
                self.declare(known.target)
                if known.value is not None and not tensors(known.value) - set(self.scope.tensors.values()):
                    self.define(known.target, known.value)
            except DeriveError:
                continue
        for name, function in functions.items():
            if name not in self.scope.functions:
                self.define_function(function)

    def declare(self, target: Tensor) -> None:
        """A name of a certain shape. UsageError if it is a size, or has another shape already."""
        before = self.scope.tensors.get(target.name)
        if before is not None and before.shape != target.shape:
            raise UsageError(f"{target.name} has another shape already.")
        sizes = _sizes(target.shape)
        for name in (target.name, *sizes):
            if (name in self.scope.sizes) != (name in sizes) and name in (*self.scope.sizes, *self.scope.tensors):
                raise UsageError(f"{name} is both a size and a quantity.", suggestion="Choose another name.")
        scope = dataclasses.replace(
            self.scope,
            tensors={**self.scope.tensors, target.name: target},
            sizes={**self.scope.sizes, **sizes},
        )
        self.own.setdefault(target.name, Own(target, None, self.section))
        self._change(dataclasses.replace(self.problem, scope=scope))
        self._spell_later()

    def define(self, target: Tensor, value: Expression) -> None:
        """target = value from here on; the name of a gradient of a scalar becomes one."""
        is_new = target.name not in self.scope.tensors and target.name != self.problem.objective_name
        kept = tuple(d for d in self.problem.definitions if d.target.name != target.name)
        gradients = {name: of for name, of in self.problem.gradients.items() if name.name != target.name}
        problem = dataclasses.replace(self.problem, definitions=kept, gradients=gradients)
        scope = dataclasses.replace(problem.scope, tensors={**problem.scope.tensors, target.name: target})
        if self._names_gradient(value):
            assert isinstance(value, Derivative)
            problem = dataclasses.replace(
                problem,
                gradients={**problem.gradients, target: value.wrt},  # type: ignore[dict-item]
                shown_gradients=problem.shown_gradients | {target.name},
            )
        else:
            problem = dataclasses.replace(problem, definitions=_placed(problem.definitions, Definition(target, value)))
        self.own[target.name] = Own(target, value, self.section)
        self.doubted.pop(target.name, None)
        self._change(dataclasses.replace(problem, scope=scope), keeps=is_new)
        self._spell_later()

    def forget(self, name: str) -> None:
        """A name of the notes that is about to mean something else; what was defined by it is known by shape only."""
        target = self.scope.tensors[name]
        self.reused.add(name)
        del self.own[name]
        stale = {d.target for d in self.problem.definitions if target in tensors(d.value)}
        self.own = {n: dataclasses.replace(o, value=None) if o.target in stale else o for n, o in self.own.items()}
        kept = tuple(d for d in self.problem.definitions if d.target != target and d.target not in stale)
        gradients = {n: of for n, of in self.problem.gradients.items() if n != target and target not in tensors(of)}
        scope = dataclasses.replace(self.scope, tensors={n: t for n, t in self.scope.tensors.items() if n != name})
        self._change(dataclasses.replace(self.problem, scope=scope, definitions=kept, gradients=gradients))

    def spell(self, names: Mapping[str, Expression]) -> None:
        """Names that turned out to be parts of others, z_1 for an entry of z: from here on they are those parts."""
        scope = dataclasses.replace(
            self.scope, tensors={name: t for name, t in self.scope.tensors.items() if name not in names}
        )
        parts: dict[Expression, Expression] = {self.scope.tensors[name]: part for name, part in names.items()}
        definitions = tuple(
            Definition(d.target, substitute(d.value, parts))
            for d in self.problem.definitions
            if d.target.name not in names
        )
        self.own = {name: own for name, own in self.own.items() if name not in names}
        self._change(dataclasses.replace(self.problem, scope=scope, definitions=definitions))

    def _spell_later(self) -> None:
        """What [notation] says of a name holds from where it has a meaning."""
        for key, meant in list(self._later.items()):
            try:
                problem = with_notation(self.problem, {key: meant})
            except DeriveError:
                continue
            del self._later[key]
            self._change(problem, keeps=True)

    def define_function(self, function: Function) -> None:
        """An elementwise function by its formula; one that was unspecified becomes this one, wherever it stands."""
        self.own_functions.add(function.name)
        self.last_functions[function.name] = self.section
        self.doubted.pop(function.name, None)
        functions = {**self.scope.functions, function.name: function}
        scope = dataclasses.replace(self.scope, functions=functions)
        definitions = tuple(Definition(d.target, _specified(d.value, function)) for d in self.problem.definitions)
        self._change(dataclasses.replace(self.problem, scope=scope, definitions=definitions))

    def _names_gradient(self, value: Expression) -> bool:
        """∂E/∂z for the objective of the context; other derivatives are values like any."""
        if not isinstance(value, Derivative) or not isinstance(value.wrt, Tensor) or not isinstance(value.of, Tensor):
            return False
        return value.form in ("gradient", "formal") and value.of.name == self.problem.objective_name

    def _change(self, problem: Problem, *, keeps: bool = False) -> None:
        """Another problem; with `keeps` gradients that are worked out are the same in it."""
        self._derived = {**self._derived, **{n: c.question for n, c in self._checkers.items()}} if keeps else {}
        self.problem = problem
        self._checkers = {}

    # ---- layouts

    def meant(self, answer: Answer, written: str) -> Answer:
        """What is read, by how examples stand."""
        return examples.in_answer(answer, self.problem, written) if self.open else answer

    def turned(self) -> Knowledge:
        """The same with examples in the other layout; what is learned there is not learned here."""
        other = copy.copy(self)
        other.own, other.own_functions, other.reused = dict(self.own), set(self.own_functions), set(self.reused)
        other._later, other.doubted = dict(self._later), dict(self.doubted)
        other.last_functions = dict(self.last_functions)
        other._change(examples.turned(self.problem))
        values = {d.target.name: d.value for d in other.problem.definitions}
        other.own = {
            n: dataclasses.replace(o, value=values.get(n, o.value) if o.value is not None else None)
            for n, o in self.own.items()
        }
        return other

    # ---- asking

    def value(self, target: Tensor) -> Expression | None:
        """What a name is defined as, if it is."""
        return self.problem.definition(target)

    def is_free(self, target: Tensor) -> bool:
        """Whether a name is known by its shape only."""
        return self.value(target) is None and target not in self.problem.gradients and target.layer is None

    def objective(self) -> Tensor | None:
        """The scalar that updates go down: the context's E, or the last scalar with a name of an objective."""
        for definition in reversed(self.problem.definitions):
            name = definition.target.name
            if definition.target.shape == SCALAR and (name == self.problem.objective_name or name in OBJECTIVES):
                return definition.target
        return None

    def objectives(self, variable: Tensor) -> list[Tensor]:
        """The scalars that are defined and depend on a variable, the last first: an update may go down any of them."""
        targets = [d.target for d in reversed(self.problem.definitions) if d.target.shape == SCALAR]
        return [t for t in targets if t.layer is None and self.reaches(t, variable)]

    def checker(self, about: Expression | None = None) -> Checker:
        """What decides claims; with `about` they are about derivatives of that scalar, so that slips can be named."""
        name = self.problem.objective_name
        if isinstance(about, Tensor) and about.shape == SCALAR and self.value(about) is not None:
            name = about.name
        if name not in self._checkers:
            checker = Checker(self._asking(name), self.limits)
            if name in self._derived:
                checker.question = self._derived[name].fork(checker.question.problem)
            self._checkers[name] = checker
        return self._checkers[name]

    def _asking(self, name: str) -> Problem:
        problem = self.problem
        objective = problem.scope.tensors.get(name)
        if objective is not None and problem.definition(objective) is None:
            objective = None
        if name == problem.objective_name:
            return dataclasses.replace(problem, question=Asked(objective=objective))
        own = {d.name: Derivative(problem.scope.tensors[problem.objective_name], of)
               for d, of in problem.gradients.items() if problem.objective_name in problem.scope.tensors}  # fmt: skip
        given = tuple(Definition(problem.scope.tensors[d], value) for d, value in own.items()
                      if d in problem.scope.tensors)  # fmt: skip
        return dataclasses.replace(
            problem,
            objective_name=name,
            gradients={},
            shown_gradients=frozenset(),
            scales={},
            definitions=problem.definitions + given,
            question=Asked(objective=objective),
        )

    def reaches(self, e: Expression, wrt: Expression) -> bool:
        """Whether an expression depends on a variable, as far as the definitions go."""
        wanted = {t.name for t in tensors(wrt)}
        seen: set[str] = set()
        pending = [e]
        while pending:
            for tensor in tensors(pending.pop()):
                if tensor.name in wanted:
                    return True
                if tensor.name in seen:
                    continue
                seen.add(tensor.name)
                value = self.value(tensor)
                gradient = self.problem.gradients.get(tensor)
                pending += [] if value is None else [value]
                pending += [] if gradient is None else [gradient, *(d.value for d in self.problem.definitions)]
        return False

    def unreached(self, e: Expression) -> tuple[Expression, Expression] | None:
        """A derivative in a formula whose numerator does not depend on its variable, as far as anything here says."""
        for part in walk(e):
            if isinstance(part, Derivative) and part.form != "partial":
                wrt = part.wrt.operand if isinstance(part.wrt, Component) else part.wrt
                if not self.reaches(part.of, wrt):
                    return part.of, part.wrt
        return None


OBJECTIVES = frozenset({"E", "J", "L", "C", "Loss", "loss", "cost", "Cost", "ell", "l", "R", "Q"})
"""Names that people give to what they minimise."""


def _sizes(of_shape: Shape) -> dict[str, sympy.Symbol]:
    return {str(s): s for side in of_shape for s in side.free_symbols if isinstance(s, sympy.Symbol)}


def _specified(e: Expression, function: Function) -> Expression:
    """A formula in which a function that was unspecified is this one."""
    e = rebuild(e, lambda part: _specified(part, function))
    is_it = isinstance(e, Elementwise) and e.function.name == function.name and e.function.kind == "unspecified"
    return dataclasses.replace(e, function=function) if is_it else e  # type: ignore[type-var]


def _placed(definitions: tuple[Definition, ...], new: Definition) -> tuple[Definition, ...]:
    """With a definition: after what it speaks of, before what speaks of it."""
    used = tensors(new.value)
    first = max((k + 1 for k, d in enumerate(definitions) if d.target in used), default=0)
    for k, d in enumerate(definitions):
        if k >= first and new.target in tensors(d.value):
            return (*definitions[:k], new, *definitions[k:])
    return (*definitions, new)


def scalar_derivative(e: Expression) -> Expression | None:
    """The scalar name whose derivative a formula mentions first."""
    for part in walk(e):
        if isinstance(part, Derivative) and isinstance(part.of, Tensor) and shape(part.of) == SCALAR:
            return part.of
    return None
