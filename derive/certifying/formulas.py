"""Problems and answers as certificates write them: formulas in the syntax of Python's expressions.

What is not in the small language of certificates (functions such as tanh, diag, explicit matrices) is spelled out in
it, so that the checker needs to know nothing of them.
"""

from __future__ import annotations

import ast
import keyword
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.certificate import BASE, RESERVED
from derive.errors import Unsupported
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import is_dot, matmul_shape, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import SCALAR, Size

FORMULAS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "identity": (("z",), "z"),
    "tanh": (("z",), "2 * sigmoid(2 * z) - 1"),
    "relu": (("z",), "z * pos(z)"),
    "leaky_relu": (("z", "alpha"), "z * (pos(z) + alpha * (1 - pos(z)))"),
    "abs": (("z",), "z * (pos(z) - neg(z))"),
    "sign": (("z",), "pos(z) - neg(z)"),
    "step": (("z",), "pos(z)"),
    "silu": (("z",), "z * sigmoid(z)"),
    "gelu": (("z",), "1 / 2 * z * (1 + erf(z * (1 / 2) ** (1 / 2)))"),
    "elu": (("z", "alpha"), "pos(z) * z + (1 - pos(z)) * alpha * (exp(z) - 1)"),
    "sqrt": (("z",), "z ** (1 / 2)"),
    "cosh": (("z",), "(exp(z) + exp(-z)) / 2"),
    "sinh": (("z",), "(exp(z) - exp(-z)) / 2"),
    "sech": (("z",), "2 / (exp(z) + exp(-z))"),
    "maximum": (("a", "b"), "a + pos(b - a) * (b - a)"),
    "minimum": (("a", "b"), "a + neg(b - a) * (b - a)"),
    "where": (("c", "a", "b"), "b + (pos(c) + neg(c)) * (a - b)"),
    "gt": (("a", "b"), "pos(a - b)"),
    "ge": (("a", "b"), "1 - neg(a - b)"),
    "lt": (("a", "b"), "neg(a - b)"),
    "le": (("a", "b"), "1 - pos(a - b)"),
    "eq": (("a", "b"), "1 - pos(a - b) - neg(a - b)"),
    "ne": (("a", "b"), "pos(a - b) + neg(a - b)"),
}
"""Functions by their formulas in pos(u) = [u > 0], neg(u) = [u < 0], sigmoid, exp, erf."""

KINKS: Mapping[str, tuple[str, str]] = {
    "relu": ("share", "z * (pos(z) + {} * (1 - pos(z) - neg(z)))"),
    "leaky_relu": ("share", "z * (pos(z) + alpha * (1 - pos(z)) + {} * (1 - alpha) * (1 - pos(z) - neg(z)))"),
    "elu": (
        "share",
        "pos(z) * z + (1 - pos(z)) * alpha * (exp(z) - 1) + {} * (1 - alpha) * z * (1 - pos(z) - neg(z))",
    ),
    "abs": ("slope", "z * (pos(z) - neg(z) + {} * (1 - pos(z) - neg(z)))"),
    "maximum": ("share", "a + (pos(b - a) + {} * (1 - pos(b - a) - neg(b - a))) * (b - a)"),
    "minimum": ("share", "a + (neg(b - a) + {} * (1 - pos(b - a) - neg(b - a))) * (b - a)"),
}
"""The same functions, written so that their slope at the kink is another: the share of the right one, or a number."""

CONVENTIONS: Mapping[str, tuple[str, ...]] = {"share": ("0", "1", "1 / 2"), "slope": ("0", "1", "-1")}
"""The choices at a kink that are tried; the first is the usual one."""


@dataclass
class Formulas:
    """The formulas of one problem, and the names, functions and indices that they use."""

    problem: Problem
    kinks: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    indices: dict[str, str] = field(default_factory=dict)
    gradients: dict[str, str] = field(default_factory=dict)
    scaled: dict[str, str] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)

    def text(self, e: Expression) -> str:
        """A formula in the one way in which certificates write it."""
        return tidy(self.write(e))

    def write(self, e: Expression) -> str:
        rule = _RULES.get(type(e))
        if rule is None:
            raise Unsupported(f"A certificate cannot say {type(e).__name__}.")
        return rule(self, e)

    def name(self, tensor: Tensor) -> str:
        """The name of a tensor; it is declared on first use."""
        if tensor in self.problem.gradients:
            return self.gradient(tensor)
        written = identifier(layered(tensor))
        if self.tensors.setdefault(written, tensor) != tensor:
            raise Unsupported(f"A certificate cannot tell two names {written!r} apart.")
        self.names[written] = [measure(s) for s in tensor.shape]
        return written

    def gradient(self, tensor: Tensor) -> str:
        """delta1 is ∂E/∂z1; if it has a factor, or lies on its side, that is its definition."""
        of, factor = self.problem.gradients[tensor], self.problem.scales.get(tensor)
        written = identifier(layered(tensor))
        if factor is None and tensor.shape == of.shape:
            self.gradients[written] = self.name(of)
        elif written not in self.scaled:
            slope = self.slope(of) + (".T" if tensor.shape != of.shape else "")
            self.scaled[written] = slope if factor is None else tidy(f"({self.text(factor)}) * {slope}")
            self.names[written] = [measure(s) for s in tensor.shape]
        return written

    def slope(self, tensor: Tensor) -> str:
        """A name for the derivative of the objective in a name."""
        of = self.name(tensor)
        written = f"d{self.problem.objective_name}_d{of}"
        self.gradients[written] = of
        return written

    def derivative(self, e: Derivative) -> str:
        """∂E/∂W1 where it stands in a formula gets a name."""
        objective = next(
            (d.target for d in self.problem.definitions if d.target.name == self.problem.objective_name), None
        )
        if e.form not in ("gradient", "formal") or e.of != objective or not isinstance(e.wrt, Tensor):
            raise Unsupported("A certificate speaks of derivatives of the objective in a name only.")
        return self.slope(e.wrt)

    def function(self, e: Elementwise) -> str:
        function = e.function
        name = function.name if function.kind == "known" else identifier(function.name)
        if function.kind == "unspecified":
            self.functions[name] = None
        elif function.kind == "formula":
            assert function.formula is not None
            inner = Formulas(self.problem, self.kinks)
            self.functions[name] = [list(function.parameters), inner.text(function.formula)]
            self.functions |= inner.functions
        elif name not in BASE:
            if name not in FORMULAS:
                raise Unsupported(f"A certificate cannot say {name}.")
            parameters, formula = FORMULAS[name]
            kind, other = KINKS.get(name, ("", formula))
            formula = formula if self.kinks.get(kind, "0") == "0" else other.format(f"({self.kinks[kind]})")
            self.functions[name] = [list(parameters), tidy(formula)]
        return f"D({name}, {e.order})" if e.order else name

    def applied(self, e: Elementwise) -> str:
        """A function of arguments; of a matrix that is written out, that of each entry."""
        sizes = {shape(a) for a in e.arguments} - {SCALAR}
        if len(sizes) != 1 or not all(isinstance(a, Explicit) or shape(a) == SCALAR for a in e.arguments):
            return f"{self.function(e)}({', '.join(self.write(a) for a in e.arguments)})"
        rows = next(a.rows for a in e.arguments if isinstance(a, Explicit) and shape(a) != SCALAR)
        return self.explicit(Explicit(tuple(
            tuple(Elementwise(e.function, tuple(
                a.rows[i][j] if isinstance(a, Explicit) and shape(a) != SCALAR else a for a in e.arguments), e.order)
                for j in range(len(rows[0])))
            for i in range(len(rows)))))  # fmt: skip

    def position(self, at: Position) -> str:
        if isinstance(at, Index):
            if at.name in self.bound:
                return self.bound[at.name]
            name = identifier(at.name)
            self.indices[name] = measure(at.size)
            return name
        return ":" if at is None else str(at)

    def product(self, e: MatMul) -> str:
        written, left = f"({self.write(e.factors[0])})", shape(e.factors[0])
        for factor in e.factors[1:]:
            right, other = shape(factor), f"({self.write(factor)})"
            joined = matmul_shape(left, right)
            assert joined is not None
            if SCALAR in (left, right):
                written = f"({written} * {other})"
            elif is_dot(left, right) and left[1] != right[0]:
                written = f"sum({written} * {other})"
            else:
                written = f"({written} @ {other})"
            left = joined
        return written

    def total(self, e: IndexSum) -> str:
        """Σ over an index, which gets a name that nothing around it has."""
        name, before = identifier(e.index.name), self.bound.get(e.index.name)
        while name in self.bound.values() or name in self.indices or name in self.problem.scope.indices:
            name += "_"
        self.bound[e.index.name] = name
        body = self.write(e.body)
        del self.bound[e.index.name]
        if before is not None:
            self.bound[e.index.name] = before
        return f"total({body}, {name}, {measure(e.index.size)})"

    def kronecker(self, e: KroneckerDelta) -> str:
        sizes = [p.size for p in (e.row, e.column) if isinstance(p, Index)]
        if not sizes:
            return str(int(e.row == e.column))
        return f"eye({measure(sizes[0])})[{self.position(e.row)}, {self.position(e.column)}]"

    def diagonal(self, e: Diag) -> str:
        rows, columns = shape(e.operand)
        vector = f"({self.write(e.operand)})"
        return f"({vector if columns == 1 else vector + '.T'} * eye({measure(rows if columns == 1 else columns)}))"

    def explicit(self, e: Explicit) -> str:
        n, m = len(e.rows), len(e.rows[0])
        places = [
            f"({self.write(entry)}) * (eye({n})[:, {i}] @ eye({m})[{j}, :])"
            for i, row in enumerate(e.rows, start=1)
            for j, entry in enumerate(row, start=1)
        ]
        return " + ".join(places)


def _power(self: Formulas, e: Power) -> str:
    if isinstance(e.base, Explicit):
        return self.explicit(Explicit(tuple(tuple(Power(x, e.exponent) for x in row) for row in e.base.rows)))
    return f"({self.write(e.base)}) ** ({self.write(e.exponent)})"


def _signed(self: Formulas, e: Expression) -> str:
    """A term of a sum with the sign before it."""
    if isinstance(e, Product) and len(e.factors) > 1 and e.factors[0] == Number(Fraction(-1)):
        return f" - ({self.write(Product(e.factors[1:]))})"
    return f" + ({self.write(e)})"


def _product(self: Formulas, e: Product) -> str:
    written = f"({self.write(e.factors[0])})" if e.factors else "1"
    for factor in e.factors[1:]:
        divides = isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value == -1
        written += f" / ({self.write(factor.base)})" if divides else f" * ({self.write(factor)})"  # type: ignore[attr-defined]
    return written


_RULES: Mapping[type[Expression], Callable[[Formulas, Any], str]] = {
    Number: lambda self, e: f"({e.value})",
    Constant: lambda self, e: e.name,
    Dimension: lambda self, e: f"({measure(e.size)})",
    Tensor: lambda self, e: self.name(e),
    Sum: lambda self, e: "".join(_signed(self, t) for t in e.terms).removeprefix(" + ") or "0",
    Product: _product,
    Power: _power,
    MatMul: lambda self, e: self.product(e),
    Transpose: lambda self, e: f"({self.write(e.operand)}).T",
    Elementwise: lambda self, e: self.applied(e),
    Reduce: lambda self, e: f"sum({self.write(e.operand)}{'' if e.axis is None else f', {e.axis}'})",
    Component: lambda self, e: f"({self.write(e.operand)})[{self.position(e.row)}, {self.position(e.column)}]",
    IndexSum: lambda self, e: self.total(e),
    KroneckerDelta: lambda self, e: self.kronecker(e),
    Diag: lambda self, e: self.diagonal(e),
    Ones: lambda self, e: f"ones({measure(e.shape[0])}, {measure(e.shape[1])})",
    Identity: lambda self, e: f"eye({measure(e.size)})",
    Explicit: lambda self, e: self.explicit(e),
    Derivative: lambda self, e: self.derivative(e),
    Shorthand: lambda self, e: self.write(expand(e)),
}


def tidy(formula: str) -> str:
    """Without needless brackets, and a sum of a negative term as a difference."""
    return ast.unparse(ast.parse(formula.strip(), mode="eval"))


def identifier(name: str) -> str:
    """A name as Python allows it; what is reserved gets an underscore."""
    plain = unicodedata.normalize("NFKC", "".join(c if c.isalnum() else "_" for c in name))
    if not plain.isidentifier():
        plain = f"n_{plain}"
    return f"{plain}_" if plain in RESERVED or plain in FORMULAS or keyword.iskeyword(plain) else plain


def layered(tensor: Tensor) -> str:
    """A member of a family by its layer: W_l_plus_1."""
    if tensor.layer is None:
        return tensor.name
    return f"{tensor.name}_{str(tensor.layer).replace(' ', '').replace('+', '_plus_').replace('-', '_minus_')}"


def measure(size: Size) -> str:
    """A size: a number, a name, or a sum or product of those."""
    if size.is_Function:
        return identifier(
            f"{size.func.__name__}_{str(size.args[0]).replace(' ', '').replace('+', '_plus_').replace('-', '_minus_')}"
        )
    if size.is_Pow and size.exp.is_Integer and size.exp > 0:
        return tidy(" * ".join(f"({measure(size.base)})" for _ in range(int(size.exp))))
    if size.is_Add or size.is_Mul:
        return tidy((" + " if size.is_Add else " * ").join(f"({measure(a)})" for a in size.args))
    if not (size.is_Integer or size.is_Symbol):
        raise Unsupported(f"A certificate cannot say the size {size}.")
    return tidy(str(size) if size.is_Integer else identifier(str(size)))
