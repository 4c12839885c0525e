"""The NumPy module of a network of any depth: families are dictionaries by layer, a general layer is a loop.

W[l] of a formula is W[l] of the code, with layers counted from 1; the depth L is that of the arrays which are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import indent

import sympy
from sympy.core.function import AppliedUndef

from derive.errors import Unsupported
from derive.expression.nodes import Expression, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.text import tensor_text, text
from derive.expression.traverse import substitute_layer, tensors
from derive.programs.check import CHECK_FAMILY, drawable, drawn, stand_ins
from derive.programs.module import (
    Gradient,
    Parts,
    formula_functions,
    heading,
    passed_in,
    read_sizes,
    signature,
)
from derive.programs.writer import Code, Level, NumpyWriter
from numeric.evaluate import Definitions
from numeric.stable import stable

Line = tuple[Tensor, Expression]
_LAYERS = 3
_WIDTHS = "[3, 2, 4, 2]"


class FamilyWriter(NumpyWriter):
    """A writer for which W[l+1] is an entry of the dictionary W; `given` are the families that are passed in."""

    def __init__(self, general: sympy.Symbol, last: sympy.Symbol, given: Sequence[Tensor]) -> None:
        super().__init__()
        self.general, self.last, self.given = general, last, given
        self.trying = False
        for symbol in (general, last):
            self.layer(symbol)

    def array(self, tensor: Tensor) -> str:
        if tensor.layer is None:
            return super().array(tensor)
        return f"{self.name('array', tensor.name)}[{self.layer(tensor.layer)}]"

    def parameter(self, tensor: Tensor) -> str:
        return self.array(tensor) if tensor.layer is None else self.name("array", tensor.name)

    def layer(self, value: sympy.Expr) -> str:
        """A layer as a number."""
        if isinstance(value, sympy.Symbol):
            return self.name("layer", value.name)
        terms = sorted(value.as_ordered_terms(), key=lambda term: bool(term.is_Integer))
        return " + ".join(self.layer(t) if t.is_Symbol else str(t) for t in terms).replace("+ -", "- ")

    def size(self, value: sympy.Expr) -> Code:
        if not isinstance(value, AppliedUndef):
            return super().size(value)
        if self.trying:
            return Code(f"{self.name('size', value.func.__name__)}[{self.layer(value.args[0])}]", Level.ATOM)
        for tensor in self.given:
            for axis, side in enumerate(tensor.shape):
                if isinstance(side, AppliedUndef) and side.func == value.func:
                    at = self.layer(value.args[0] - side.args[0] + self.general)
                    return Code(f"{self.name('array', tensor.name)}[{at}].shape[{axis}]", Level.ATOM)
        raise Unsupported(f"The size {value} cannot be read off an array.", suggestion="Give widths such as n0,n1,n2.")


@dataclass(frozen=True)
class Family:
    """What is special about the lines of a network of any depth."""

    problem: Problem
    general: sympy.Symbol
    last: sympy.Symbol

    @classmethod
    def of(cls, problem: Problem) -> Family:
        """The layer that stands for any, and the last one; Unsupported if the problem does not say which they are."""
        generals = [d.target.layer for d in problem.definitions if isinstance(d.target.layer, sympy.Symbol)]
        mentioned = {s for d in problem.definitions for t in tensors(d.value) if t.layer is not None
                     for s in t.layer.free_symbols}  # fmt: skip
        lasts = sorted((s for s in mentioned if s != generals[0]), key=str) if generals else []
        if len(lasts) != 1:
            raise Unsupported("The problem does not name its general and its last layer.",
                              suggestion="Give widths such as n0,n1,n2.")  # fmt: skip
        return cls(problem, generals[0], lasts[0])

    def meanings(self, lines: Iterable[Line]) -> dict[str, Expression]:
        """What names are defined as; a[L] is what a[l] is for l = L."""
        found = {tensor_text(target): value for target, value in lines}
        for tensor in {t for _, value in lines for t in tensors(value) if t.layer is not None}:
            meaning = self.problem.definition(tensor)
            if meaning is not None:
                found.setdefault(tensor_text(tensor), meaning)
        return found


def family_module(
    problem: Problem, objective: Expression, gradients: Sequence[Gradient], definitions: Definitions
) -> str:
    """The source of the module; arguments as in `numpy_module`. Unsupported for a problem of another kind."""
    family = Family.of(problem)
    if not isinstance(objective, Tensor):
        raise Unsupported("The objective of a network of any depth needs a name.", suggestion="Define E.")
    parts = _parts(family, objective, gradients, definitions)
    passed = _passed(family, parts)
    given = [t for t in passed if t.layer is not None]
    if not given:
        raise Unsupported("No array of this problem has layers.", suggestion="Export .tex, .md or .html.")
    w = FamilyWriter(family.general, family.last, given)
    for tensor in passed:
        w.parameter(tensor)
    forward, backward = _forward(w, parts), _backward(w, parts, passed)
    functions = formula_functions(w)
    parameters = ", ".join(signature(w, passed))
    moved = "".join(f", {name}={{}}" for name in _added(w, parts).values())
    entries = ", ".join(f'"{key}": "{name}"' for key, name in _added(w, parts).items())
    trying = family_example(w, problem, passed)
    return "\n\n".join([
        *heading(w, parts, passed, functions),
        f"def forward({parameters}{moved}):\n{indent(forward, '    ')}",
        f"def gradients({parameters}):\n{indent(backward, '    ')}",
        *trying,
        CHECK_FAMILY.replace("ADDED", f"{{{entries}}}"),
    ])  # fmt: skip


def _parts(family: Family, objective: Tensor, gradients: Sequence[Gradient], definitions: Definitions) -> Parts:
    own = [(d.target, d.value) for d in family.problem.definitions]
    meanings = family.meanings([*own, *definitions])
    forward = [(target, stable(value, meanings)) for target, value in own]
    backward = [(target, stable(value, meanings)) for target, value in definitions]
    formulas = [Gradient(g.key, g.variable, stable(g.formula, meanings)) for g in gradients]
    # A gradient in z is a δ: if others are wanted too, it is a line on the way to them.
    others = [g for g in formulas if not any(g.variable.name == t.name for t, _ in forward)]
    _connected(family, [*forward, *backward], formulas)
    derived = [f"{text(target)} = {text(value)}" for target, value in definitions]
    derived += [f"grad({text(objective)}, {text(g.variable)}) = {text(g.formula)}" for g in others or formulas]
    return Parts(family.problem, objective, forward, backward, others or formulas, derived)


def _connected(family: Family, lines: Sequence[Line], gradients: Sequence[Gradient]) -> None:
    """Every name that is worked out for one layer and used for a general one is worked out for that."""
    general = {target.name for target, _ in lines if target.layer == family.general}
    partly = {target.name for target, _ in lines if target.layer is not None} - general
    for tensor in (t for g in gradients for t in tensors(g.formula)):
        if tensor.name in partly and _mentions(tensor, family.general):
            raise Unsupported(f"{tensor_text(tensor)} is not worked out on the way to this gradient.",
                              suggestion="Leave out --delta example, or ask for W[l].")  # fmt: skip


def _passed(family: Family, parts: Parts) -> list[Tensor]:
    """The arrays that are given, each family by its member of the general layer; what is worked out is not given."""
    defined = {target.name for target, _ in (*parts.forward, *parts.backward)}
    found: dict[str, Tensor] = {}
    for tensor in passed_in(parts):
        if tensor.name not in defined:
            found.setdefault(tensor.name, _general(family, tensor))
    return list(found.values())


def _general(family: Family, tensor: Tensor) -> Tensor:
    """The member of the general layer: W[l] for W[l+1] and for W[L]."""
    for symbol in (family.general, family.last):
        if tensor.layer is not None and symbol in tensor.layer.free_symbols:
            moved = substitute_layer(tensor, {symbol: family.general + symbol - tensor.layer})
            assert isinstance(moved, Tensor)
            return moved
    return tensor


def _added(w: FamilyWriter, parts: Parts) -> dict[str, str]:
    """What may be added to layers of intermediates, so that their gradients can be checked."""
    names = {g.variable.name for g in parts.gradients} & {target.name for target, _ in parts.forward}
    return {w.name("array", name): w.name("added", f"added_{name}") for name in sorted(names)}


def _empty(w: FamilyWriter, names: Iterable[str]) -> list[str]:
    """Dictionaries for families that are worked out."""
    found = list(dict.fromkeys(names))
    return [f"{', '.join(found)} = {', '.join(['{}'] * len(found))}"] if found else []


def _forward(w: FamilyWriter, parts: Parts) -> str:
    added = _added(w, parts)
    lines = []
    for target, value in parts.forward:
        own = added.get(w.name("array", target.name)) if target.layer is not None else None
        layer = w.layer(target.layer) if target.layer is not None else ""
        lines.append((w.array(target), target, value, f" + {own}.get({layer}, 0.0)" if own else ""))
    body = list(loops(w, lines, f"range(1, {w.layer(w.last)} + 1)"))
    families = [w.name("array", target.name) for target, _ in parts.forward if target.layer is not None]
    names = list(dict.fromkeys(w.parameter(target) for target, _ in parts.forward))
    said = f'"""{", ".join(names[:-1])} and {names[-1]}, in this order; families by layer."""'
    sizes = read_sizes(w, w.sizes, parts)
    return "\n".join([said, *sizes, *_depth(w), *_empty(w, families), *body, f"return {', '.join(names)}", ""])


def _depth(w: FamilyWriter) -> list[str]:
    return [f"{w.layer(w.last)} = max({w.parameter(w.given[0])})"]


def _backward(w: FamilyWriter, parts: Parts, passed: Sequence[Tensor]) -> str:
    before = dict(w.sizes)
    w.sizes.clear()
    last = w.layer(w.last)
    known = {t for t, _ in parts.backward}
    lines = [(w.array(t), t, value, "") for t, value in parts.backward]
    body = list(loops(w, lines, f"range({last} - 1, 0, -1)" if len(known) > 1 else f"range(1, {last} + 1)"))
    results: dict[str, str] = {}
    rows = []
    for g in parts.gradients:
        own = w.parameter(g.variable)
        name = results.setdefault(own, w.name("gradient", f"d{own}"))
        layer = "" if g.variable.layer is None else f"[{w.layer(g.variable.layer)}]"
        rows.append((f"{name}{layer}", g.variable, g.formula, ""))
    rows.sort(key=lambda row: row[1].layer == w.last)
    # A general formula of z or a speaks of the next layer, which the last has not.
    defined = {target.name for target, _ in parts.forward}
    hidden = any(row[1].name in defined for row in rows)
    body += loops(w, rows, f"range(1, {last})" if hidden else f"range(1, {last} + 1)")
    sizes = read_sizes(w, w.sizes, parts)
    w.sizes.update(before)
    families = [w.name("array", t.name) for t, _ in parts.backward if t.layer is not None]
    families += [results[w.parameter(g.variable)] for g in parts.gradients if g.variable.layer is not None]
    names = list(dict.fromkeys(w.parameter(target) for target, _ in parts.forward))
    said = f'"""The gradients of {w.array(parts.objective)}, by the names of their variables; families by layer."""'
    call = f"{', '.join(names)} = forward({', '.join(signature(w, passed))})"
    returned = ", ".join(f'"{key}": {name}' for key, name in results.items())
    return "\n".join([said, *sizes, *_depth(w), call, *_empty(w, families), *body, f"return {{{returned}}}", ""])


def loops(w: FamilyWriter, lines: Iterable[tuple[str, Tensor, Expression, str]], layers: str) -> Iterator[str]:
    """Assignments in order; those of the general layer that follow each other share a loop."""
    for general, group in groupby(lines, key=lambda line: line[1].layer == w.general):
        if general:
            yield f"for {w.layer(w.general)} in {layers}:"
        for name, target, value, added in group:
            code = every_layer(w, target, value) + added
            yield f"{'    ' if general else ''}{name} = {code}"


def every_layer(w: FamilyWriter, target: Tensor, value: Expression) -> str:
    """The code of a value; a term of a general layer in a value that has none is summed over all layers."""
    if target.layer is not None or not any(_mentions(t, w.general) for t in tensors(value)):
        return w.text(value)
    terms = value.terms if isinstance(value, Sum) else (value,)
    plain = [t for t in terms if not any(_mentions(x, w.general) for x in tensors(t))]
    summed = [t for t in terms if t not in plain]
    layer, last = w.layer(w.general), w.layer(w.last)
    over = w.text(Sum(tuple(summed)) if len(summed) > 1 else summed[0])
    tail = f"sum({over} for {layer} in range(1, {last} + 1))"
    return f"{w.text(Sum(tuple(plain)) if len(plain) > 1 else plain[0])} + {tail}" if plain else tail


def _mentions(tensor: Tensor, layer: sympy.Symbol) -> bool:
    return tensor.layer is not None and layer in tensor.layer.free_symbols


def family_example(w: FamilyWriter, problem: Problem, passed: Sequence[Tensor]) -> list[str]:
    """A function that draws a network of three layers; none if what is assumed cannot be drawn."""
    w.trying = True
    layer, last = w.layer(w.general), w.layer(w.last)
    draws = {}
    for tensor in passed:
        draw = drawn(w, problem, tensor)
        draws[w.parameter(tensor)] = (
            f"{{{layer}: {draw} for {layer} in range(1, {last} + 1)}}" if tensor.layer is not None else draw
        )
    w.trying = False
    functions = stand_ins(w)
    if functions is None or not drawable(problem):
        return []
    sides = [side for tensor in passed for side in tensor.shape]
    widths = sorted({side.func.__name__ for side in sides if isinstance(side, AppliedUndef)})
    sizes = [f"{w.name('size', name)} = {_WIDTHS}" for name in widths]
    symbols = dict.fromkeys(side for side in sides if isinstance(side, sympy.Symbol))
    sizes += [f"{w.name('size', str(symbol))} = {5 + k}" for k, symbol in enumerate(symbols)]
    entries = [f'    "{name}": {draw},' for name, draw in (draws | functions).items()]
    body = ['"""A point to try: three layers, entries at random."""', "rng = np.random.default_rng(seed)",
            f"{last} = {_LAYERS}", *sizes, "return {", *entries, "}"]  # fmt: skip
    return ["def example(seed=0):\n" + "".join(f"    {line}\n" for line in body)]
