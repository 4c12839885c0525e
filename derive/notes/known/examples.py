"""How examples stand where no context says so: in columns, unless the product of a layer shows that they are rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from derive.expression.nodes import Axis, Component, Expression, MatMul, Product, Shorthand, Sum, Tensor, Transpose
from derive.expression.problem import Definition, Layout, Problem
from derive.expression.shapes import known_shape, shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import rebuild, walk
from derive.notation import Answer

_ALONG = ("softmax", "logsumexp")
_WORDS = re.compile(r"softmax\s*\}?\s*_\s*\{?\s*(?:\\\w+\s*\{)?\s*(?:row|col)")
_WEIGHT = re.compile(r"(?:W|w|Theta|theta|U|V|omega)(?:_?\d+)?(?:_[a-z]+)?$")


def are_open(table: Mapping[str, Any], problem: Problem) -> bool:
    """Whether a context leaves open how examples stand: it neither says so nor gives softmax an axis."""
    layout = table.get("layout")
    if "network" in table or (isinstance(layout, Mapping) and "examples" in layout):
        return False
    parts = (part for d in problem.definitions for part in walk(d.value))
    return not any(isinstance(part, Shorthand) and _is_of_matrix(part) and part.axis is not None for part in parts)


def of_each_example(e: Expression, problem: Problem, written: str = "") -> Expression:
    """A formula with softmax and logsumexp of a matrix along that axis along which one example runs; as it is where it
    says the axis itself."""
    if _WORDS.search(written) or not any(isinstance(part, Shorthand) and part.name in _ALONG for part in walk(e)):
        return e
    return _along(e, lambda operand: _axis(operand, problem))


def in_answer(answer: Answer, problem: Problem, written: str) -> Answer:
    """What is read, with every softmax that of one example; the readings of a line as well."""

    def each(sides: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(of_each_example(e, problem, written) for e in sides)

    if "softmax" not in written.lower() and "logsumexp" not in written.lower():
        return answer
    return replace(
        answer,
        lines=tuple(
            replace(line, expressions=each(line.expressions), readings=tuple(map(each, line.readings)))
            for line in answer.lines
        ),
    )


def _along(e: Expression, axis: Callable[[Expression], Axis]) -> Expression:
    e = rebuild(e, lambda part: _along(part, axis))
    return replace(e, axis=axis(e.operands[0])) if isinstance(e, Shorthand) and _is_of_matrix(e) else e


def _is_of_matrix(e: Shorthand) -> bool:
    size = known_shape(e.operands[0]) if e.name in _ALONG else None
    return size is not None and ONE not in size


def _axis(operand: Expression, problem: Problem) -> Axis:
    shown = shown_by(operand, problem)
    return 1 if (shown or problem.layout.examples) == "rows" else 0


def shown_by(e: Expression, problem: Problem) -> Literal["columns", "rows"] | None:
    """How examples stand in the values of a layer, by its bias, its weights, or a product Q Kᵀ of examples; None where
    these show nothing."""
    if isinstance(e, Tensor):
        value = problem.definition(e)
        return None if value is None or isinstance(value, Tensor) else shown_by(value, problem)
    if isinstance(e, Product):
        parts = [factor for factor in e.factors if shape(factor) != SCALAR]
        return shown_by(parts[0], problem) if len(parts) == 1 else None
    if isinstance(e, Sum):
        biases = [shape(term) for term in e.terms if ONE in shape(term) and shape(term) != SCALAR]
        if biases:
            return "rows" if biases[0][0] == ONE else "columns"
        return next((found for term in e.terms if (found := shown_by(term, problem)) is not None), None)
    return _by_weights(e) if isinstance(e, MatMul) else None


def _by_weights(e: MatMul) -> Literal["columns", "rows"] | None:
    """X W is of rows and W X of columns; Q Kᵀ compares rows, and Kᵀ Q columns."""
    left, right = e.factors[0], e.factors[-1]
    if _is_weight(left) != _is_weight(right):
        return "rows" if _is_weight(right) else "columns"
    if isinstance(left, Transpose) == isinstance(right, Transpose):
        return None
    return "rows" if isinstance(right, Transpose) else "columns"


def _is_weight(e: Expression) -> bool:
    inner = e.operand if isinstance(e, (Transpose, Component)) else e
    return isinstance(inner, Tensor) and bool(_WEIGHT.match(inner.name))


# ---- the other layout


def turned(problem: Problem) -> Problem:
    """The problem with examples in the other layout, where nothing but custom says how they stand."""
    examples: Literal["columns", "rows"] = "rows" if problem.layout.examples == "columns" else "columns"
    return for_examples(replace(problem, layout=Layout(examples, problem.layout.gradient)))


def for_examples(problem: Problem) -> Problem:
    """The problem with every softmax that of one example."""
    definitions = tuple(Definition(d.target, of_each_example(d.value, problem)) for d in problem.definitions)
    return replace(problem, definitions=definitions)
