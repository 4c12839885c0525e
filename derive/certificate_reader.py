"""What the formulas of a certificate mean: Python's expressions, read and never run, as polynomials of indexed atoms.

Part of the proof checker: the standard library and the checker's own `expander`, nothing else. The value of a formula
has the free labels `row` and `column` for those of its axes whose size is not 1.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from derive.expander import LEAVES, ONE, SCALAR, UNIT, Calculus, Poly, Refused, add, minus, need

Value = tuple[Any, Any, Poly]  # rows, columns, polynomial
BASE = ("sigmoid", "softplus", "exp", "log", "pos", "neg", "erf", "sin", "cos")
KEYS = {"names", "indices", "functions", "definitions", "objective", "held", "gradients", "assumptions"}


def parse(text: str) -> ast.expr:
    """A formula in the syntax of Python's expressions, which is read and never run."""
    need(isinstance(text, str) and len(text) < 20_000, "a formula is a text")
    body = ast.parse(text, mode="eval").body
    need(not any(isinstance(node, ast.keyword) for node in ast.walk(body)), "an argument has a name")
    need(ast.unparse(body) == text, f"{text!r} is not written in the one way that is allowed")
    return body


def names(e: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(e) if isinstance(node, ast.Name)}


class Formulas(Calculus):
    """The names of a problem, derivatives, and the value of formulas."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(tuple(fact) for fact in problem["assumptions"])
        self.shapes = {
            name: (self.measure(parse(a)), self.measure(parse(b))) for name, (a, b) in problem["names"].items()
        }
        self.values: dict[str, Any] = {}  # parameters of a function while its formula is read
        self.ranges = {name: self.measure(parse(size)) for name, size in problem["indices"].items()}
        measured = [*(size for shape in self.shapes.values() for size in shape), *self.ranges.values()]
        self.sizes: set[str] = {name for size in measured for m, _ in size for name in m}
        self.functions = problem["functions"]
        self.definitions = {name: parse(formula) for name, formula in problem["definitions"]}
        self.objective = problem["objective"] and parse(problem["objective"])
        self.gradients, self.held = problem["gradients"], problem["held"]
        self.folds: dict[Any, Poly] = {}
        self.written = problem
        need(set(problem) == KEYS, "unknown or missing keys")

    def derivative(self, u: Poly, wrt: Any) -> Poly:
        """∂u/∂(a leaf at free labels): product rule, and the slope of each atom."""
        result: Poly = {}
        for (factors, dummies), c in sorted(u.items()):
            with self.borrowed(len(dummies)) as fresh:
                names = {d: f for (d, _), f in zip(dummies, fresh, strict=True)}
                opened = [(self.moved(f, names), e) for f, e in factors]
                for n, (f, e) in enumerate(opened):
                    inner = self.slope(f, wrt)
                    if not inner:
                        continue
                    others = {g: x for k, (g, x) in enumerate(opened) if k != n} | {f: e - 1}
                    part = self.mul(self.collect([(c * e, others, {})]), inner)
                    for d, size in dummies:
                        part = self.total(part, names[d], size)
                    result = add(result, part)
        return result

    def slope(self, f: Any, wrt: Any) -> Poly:
        kind, label, inside = f
        if kind in LEAVES:
            pairs = zip(inside, wrt[2], strict=True) if (kind, label) == wrt[:2] else ()
            return self.mul(ONE, *(self.leaf("delta", "", pair) for pair in pairs)) if (kind, label) == wrt[:2] else {}
        u, own = dict(inside), {((((f, 1),), ())): 1}
        inner = self.derivative(u, wrt) if kind not in ("pos", "neg") else {}
        if not inner:
            return {}
        outer: dict[str, Callable[[], Poly]] = {
            "sigmoid": lambda: self.make("slope", u),
            "slope": lambda: self.mul(self.make("slope", u), add(ONE, self.make("sigmoid", u), scale=-2)),
            "exp": lambda: own,
            "softplus": lambda: self.make("sigmoid", u),
            "log": lambda: self.make("inverse", u),
            "logabs": lambda: self.make("inverse", u),
            "inverse": lambda: minus(self.make("inverse", u, e=2)),
            "root": lambda: self.mul({UNIT: Fraction(1, label)}, own, self.make("inverse", u)),
            "sin": lambda: self.make("cos", u),
            "cos": lambda: minus(self.make("sin", u)),
            "erf": lambda: self.mul(
                {UNIT: 2}, self.make("exp", minus(self.mul(u, u))), self.power(self.leaf("pi"), Fraction(-1, 2))
            ),
            "function": lambda: self.make("function", u, (label[0], label[1] + 1)),
        }
        return self.mul(outer[kind](), inner)

    def measure(self, e: ast.expr) -> Any:
        """A size as a polynomial in names."""
        match e:
            case ast.Constant(value=int(n)) if n > 0 and n is not True:
                return (((), n),)
            case ast.Name(id=name):
                return (((name,), 1),)
            case ast.BinOp(left=a, op=ast.Add() | ast.Mult() as op, right=b):
                left, right, result = self.measure(a), self.measure(b), dict[Any, int]()
                pairs = [(tuple(sorted((*m, *n))), c * d) for m, c in left for n, d in right]
                for m, c in pairs if isinstance(op, ast.Mult) else [*left, *right]:
                    result[m] = result.get(m, 0) + c
                return tuple(sorted(result.items()))
        raise Refused(f"{ast.unparse(e)} is not a size")

    def __call__(self, e: ast.expr) -> Value:
        """The shape of a formula, and its value with the labels row and column."""
        rows, columns, u = self.read(e)
        return rows, columns, u if self.plain else self.folds.get((rows, columns, frozenset(u.items())), u)

    def read(self, e: ast.expr) -> Value:
        match e:
            case ast.Constant(value=int(n)) if not isinstance(n, bool):
                return SCALAR, SCALAR, {UNIT: n} if n else {}
            case ast.Name(id=name):
                return self.named(name)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                rows, columns, u = self(a)
                return rows, columns, minus(u)
            case ast.BinOp(left=a, op=ast.MatMult(), right=b):
                return self.product(self(a), self(b))
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                n = self.exponent(b)
                below = n < 0 and n == int(n)
                rows, columns, u = self.reciprocal(a) if below else self(a)
                return rows, columns, self.power(u, -n if below else n)
            case ast.BinOp(left=a, op=op, right=b):
                (r, c, u), (s, d, v) = self(a), self.reciprocal(b) if isinstance(op, ast.Div) else self(b)
                need(r == s or SCALAR in (r, s), f"the shapes of {ast.unparse(e)} do not conform")
                need(c == d or SCALAR in (c, d), f"the shapes of {ast.unparse(e)} do not conform")
                return s if r == SCALAR else r, d if c == SCALAR else c, self.joined(op, u, v)
            case ast.Attribute(value=a, attr="T"):
                rows, columns, u = self(a)
                return columns, rows, self.rename(u, {"row": "column", "column": "row"})
            case ast.Subscript(value=a, slice=ast.Tuple(elts=[i, j])):
                rows, columns, u = self(a)
                rows, u = self.entry(u, rows, "row", i)
                columns, u = self.entry(u, columns, "column", j)
                return rows, columns, u
            case ast.Call(func=ast.Name(id=name), args=given):
                return self.called(name, 0, given)
            case ast.Call(
                func=ast.Call(func=ast.Name(id="D"), args=[ast.Name(id=name), ast.Constant(value=int(k))]), args=given
            ):
                return self.called(name, k, given)
        raise Refused(f"{ast.unparse(e)} has no meaning here")

    def reciprocal(self, e: ast.expr) -> Value:
        """1/e, part by part for a product and a whole power."""
        rows, columns, u = self(e)
        match e:
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return rows, columns, minus(self.reciprocal(a)[2])
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                return rows, columns, self.mul(self.reciprocal(a)[2], self.reciprocal(b)[2])
            case ast.Attribute(value=a, attr="T"):
                return rows, columns, self.rename(self.reciprocal(a)[2], {"row": "column", "column": "row"})
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                n = self.exponent(b)
                if n == int(n):
                    return rows, columns, self.power(self.reciprocal(a)[2] if n > 0 else self(a)[2], abs(n))
        return rows, columns, self.power(u, -1)

    def exponent(self, e: ast.expr) -> Any:
        rows, columns, u = self(e)
        need((rows, columns) == (SCALAR, SCALAR) and u.keys() <= {UNIT}, "an exponent is not a number")
        return u.get(UNIT, 0)

    def named(self, name: str) -> Value:
        if name in self.values:
            value: Value = self.values[name]
            return value
        if name == "pi":
            return SCALAR, SCALAR, self.leaf("pi")
        if name in self.gradients:
            of, factor, turned = self.gradients[name]
            rows, columns, _ = self.named(of)
            u = self.mul(self(parse(factor))[2], self.leaf("gradient", of, self.axes(of)))
            turn = {"row": "column", "column": "row"}
            return (columns, rows, self.rename(u, turn)) if turned else (rows, columns, u)
        if name in self.shapes:
            return *self.shapes[name], self.leaf("name", name, self.axes(name))
        need(name in self.sizes, f"{name} has no meaning here")
        return SCALAR, SCALAR, self.size((((name,), 1),))

    def axes(self, name: str) -> tuple[str, ...]:
        return tuple(p for p, size in zip(("row", "column"), self.shapes[name], strict=True) if size != SCALAR)

    def joined(self, op: ast.operator, u: Poly, v: Poly) -> Poly:
        match op:
            case ast.Add():
                return add(u, v)
            case ast.Sub():
                return add(u, v, scale=-1)
            case ast.Mult() | ast.Div():
                return self.mul(u, v)
        raise Refused("there is no such operation")

    def product(self, left: Value, right: Value) -> Value:
        (r, c, u), (s, d, v) = left, right
        if (r, c) == (SCALAR, SCALAR) or (s, d) == (SCALAR, SCALAR):
            return (s, d, self.mul(u, v)) if (r, c) == (SCALAR, SCALAR) else (r, c, self.mul(u, v))
        need(c == s, "a matrix product does not conform")
        with self.borrowed(1) as (k,):
            w = self.mul(self.rename(u, {"column": k}), self.rename(v, {"row": k}))
            return r, d, w if c == SCALAR else self.total(w, k, c)

    def entry(self, u: Poly, size: Any, axis: str, at: ast.expr) -> tuple[Any, Poly]:
        match at:
            case ast.Slice(lower=None, upper=None, step=None):
                return size, u
            case ast.Constant(value=int(n)) if n > 0:
                need(len(size) > 1 or size[0][0] or n <= size[0][1], "a position past the end")
                return SCALAR, u if size == SCALAR else self.rename(u, {axis: f"#{n}"})
            case ast.Name(id=name):
                need(self.ranges.get(name) == size, f"the index {name} does not run over this axis")
                return SCALAR, self.rename(u, {axis: name})
        raise Refused(f"{ast.unparse(at)} is not a position")

    def called(self, name: str, order: int, given: list[ast.expr]) -> Value:
        match name, given:
            case "sum", [a, *axis]:
                rows, columns, u = self(a)
                chosen = [x.value for x in axis if isinstance(x, ast.Constant)]
                need(len(axis) <= 1 and chosen in ([], [0], [1]), "not an axis")
                for k, (label, size) in enumerate((("row", rows), ("column", columns))):
                    u = self.total(u, label, size) if k in (chosen or (0, 1)) and size != SCALAR else u
                return (SCALAR if chosen != [1] else rows), (SCALAR if chosen != [0] else columns), u
            case "total", [a, ast.Name(id=index), size]:
                free = index not in self.ranges and index not in ("row", "column") and not self.values
                need(free, f"the index {index} cannot be bound here")
                self.ranges[index] = self.measure(size)
                rows, columns, u = self(a)
                return rows, columns, self.total(u, index, self.ranges.pop(index))
            case "eye" | "ones", [a, *more]:
                n, m = self.measure(a), self.measure(more[0] if name == "ones" else a)
                return n, m, ONE if name == "ones" or n == SCALAR else self.leaf("delta", "", ("row", "column"))
        values = [self(a) for a in given]
        rows, columns = ({v[k] for v in values} - {SCALAR} for k in (0, 1))
        need(len(rows) < 2 and len(columns) < 2, f"the arguments of {name} do not conform")
        u = self.applied(name, order, [v[2] for v in values])
        return rows.pop() if rows else SCALAR, columns.pop() if columns else SCALAR, u

    def applied(self, name: str, order: int, given: list[Poly]) -> Poly:
        """f⁽ᵏ⁾(u): of a base function, of one with a formula, in its first parameter, or of an unspecified one."""
        if name in self.functions and self.functions[name] is None:
            return self.make("function", given[0], (name, order))
        if name in BASE and not order:
            need(len(given) == 1, f"{name} has one argument")
            return self.make(name, given[0])
        variable, held = self.leaf("variable"), self.plain
        if not order:
            return self.formula(name, given)
        self.plain = True
        u = self.applied(name, 0, [variable, *given[1:]])
        for _ in range(order):
            u = self.derivative(u, ("variable", "", ()))
        self.plain = held
        return self.substitute(u, lambda f: given[0] if f[0] == "variable" else None)

    def formula(self, name: str, given: list[Poly]) -> Poly:
        need(name in self.functions, f"there is no function {name}")
        parameters, formula = self.functions[name]
        outside = self.values, self.shapes, self.gradients, self.ranges, self.sizes
        self.values = {p: (SCALAR, SCALAR, u) for p, u in zip(parameters, given, strict=True)}
        self.shapes, self.gradients, self.ranges, self.sizes = {}, {}, {}, set()
        rows, columns, u = self.read(parse(formula))
        need((rows, columns) == (SCALAR, SCALAR), f"the formula of {name} is not a scalar")
        self.values, self.shapes, self.gradients, self.ranges, self.sizes = outside
        return u
