"""From named formulas to a NumPy function: `lambdify` is handed our intermediates (z1, a1, delta2 …) as its `cse`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy

from derive.errors import UsageError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import is_scalar, size_text
from derive.expression.text import tensor_text
from derive.expression.traverse import tensors
from numeric.evaluate import Definitions, definitions_of, needed
from numeric.lower import Lowering
from numeric.lower_rules import RULES
from numeric.sizes import bind_sizes, matrix_of
from numeric.stable import stable

Compiled = Callable[[Mapping[str, Any]], dict[str, Any]]


class Program:
    """A compiled program: call it with arrays by name, and get the outputs by name.

    Outputs are float64 arrays with two axes, scalars are floats. UsageError for an array that is missing or does not
    fit. `source` is the generated Python.
    """

    def __init__(
        self,
        inputs: Sequence[Tensor],
        sizes: Sequence[tuple[str, int]],
        function: Callable[..., Sequence[Any]],
        names: Sequence[str],
    ) -> None:
        self._function = function
        self._names = tuple(names)
        self._inputs = tuple((tensor_text(t), t, is_scalar(t.shape)) for t in inputs)
        order = [name for name, _, _ in self._inputs]
        self._sizes = tuple((order.index(name), axis) for name, axis in sizes)
        self._fitting: set[tuple[tuple[int, ...], ...]] = set()

    @property
    def source(self) -> str:
        """The generated Python, from `def` on."""
        return str(self._function.__doc__).partition("Source code:\n\n")[2].partition("\n\n\nImported modules")[0]

    def __call__(self, values: Mapping[str, Any]) -> dict[str, Any]:
        arguments = [self._argument(name, tensor, scalar, values) for name, tensor, scalar in self._inputs]
        shapes = tuple([a.shape for a in arguments if type(a) is not float])
        if shapes not in self._fitting:
            # Only shapes not met before are compared; calls in a training loop cost nothing.
            self._check(arguments)
            self._fitting.add(shapes)
        arguments.extend([arguments[place].shape[axis] for place, axis in self._sizes])
        return dict(zip(self._names, self._function(*arguments), strict=True))

    def _argument(self, name: str, tensor: Tensor, scalar: bool, values: Mapping[str, Any]) -> Any:
        """A float for a scalar, a float64 array with two axes for anything else."""
        if name not in values:
            raise UsageError(f"{name} has no value.", suggestion=f"Give an array for {name}.")
        value = values[name]
        if scalar:
            return value if type(value) is float else float(np.asarray(value).item())
        if type(value) is np.ndarray and value.ndim == 2 and value.dtype == np.float64:
            return value
        return matrix_of(tensor, value)

    def _check(self, arguments: Sequence[Any]) -> None:
        """Every size has one value."""
        given = zip(self._inputs, arguments, strict=True)
        arrays = {name: value for (name, _, scalar), value in given if not scalar}
        bind_sizes([tensor for name, tensor, _ in self._inputs if name in arrays], arrays)


def compile_expressions(
    problem: Problem, expressions: Mapping[str, Expression], definitions: Definitions = ()
) -> Compiled:
    """A function of arrays by name that works out the named expressions in a problem.

    `definitions` adds names to the problem's own, such as delta2 and delta1 from a derivation.
    """
    every = (*definitions_of(problem), *definitions)
    own = {tensor_text(target) for target, _ in every}
    used = needed(every, expressions.values(), ())
    sources = [*expressions.values(), *(value for _, value in used)]
    free = {tensor_text(t): t for e in sources for t in tensors(e) if tensor_text(t) not in own}
    return compile_program(used, expressions, [free[name] for name in sorted(free)])


def compile_program(definitions: Definitions, outputs: Mapping[str, Expression], inputs: Sequence[Tensor]) -> Program:
    """A NumPy function from named intermediates in order and named outputs, all in terms of the inputs.

    Only what the outputs need is worked out, every activation once.
    """
    meanings = {tensor_text(target): value for target, value in definitions}
    steps = [(target, stable(value, meanings)) for target, value in definitions]
    wanted = {name: stable(e, meanings) for name, e in outputs.items()}
    steps = list(needed(steps, wanted.values(), ()))
    low = Lowering(RULES)
    low.tally([*(value for _, value in steps), *wanted.values()])
    symbols = [low.input(t) for t in inputs]
    for target, value in steps:
        low.define(target, value)
    alive, results = low.program([low.output(e) for e in wanted.values()])
    places = [_place(inputs, size) for size in low.sizes]
    function = sympy.lambdify(
        [*symbols, *low.sizes.values()],
        results,
        modules=[low.modules, "numpy"],
        cse=lambda expressions: (alive, list(expressions)),
    )
    return Program(inputs, places, function, list(wanted))


def _place(inputs: Sequence[Tensor], size: sympy.Expr) -> tuple[str, int]:
    """Where a size can be read off: an input and an axis."""
    for tensor in inputs:
        if size in tensor.shape:
            return tensor_text(tensor), tensor.shape.index(size)
    raise UsageError(f"The size {size_text(size)} cannot be read off any input.", suggestion="Give it a number.")
