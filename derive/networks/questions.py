"""What a network is asked: the tensor that a name stands for, ∂E/∂z for the name of a delta."""

from __future__ import annotations

import dataclasses
import re

import sympy

from derive.errors import UsageError
from derive.expression.nodes import Component, Derivative, Expression, Tensor, scalar
from derive.expression.problem import Problem, Question
from derive.expression.scope import Scope
from derive.expression.traverse import substitute_layer
from derive.networks.positions import component, free_indices
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


_ENTRY = re.compile(r"^(.*[^\s])\s*\[\s*([^\[\]]*)\]\s*$")


def asked(problem: Problem, objective: Expression, wrt: Expression | str | None) -> Problem:
    """The problem with the question ∂E/∂wrt; the letters of a component, W1[i,j], become indices of the problem."""
    target = _read(problem.scope, wrt) if isinstance(wrt, str) else wrt
    if target is not None:
        target = differentiated(problem, target)
    scope = problem.scope
    if isinstance(wrt, str) and isinstance(target, Component):
        scope = dataclasses.replace(scope, indices={**scope.indices, **free_indices(target)})
    return dataclasses.replace(problem, scope=scope, question=Question(objective=objective, wrt=target))


def _read(scope: Scope, wrt: str) -> Expression:
    """A name, or a component of what a name stands for; W[l] and W[1] are names: members of a family, and W1."""
    try:
        return named(scope, wrt)
    except UsageError:
        match = _ENTRY.match(wrt)
        if match is None or (scope.layers and not match[1].endswith("]")):
            raise
    whole = named(scope, match[1])
    operand = whole.wrt if isinstance(whole, Derivative) else whole
    if not isinstance(operand, Tensor):
        raise UsageError(f"{wrt.strip()!r} is no entry of a quantity of the network.", suggestion="Ask for W1[i,j].")
    return component(operand, match[2], scope.indices)


def differentiated(problem: Problem, name: Expression) -> Expression:
    """z1 for delta1, z[L] for delta[L], W1 for dW1, likewise their entries; anything else stands for itself.

    So does a delta that is a multiple of the gradient (delta1 = N ∂E/∂Z1): what is asked for is the multiple.
    """
    if isinstance(name, Derivative) and name.of == scalar(problem.objective_name):
        return name.wrt
    if isinstance(name, Component):
        whole = differentiated(problem, name.operand)
        if not isinstance(whole, Tensor) or whole == name.operand:
            return name
        turned = isinstance(name.operand, Tensor) and whole.shape != name.operand.shape
        return Component(whole, *((name.column, name.row) if turned else (name.row, name.column)))
    if not isinstance(name, Tensor):
        return name
    for delta, z in problem.gradients.items():
        if delta == name:
            return name if delta in problem.scales else z
        if delta.name == name.name and delta.layer is not None and name.layer is not None:
            return name if delta in problem.scales else substitute_layer(z, {delta.layer: name.layer})
    return name
