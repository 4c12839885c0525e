"""Whether the theorem of a certificate is true, by numbers: plain NumPy and differences, nothing of `derive`."""

from __future__ import annotations

import ast
import math
from typing import Any

import numpy as np

STEP = 1e-4
ROUNDING = 1e-12
_ERF = np.vectorize(math.erf, otypes=[float])
_BASE: dict[str, Any] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.logaddexp(0, z),
    "exp": np.exp,
    "log": np.log,
    "pos": lambda z: (z > ROUNDING) * 1.0,
    "neg": lambda z: (z < -ROUNDING) * 1.0,
    "erf": _ERF,
    "sin": np.sin,
    "cos": np.cos,
}


class Point:
    """The names of a certificate at random values and small sizes; names in `held` keep their value."""

    def __init__(self, certificate: dict[str, Any], rng: np.random.Generator) -> None:
        self.problem = certificate["problem"]
        named = sorted({n for pair in self.problem["names"].values() for s in pair for n in _names(s)}
                       | {n for s in self.problem["indices"].values() for n in _names(s)})  # fmt: skip
        self.sizes = {n: 2 + (k + int(rng.integers(3))) % 3 for k, n in enumerate(named)}
        self.indices = {i: int(rng.integers(self.size(s))) for i, s in self.problem["indices"].items()}
        self.given: dict[str, Any] = {
            n: rng.normal(size=(self.size(a), self.size(b))) for n, (a, b) in self.problem["names"].items()
        }
        for fact, name in self.problem["facts"]:
            value: Any = self.given[name]
            self.given[name] = np.abs(value) + 0.1 if fact == "positive" else value + value.T
        for left, right in self.problem["equations"]:
            self._solve(left, right)
        self.base = self.values({})
        self.base = self.values({}, gradients=True)

    def _solve(self, left: str, right: str) -> None:
        """Values that meet an equation of the usual kinds; any other counts as false: nothing is said of it."""
        name, *others = sorted((_names(left) | _names(right)) & self.given.keys()) or [""]
        if others or not name:
            self.given = {n: v * np.nan for n, v in self.given.items()}
            return
        value = self.given[name]
        positive = np.abs(value) + 0.1
        along = {f"sum({name})": None, f"sum({name}, 0)": 0, f"sum({name}, 1)": 1}
        if left in along and right == "1":
            self.given[name] = positive / positive.sum(axis=along[left], keepdims=True)
        elif left == f"{name} ** 2" and right in (name, "1"):
            self.given[name] = np.sign(value) if right == "1" else (value > 0) * 1.0
        else:
            self.given[name] = value * np.nan

    def size(self, text: str) -> int:
        return int(self.evaluate(ast.parse(text, mode="eval").body, dict(self.sizes)))

    def values(self, held: dict[str, Any], gradients: bool = False) -> dict[str, Any]:
        """All names, the defined ones by their definitions; those that use a gradient only on request."""
        found = {**self.given, **held}
        for name, formula in self.problem["definitions"]:
            if name not in held and (gradients or not _names(formula) & self.problem["gradients"].keys()):
                found[name] = self.formula(formula, found)
        return found

    def formula(self, text: str, values: dict[str, Any]) -> Any:
        return np.array(self.evaluate(ast.parse(text, mode="eval").body, values), dtype=float) * np.ones((1, 1))

    def objective(self, held: dict[str, Any]) -> float:
        values = self.values(held)
        value = self.formula(self.problem["objective"] or "0", values)
        return float(value[0, 0]) + sum(float(np.sum(np.cos(values[name] + 0.3))) for name in self.problem["held"])

    def gradient(self, name: str) -> Any:
        """∂E/∂name by central differences of fourth order."""
        at, result = self.base[name], np.zeros(self.base[name].shape)
        for place in np.ndindex(at.shape):
            moved = []
            for k in (-2, -1, 1, 2):
                other = at.copy()
                other[place] += k * STEP
                moved.append(self.objective({name: other}))
            result[place] = (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * STEP)
        return result

    def evaluate(self, e: ast.expr, values: dict[str, Any]) -> Any:
        match e:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.name(name, values)
            case ast.UnaryOp(operand=a):
                return -self.evaluate(a, values)
            case ast.BinOp(left=a, op=op, right=b):
                return _OPERATIONS[type(op)](self.evaluate(a, values), self.evaluate(b, values))
            case ast.Attribute(value=a):
                return np.transpose(self.evaluate(a, values))
            case ast.Subscript(value=a, slice=ast.Tuple(elts=[i, j])):
                array = self.evaluate(a, values)
                return array[self.place(i, array.shape[0]), :][:, self.place(j, array.shape[1])]
            case ast.Call(func=ast.Name(id=name), args=given):
                return self.call(name, 0, given, values)
            case ast.Call(func=ast.Call(args=[ast.Name(id=name), ast.Constant(value=k)]), args=given):
                return self.call(name, int(str(k)), given, values)
        raise ValueError(ast.dump(e))

    def place(self, e: ast.expr, size: int) -> slice:
        if isinstance(e, ast.Slice):
            return slice(None)
        at = self.indices[e.id] if isinstance(e, ast.Name) else e.value - 1  # type: ignore[attr-defined]
        if not 0 <= at < size:
            raise ValueError("past the end")
        return slice(at, at + 1)

    def name(self, name: str, values: dict[str, Any]) -> Any:
        if name in values:
            return values[name]
        if name == "pi":
            return math.pi
        if name in self.problem["gradients"]:
            return self.gradient(self.problem["gradients"][name])
        return self.sizes[name]

    def call(self, name: str, order: int, given: list[ast.expr], values: dict[str, Any]) -> Any:
        if name == "sum":
            axis = given[1].value if len(given) > 1 else None  # type: ignore[attr-defined]
            return np.sum(self.evaluate(given[0], values) * np.ones((1, 1)), axis=axis, keepdims=True)
        if name == "total":
            index = given[1].id  # type: ignore[attr-defined]
            total = 0
            for k in range(int(self.evaluate(given[2], values))):
                self.indices[index] = k
                total = total + self.evaluate(given[0], values)
            del self.indices[index]
            return total
        if name in ("eye", "ones"):
            sizes = [int(self.evaluate(a, values)) for a in given]
            return np.eye(sizes[0]) if name == "eye" else np.ones(sizes)
        arguments = [self.evaluate(a, values) * np.ones((1, 1)) for a in given]
        return self.function(name, order, arguments)

    def function(self, name: str, order: int, arguments: list[Any]) -> Any:
        first, *others = arguments
        if order and name in self.problem["functions"] and self.problem["functions"][name] is None:
            return [np.sin(1.3 * first), 1.3 * np.cos(1.3 * first), -1.69 * np.sin(1.3 * first)][order] + [
                0.3 * first**2, 0.6 * first, 0.6][order]  # fmt: skip
        if order:
            low, high = (self.function(name, order - 1, [first + k * 1e-5, *others]) for k in (-1, 1))
            return (high - low) / 2e-5
        if name in _BASE:
            return _BASE[name](first)
        row = self.problem["functions"][name]
        if row is None:
            return np.sin(1.3 * first) + 0.3 * first**2
        body = ast.parse(row[1].replace("@", "*"), mode="eval").body  # of scalars: entry by entry
        return self.evaluate(body, dict(zip(row[0], arguments, strict=True)))


def _matmul(a: Any, b: Any) -> Any:
    return a * b if np.size(a) == 1 or np.size(b) == 1 else a @ b


_OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a ** np.squeeze(b) if np.ndim(b) else np.asarray(a, dtype=float) ** b,
    ast.MatMult: _matmul,
}


def _names(text: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)}


def difference(certificate: dict[str, Any], seed: int) -> float:
    """The relative difference of the two sides of a theorem at a random point; nan where a side is not defined."""
    point = Point(certificate, np.random.default_rng(seed))
    answer = point.formula(certificate["answer"], point.base)
    expected = point.formula(certificate["question"], point.base)
    if answer.shape != expected.shape and np.any(answer != 0):
        raise ValueError("shapes")
    return float(np.max(np.abs(answer - expected)) / (1e-3 + np.max(np.abs(expected))))


def is_true(certificate: dict[str, Any], points: int = 3) -> bool:
    """Whether the two sides agree at some random points, as far as both are defined there."""
    with np.errstate(all="ignore"):
        found = [difference(certificate, seed) for seed in range(points)]
    return all(d < 1e-4 for d in found if not math.isnan(d))
