"""A Python function as an answer: called once, with a symbolic array for each parameter, named like the problem's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from derive.answers.symbolic import SymbolicArray, Trace, TraceError
from derive.errors import DeriveError
from derive.expression.function import Function
from derive.expression.nodes import ZERO, Elementwise, Expression
from derive.expression.scope import Scope
from derive.notation.names import Names

_PRIMES = ("_prime", "_derivative", "p")


def traced(function: Callable[..., Any], scope: Scope) -> Expression:
    """The formula that a function computes.

    Raises TraceError for what no formula says and for whatever the function raises itself; ShapeError where operands
    do not conform.
    """
    trace = Trace()
    names = Names(scope)
    arguments, keywords = _arguments(function, names, trace)
    try:
        result = function(*arguments, **keywords)
    except DeriveError:
        raise
    except Exception as error:
        if trace.error is not None:
            raise trace.error from None
        raise TraceError(f"The function raised {type(error).__name__}: {error}.",
                         suggestion="It is called with symbolic arrays.") from error  # fmt: skip
    if trace.error is not None:
        raise trace.error
    return _result(result, trace)


def _result(result: Any, trace: Trace) -> Expression:
    if isinstance(result, (tuple, list, dict)) or result is None:
        raise TraceError(f"The function returns {_article(result)}.", suggestion="Return the one array asked for.")
    return SymbolicArray(trace, ZERO).lift(result)


def _article(result: Any) -> str:
    return "nothing" if result is None else f"a {type(result).__name__}"


def _arguments(function: Callable[..., Any], names: Names, trace: Trace) -> tuple[list[Any], dict[str, Any]]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise TraceError("The parameters of this function are not known.", suggestion="Wrap it in a def.") from None
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = _value(parameter.name, names, trace)
        if value is None and parameter.default is not parameter.empty:
            value = parameter.default
        if value is None:
            raise TraceError(f"The parameter {parameter.name} is no name of the problem.",
                             suggestion=names.suggestion(parameter.name))  # fmt: skip
        if parameter.kind is parameter.KEYWORD_ONLY:
            keywords[parameter.name] = value
        else:
            positional.append(value)
    return positional, keywords


def _value(name: str, names: Names, trace: Trace) -> Any:
    """The array of a name, or the function of that name, or its derivative: f_prime, fp, df."""
    found = names.find(name)
    if found is not None:
        return SymbolicArray(trace, found)
    if name in names.scope.functions:
        return _called(names.scope.functions[name], 0, trace)
    stems = [name.removesuffix(end) for end in _PRIMES if name.endswith(end)] + [name.removeprefix("d")]
    stem = next((s for s in stems if s != name and s in names.scope.functions), None)
    return None if stem is None else _called(names.scope.functions[stem], 1, trace)


def _called(function: Function, order: int, trace: Trace) -> Callable[..., SymbolicArray]:
    def call(*arguments: Any) -> SymbolicArray:
        lift = SymbolicArray(trace, ZERO).lift
        return SymbolicArray(trace, Elementwise(function, tuple(map(lift, arguments)), order))

    return call
