"""The parts of a NumPy module that check it: sizes, a point to try, finite differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from derive.expression.nodes import UNIT, Expression, Power, Reduce, Tensor, number
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.text import tensor_text
from derive.programs.writer import NumpyWriter
from numeric.points import distinct_sizes

SIZES_OF = '''
def sizes_of(arrays):
    """The number that each size stands for; ValueError for an array that does not have its shape."""
    sizes = {}
    for name, shape in SHAPES.items():
        found = np.shape(arrays[name])
        fits = len(found) == len(shape)
        for side, size in zip(found, shape):
            number = sizes.setdefault(size, side) if isinstance(size, str) else size
            fits = fits and number in (side, None)
        if not fits:
            raise ValueError(f"{name} has the shape {found}, but it should be {shape} where {sizes}.")
    return sizes
'''.lstrip()

CHECK = '''
def check(values=None, step=1e-5, tolerance=1e-6):
    """The largest error of the gradients against central differences; AssertionError if it exceeds the tolerance."""
    values = example() if values is None else values
    added, worst = ADDED, 0.0
    for name, gradient in gradients(**values).items():
        start = np.zeros(np.shape(gradient)) if name in added else np.array(values[name], dtype=float)
        found = np.zeros(start.shape)
        for entry in np.ndindex(start.shape):
            sides = []
            for by in (step, -step):
                moved = start.copy()
                moved[entry] += by
                sides.append(forward(**{**values, added.get(name, name): moved})[-1])
            found[entry] = (sides[0] - sides[1]) / (2 * step)
        error = float(np.max(np.abs(found - gradient) / (1 + np.abs(gradient))))
        if not error <= tolerance:
            raise AssertionError(f"the gradient in {name} is off by {error:.1e}")
        worst = max(worst, error)
    return worst
'''.lstrip()


JACOBIAN = (
    ("found = np.zeros(start.shape)", "found = np.zeros(np.shape(gradient))"),
    ("found[entry] = (sides[0] - sides[1])", "found[:, sum(entry)] = np.ravel(sides[0] - sides[1])"),
    ("largest error of the gradients", "largest error of the Jacobians"),
)
"""What is different in the check of Jacobians: an entry of a variable moves a column."""


def example(w: NumpyWriter, problem: Problem, passed: Sequence[Tensor]) -> list[str]:
    """A function that draws a point which keeps what is assumed; none if that cannot be drawn."""
    draws = [drawn(w, problem, tensor) for tensor in passed]
    functions = stand_ins(w)
    if functions is None or not drawable(problem):
        return []
    sizes = [
        f"{w.name('size', str(size))} = {int(value)}"
        for size, value in distinct_sizes(problem).items()
        if any(size in side.free_symbols for tensor in passed for side in tensor.shape)
    ]
    entries = [f'"{w.array(tensor)}": {draw},' for tensor, draw in zip(passed, draws, strict=True)]
    entries += [f'"{name}": {code},' for name, code in functions.items()]
    entries += [f'"{w.name("index", name)}": 1,' for name in w.indices]
    entries += [f'"{w.name("size", str(size))}": 2,' for size in unread(w, passed)]
    body = ["rng = np.random.default_rng(seed)", *sizes, "return {", *(f"    {entry}" for entry in entries), "}"]
    said = '"""A point to try: small sizes, entries at random."""'
    return ["def example(seed=0):\n" + "".join(f"    {line}\n" for line in (said, *body))]


def stand_ins(w: NumpyWriter) -> dict[str, str] | None:
    """What is tried for unspecified functions, by the names of their parameters; None beyond second derivatives."""
    if any(order >= len(_STAND_INS) for _, order in w.unspecified):
        return None
    return {name: _STAND_INS[order] for (_, order), name in w.unspecified.items()}


def unread(w: NumpyWriter, passed: Sequence[Tensor]) -> list[sympy.Expr]:
    """The sizes that the code uses but no array has, so that they must be given."""
    sides = {side for tensor in passed for side in tensor.shape}
    return [size for size in w.sizes if size not in sides]


_STAND_INS = ("np.tanh", "lambda z: 1 - np.tanh(z) ** 2", "lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)")
"""What is tried for an unspecified function, and its derivatives."""


def drawn(w: NumpyWriter, problem: Problem, tensor: Tensor) -> str:
    """The code that draws an array which keeps what is assumed of it."""
    facts, name = problem.assumptions, tensor_text(tensor)
    shape = "()" if tensor.shape == SCALAR else f"({', '.join(w.size(side).text for side in tensor.shape)})"
    for equation in facts.equations:
        for owner, draw in _equation(*equation, shape):
            if owner == tensor:
                return draw
    for of, low, high in facts.between:
        if of == name:
            return f"rng.uniform({low}, {high}, {shape})"
    if name in facts.binary:
        return f"rng.integers(0, 2, {shape}).astype(float)" if shape != "()" else "1.0"
    if name in facts.integer:
        return f"rng.integers(1, 5, {shape}) * 1.0"
    if name in facts.symmetric:
        return f"(lambda a: a + a.T)(rng.normal(size={shape}))"
    if name in facts.positive or tensor.shape == SCALAR:
        return f"rng.uniform(0.5, 1.5, {shape})"
    return f"rng.normal(size={shape})"


def _equation(left: Expression, right: Expression, shape: str) -> Iterator[tuple[Tensor, str]]:
    """How Σy = 1 and y² = 1 are kept."""
    if right == UNIT and isinstance(left, Reduce) and isinstance(left.operand, Tensor):
        axis = "None" if left.axis is None else left.axis
        yield left.operand, f"(lambda a: a / np.sum(a, axis={axis}, keepdims=True))(rng.uniform(0.5, 1.5, {shape}))"
    if right == UNIT and isinstance(left, Power) and left.exponent == number(2) and isinstance(left.base, Tensor):
        yield left.base, f"rng.choice([-1.0, 1.0], {shape})"


def drawable(problem: Problem) -> bool:
    """Whether points can be drawn that keep every assumption."""
    return all(list(_equation(left, right, "")) for left, right in problem.assumptions.equations)


CHECK_FAMILY = '''
def check(values=None, step=1e-5, tolerance=1e-6):
    """The largest error of the gradients against central differences; AssertionError if it exceeds the tolerance."""
    values = example() if values is None else values
    added, worst = ADDED, 0.0
    for name, gradient in gradients(**values).items():
        for layer, part in gradient.items() if isinstance(gradient, dict) else [(None, gradient)]:
            whole = {layer: np.zeros(np.shape(part))} if name in added else values[name]
            start = np.array(whole[layer] if isinstance(whole, dict) else whole, dtype=float)
            found = np.zeros(start.shape)
            for entry in np.ndindex(start.shape):
                sides = []
                for by in (step, -step):
                    moved = start.copy()
                    moved[entry] += by
                    changed = {**whole, layer: moved} if isinstance(whole, dict) else moved
                    sides.append(forward(**{**values, added.get(name, name): changed})[-1])
                found[entry] = (sides[0] - sides[1]) / (2 * step)
            error = float(np.max(np.abs(found - part) / (1 + np.abs(part))))
            if not error <= tolerance:
                raise AssertionError(f"the gradient in {name}, layer {layer}, is off by {error:.1e}")
            worst = max(worst, error)
    return worst
'''.lstrip()
"""The same for a network of any depth, where most arrays are dictionaries by layer."""
