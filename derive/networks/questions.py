"""What a network is asked: the tensor that a name stands for, ∂E/∂z for the name of a delta."""

from __future__ import annotations

import re

import sympy

from derive.errors import UsageError
from derive.expression.nodes import Derivative, Expression, Tensor, scalar
from derive.expression.problem import Problem, Question
from derive.expression.scope import Scope
from derive.expression.traverse import substitute_layer
from derive.suggestions import did_you_mean

_NAME = re.compile(r"^\s*([^\W\d]\w*)\s*(?:\[\s*(\w+)\s*([+-]\s*\d+)?\s*\])?\s*$")
_GREEK = {"δ": "delta", "Δ": "delta"}


def named(scope: Scope, text: str) -> Expression:
    """The expression that a plain name, such as W1, z2 or W[l-1], stands for; UsageError if there is none."""
    match = _NAME.match(text)
    if match is None:
        raise UsageError(f"{text!r} is no name of a quantity of the network.", suggestion="Ask for W1, or W[l].")
    name = match[1]
    for letter, word in _GREEK.items():
        name = name.replace(letter, word)
    joined = name + (match[2] if match[2] and match[2].isdigit() else "")
    found = scope.tensors.get(name) or scope.aliases.get(name)
    if match[2] is None or (found is None and not scope.layers):
        found = found or scope.tensors.get(joined) or scope.aliases.get(joined)
        if found is None:
            raise UsageError(f"The network has no {text.strip()!r}.",
                             suggestion=did_you_mean(name, [*scope.tensors, *scope.aliases]))  # fmt: skip
        return found
    return _at_layer(scope, found, text, match[2], match[3])


def _at_layer(scope: Scope, found: Expression | None, text: str, word: str, shift: str | None) -> Expression:
    if found is None or not scope.layers:
        raise UsageError(f"The network has no {text.strip()!r}.",
                         suggestion=did_you_mean(text.split("[")[0], scope.tensors))  # fmt: skip
    layer = sympy.Integer(int(word)) if word.isdigit() else scope.layers.get(word)
    if layer is None:
        raise UsageError(f"{word!r} is no layer of the network.", suggestion=f"Layers: {', '.join(scope.layers)}.")
    if shift:
        layer = layer + int(shift.replace(" ", ""))
    return substitute_layer(found, {scope.layers["l"]: layer})


def question(problem: Problem, objective: Expression, wrt: Expression | str | None) -> Question:
    """∂E/∂wrt; asking for delta1 or dW1 is asking for the gradient that it names."""
    target = named(problem.scope, wrt) if isinstance(wrt, str) else wrt
    return Question(objective=objective, wrt=None if target is None else differentiated(problem, target))


def differentiated(problem: Problem, name: Expression) -> Expression:
    """z1 for delta1, z[L] for delta[L], W1 for dW1; anything else stands for itself."""
    if isinstance(name, Derivative) and name.of == scalar(problem.objective_name):
        return name.wrt
    if not isinstance(name, Tensor):
        return name
    for delta, z in problem.gradients.items():
        if delta == name:
            return z
        if delta.name == name.name and delta.layer is not None and name.layer is not None:
            return substitute_layer(z, {delta.layer: name.layer})
    return name
