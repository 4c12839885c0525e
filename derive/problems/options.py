"""Networks from options as people type them: widths, activations, formulas, coefficients."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from derive.errors import UsageError
from derive.expression.function import Function
from derive.expression.functions import ALIASES, FUNCTIONS, from_formula, unspecified, works_by_entry
from derive.expression.nodes import Expression, scalar
from derive.expression.problem import Problem
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.networks import Network
from derive.networks.activations import Activation, activation, split_activations
from derive.networks.coefficients import LAMBDA, coefficient
from derive.notation import free_names, read
from derive.problems.positions import free_indices
from derive.suggestions import did_you_mean

OPTIONS: tuple[str, ...] = (
    "widths", "activations", "loss", "batch", "l2", "l1", "bias", "no_bias", "regularise_bias", "sum", "layout",
    "gradient", "delta",
)  # fmt: skip
"""The options of a network, as on the command line; `-` and `_` are the same."""

_DEFINITION = re.compile(r"^\s*([^\W\d]\w*)\s*=(?!=)\s*(.+)$", re.DOTALL)
_FLAGS = ("bias", "no_bias", "regularise_bias", "sum")


def network(options: Mapping[str, Any], functions: Mapping[str, Function] | None = None, title: str = "") -> Network:
    """The network that options describe; options that are None or False are not given.

    `functions` are names declared elsewhere; UsageError for an unknown option or value, with a suggestion.
    """
    given = {_spelling(key): value for key, value in options.items() if value is not None}
    for key in given:
        if key not in OPTIONS:
            raise UsageError(f"A network has no option {key!r}.", suggestion=did_you_mean(key, OPTIONS))
    for flag in _FLAGS:
        if not isinstance(given.get(flag, False), bool):
            raise UsageError(f"The option {flag} is true or false, not {given[flag]!r}.")
    if "widths" not in given:
        raise UsageError("A network needs widths.", suggestion="Give --widths 2,3,1 or n0,n1,n2.")
    if given.pop("no_bias", False):
        given["bias"] = False
    given["activations"] = _activations(given.get("activations", "sigmoid"), functions or {})
    for option in ("l1", "l2"):
        if option in given:
            given[option] = _coefficient(given[option], option)
    return Network(title=title, **given)


def network_problem(found: Network, wrt: str | None = None) -> Problem:
    """The problem of a network, asked for a name or a component as people type it: W1, δ2, W[l], W1[i,j]."""
    problem = found.problem()
    if wrt is None:
        return problem
    variable = read(wrt, problem.scope)
    scope = dataclasses.replace(problem.scope, indices={**problem.scope.indices, **free_indices(variable)})
    return dataclasses.replace(found.problem(variable), scope=scope)


def formula(name: str, text: str, known: Scope | None = None) -> Function:
    """An elementwise function from `z*tanh(softplus(z))`: its variable is the one name that is no declared scalar.

    A formula with a single name is a function of it, whatever that name means elsewhere.
    """
    scope = known or Scope()
    constants = {n: t for n, t in scope.tensors.items() if t.shape == SCALAR}
    names = [n for n in free_names(text) if n not in ("pi", "e")]
    free = names if len(names) == 1 else [n for n in names if n not in constants]
    if len(free) != 1:
        what = "no variable" if not free else f"the variables {', '.join(free)}"
        raise UsageError(f"The formula of {name} has {what}; it must have one.",
                         suggestion="Write it in z: mish=z*tanh(softplus(z)).")  # fmt: skip
    inside = Scope(tensors={**constants, free[0]: scalar(free[0])}, functions=scope.functions)
    found = read(text, inside)
    if not works_by_entry(found):
        raise UsageError(f"{name} works entry by entry, but its formula speaks of a whole vector.",
                         suggestion="Define a name instead, such as p = softmax(z).")  # fmt: skip
    return from_formula(name, free[0], found)


def function(name: str, text: str, known: Scope | None = None) -> Function:
    """A function by what is said of it: `unspecified`, a known name, or a formula in one variable."""
    scope = known or Scope()
    word = text.strip()
    if word == "unspecified":
        return unspecified(name)
    if word in scope.functions:
        return scope.functions[word]
    if ALIASES.get(word, word) in FUNCTIONS:
        return FUNCTIONS[ALIASES.get(word, word)]
    if word.isidentifier() and len(word) > 1:
        raise UsageError(f"{name} cannot be {word!r}: there is no such function.",
                         suggestion=did_you_mean(word, ["unspecified", *FUNCTIONS]))  # fmt: skip
    return formula(name, word, scope)


def _spelling(key: str) -> str:
    return key.replace("-", "_").replace("regularize", "regularise")


def _activations(given: object, functions: Mapping[str, Function]) -> tuple[Activation, ...]:
    parts = split_activations(given) if isinstance(given, str) else given
    if not isinstance(parts, Iterable):
        raise UsageError(f"The activations {given!r} are no list of names.", suggestion="Write sigmoid,identity.")
    found: list[Activation] = []
    defined = dict(functions)
    for part in parts:
        definition = _DEFINITION.match(part) if isinstance(part, str) else None
        if definition is not None:
            defined[definition[1]] = formula(definition[1], definition[2], Scope(functions=defined))
            part = definition[1]
        if not isinstance(part, (str, Function, Activation)):
            raise UsageError(f"{part!r} is no activation.", suggestion="Write a name in quotes.")
        found.append(activation(part, defined))
    return tuple(found)


def _coefficient(given: object, option: str) -> Expression:
    """lam/2, 0.1 or lam/(2*N): any scalar formula of names."""
    if isinstance(given, float) and math.isfinite(given):
        given = Fraction(str(given))
    if not isinstance(given, str):
        return coefficient(given)  # type: ignore[arg-type]
    try:
        return coefficient(given)
    except UsageError:
        names = {word: scalar(LAMBDA.get(word, word)) for word in free_names(given) if word not in ("pi", "e")}
        value = read(given, Scope(tensors=names))
    if shape(value) != SCALAR:
        raise UsageError(f"The coefficient {option} = {given!r} is no scalar.", suggestion="Write lam/2.")
    return value
