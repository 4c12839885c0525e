"""Lowering formulas to SymPy over array-valued symbols, as a straight program of named steps.

`+` and `*` become themselves, because NumPy broadcasts them; every product, transpose, sum and elementwise function
becomes an application of an undefined SymPy function, and a step of its own, so that nothing is worked out twice.
The shape that an array really has is kept track of: b (n×1) stands for b 1ᵀ (n×N) as long as nobody needs the ones.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np
import sympy
from sympy import preorder_traversal

from derive.expression.nodes import (
    Dimension,
    Expression,
    Identity,
    IndexSum,
    Ones,
    Tensor,
)
from derive.expression.shapes import broadcast_sizes, shape
from derive.expression.sizes import SCALAR, Shape, size_text
from derive.expression.text import tensor_text
from derive.expression.traverse import children, tensors, walk
from numeric.evaluate import Evaluator
from numeric.real import REAL
from numeric.sizes import matrix_of
from numeric.vectorised import VECTORISED, table_function

Step = tuple[sympy.Symbol, sympy.Expr]

Rule = Callable[["Lowering", Any], sympy.Expr]
"""How a node is lowered; see `lower_rules`."""


class Lowering:
    """A program being written: its inputs, its steps in order, and what every lowered array is shaped like."""

    def __init__(self, rules: Mapping[type[Expression], Rule]) -> None:
        self._rules = rules
        self.steps: list[Step] = []
        self.modules: dict[str, Callable[..., Any]] = {}
        self.sizes: dict[sympy.Expr, sympy.Symbol] = {}
        self._shapes: dict[sympy.Expr, Shape] = {}
        self._names: dict[sympy.Expr, sympy.Symbol] = {}
        self._tensors: dict[str, sympy.Symbol] = {}
        self._taken: set[str] = {*keyword.kwlist, *dir(np), *VECTORISED}
        self._lowered: dict[Expression, sympy.Expr] = {}
        self._uses: Counter[Expression] = Counter()
        self._renamed: dict[sympy.Symbol, sympy.Symbol] = {}

    def tally(self, expressions: Iterable[Expression]) -> None:
        """Count how often each formula occurs; what occurs twice gets a name."""
        pending = list(expressions)
        while pending:
            e = pending.pop()
            self._uses[e] += 1
            if self._uses[e] == 1:
                pending.extend(children(e))

    def input(self, tensor: Tensor) -> sympy.Symbol:
        """The symbol of an array that is given."""
        symbol = self._symbol(tensor_text(tensor))
        self._shapes[symbol] = tensor.shape
        self._tensors[tensor_text(tensor)] = symbol
        return symbol

    def define(self, tensor: Tensor, value: Expression) -> None:
        """One more named intermediate; a formula that has a name already gives this one nothing to do."""
        lowered = self.lower(value)
        if not (lowered.is_Symbol or lowered.is_Number):
            symbol = self._symbol(tensor_text(tensor))
            self._shapes[symbol] = self.shape(lowered)
            self.steps.append((symbol, lowered))
            self._names[lowered] = symbol
            lowered = symbol
        elif lowered in self._names.values() and lowered not in self._renamed:
            self._renamed[lowered] = self._symbol(tensor_text(tensor))
        self._tensors[tensor_text(tensor)] = lowered

    def program(self, results: Sequence[sympy.Expr]) -> tuple[list[Step], list[sympy.Expr]]:
        """The steps that the results rest on, in order, and the results, both under the names that people use.

        A product that is used once stands where it is used: NumPy adds to such a temporary in place.
        """
        used = {s for e in results for s in e.free_symbols}
        kept: list[Step] = []
        for symbol, value in reversed(self.steps):
            if symbol in used:
                used |= value.free_symbols
                kept.append((symbol, value))
        kept.reverse()
        formulas = [*(v for _, v in kept), *results]
        uses = Counter(s for e in formulas for s in preorder_traversal(e) if s.is_Symbol)
        inside: dict[sympy.Expr, sympy.Expr] = {}
        steps: list[Step] = []
        for symbol, value in kept:
            whole = self._in_place(value, inside)
            if value.is_Function and symbol not in self._renamed and uses[symbol] == 1:
                inside[symbol] = whole
            else:
                steps.append((self._renamed.get(symbol, symbol), whole.xreplace(self._renamed)))
        return steps, [self._in_place(e, inside).xreplace(self._renamed) for e in results]

    def _in_place(self, e: sympy.Expr, inside: dict[sympy.Expr, sympy.Expr]) -> sympy.Expr:
        """Products put in; where one is added to c A of the same shape, c A is added to it block by block."""
        if e.is_Add and len(e.args) == 2:
            for product, other in (e.args, e.args[::-1]):
                fresh = inside.get(product, sympy.S.Zero)
                array = self._scaled_array(other)
                usable = array is not None and array not in inside and self.shape(array) == self.shape(product)
                if usable and str(fresh.func) == "matmul":
                    return self._applied("plus_scaled", fresh, other / array, array)
        return e.xreplace(inside)

    def _scaled_array(self, e: sympy.Expr) -> sympy.Expr | None:
        """A of c A, c a scalar; None for anything else."""
        arrays = [a for a in e.args if self.shape(a) != SCALAR] if e.is_Mul else []
        return arrays[0] if len(arrays) == 1 and arrays[0].is_Symbol else None

    def output(self, e: Expression) -> sympy.Expr:
        """A formula with the whole of its shape."""
        return self.full(self.lower(e), shape(e))

    def lower(self, e: Expression) -> sympy.Expr:
        """The SymPy form of a formula over array-valued symbols."""
        if e not in self._lowered:
            rule = self._rules.get(type(e))
            lowered = self.interpreted(e) if rule is None else rule(self, e)
            shared = self._uses[e] > 1 and (lowered.is_Add or lowered.is_Mul or lowered.is_Pow)
            self._lowered[e] = self.named(lowered) if shared else lowered
        return self._lowered[e]

    def named(self, lowered: sympy.Expr) -> sympy.Expr:
        """A step for a lowered formula; the same formula gets the same step."""
        if lowered.is_Symbol or lowered.is_Number:
            return lowered
        if lowered not in self._names:
            symbol = self._symbol(f"t{len(self.steps)}")
            self._shapes[symbol] = self.shape(lowered)
            self._names[lowered] = symbol
            self.steps.append((symbol, lowered))
        return self._names[lowered]

    def call(self, name: str, result: Shape, *arguments: sympy.Expr) -> sympy.Expr:
        """A step that applies a function of NumPy."""
        applied = self._applied(name, *arguments)
        self._shapes[applied] = result
        return self.named(applied)

    def _applied(self, name: str, *arguments: sympy.Expr) -> sympy.Expr:
        if name not in self.modules:
            self.modules[name] = VECTORISED[name] if name in VECTORISED else table_function(name.partition("_")[2])
        applied: sympy.Expr = sympy.Function(name)(*arguments)
        return applied

    def shape(self, lowered: sympy.Expr) -> Shape:
        """The shape that a lowered formula really has when it is worked out."""
        if lowered not in self._shapes:
            found = SCALAR
            for argument in lowered.args:
                own = self.shape(argument)
                rows, columns = broadcast_sizes(found[0], own[0]), broadcast_sizes(found[1], own[1])
                assert rows is not None
                assert columns is not None
                found = (rows, columns)
            self._shapes[lowered] = found
        return self._shapes[lowered]

    def full(self, lowered: sympy.Expr, wanted: Shape) -> sympy.Expr:
        """The same with the ones written out, if its array is narrower than the formula's shape."""
        if self.shape(lowered) == wanted:
            return lowered
        return self.call("fill", wanted, lowered, self.size(wanted[0]), self.size(wanted[1]))

    def size(self, value: sympy.Expr) -> sympy.Expr:
        """A size as a number that is known when the program runs."""
        replaced = {}
        for atom in value.free_symbols:
            if atom not in self.sizes:
                self.sizes[atom] = self._symbol("size_" + size_text(atom))
            replaced[atom] = self.sizes[atom]
        return value.xreplace(replaced)

    def interpreted(self, e: Expression) -> sympy.Expr:
        """Anything with indices is left to the interpreter, as one opaque step."""
        used = sorted(tensors(e), key=tensor_text)
        counted = sorted(sizes_in(e), key=size_text)
        name = f"interpreted_{len(self.modules)}"
        self.modules[name] = interpreter(e, used, counted)
        arguments = [self.full(self.tensor(t), t.shape) for t in used]
        return self.call(name, shape(e), *arguments, *(self.size(s) for s in counted))

    def tensor(self, e: Tensor) -> sympy.Expr:
        return self._tensors[tensor_text(e)]

    def _symbol(self, name: str) -> sympy.Symbol:
        """A fresh identifier that looks like the name: W^{(1)} becomes W_1."""
        word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "v"
        word = f"v_{word}" if word[0].isdigit() else word
        free = next(w for w in chain((word,), (f"{word}_{k}" for k in count(1))) if w not in self._taken)
        self._taken.add(free)
        return sympy.Symbol(free)


def sizes_in(e: Expression) -> set[sympy.Expr]:
    """The symbolic sizes that a formula mentions itself, as a number, in a sum over an index, in ones."""
    found: set[sympy.Expr] = set()
    for node in walk(e):
        if isinstance(node, IndexSum):
            found |= node.index.size.free_symbols
        elif isinstance(node, (Dimension, Identity)):
            found |= node.size.free_symbols
        elif isinstance(node, Ones):
            found |= node.shape[0].free_symbols | node.shape[1].free_symbols
    return found


def interpreter(e: Expression, used: Sequence[Tensor], counted: Sequence[sympy.Expr]) -> Callable[..., Any]:
    """A step that evaluates a formula as it stands, called with the arrays and the sizes that it mentions."""
    names = [tensor_text(t) for t in used]

    def step(*arguments: Any) -> Any:
        arrays = [matrix_of(t, a) for t, a in zip(used, arguments, strict=False)]
        sizes = {s: sympy.Integer(n) for s, n in zip(counted, arguments[len(used) :], strict=True)}
        value = Evaluator(REAL, dict(zip(names, arrays, strict=True)), sizes)(e)
        return value.item() if value.shape == (1, 1) else value

    return step
