"""Operations over all nodes: one function, one rule a node class, a stated default.

An operation is written as

    shape = Operation("shape", default=...)

    @shape.rule(Transpose)
    def _(e): ...

Results are kept on the node itself, so that a shared subexpression is worked out once and nothing is global.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from derive.errors import Unsupported
from derive.expression.nodes import Expression

T = TypeVar("T")


class Operation(Generic[T]):
    """A total function on expressions, given by one rule for each node class.

    Without `default`, a node that has no rule raises `Unsupported`: an operation that guesses would be wrong silently.
    """

    def __init__(self, name: str, default: Callable[[Expression], T] | None = None) -> None:
        self.name = name
        self.rules: dict[type[Expression], Callable[..., T]] = {}
        self.default = default
        self._slot = f"_operation_{name}"

    def rule(self, *classes: type[Expression]) -> Callable[[Callable[..., T]], Callable[..., T]]:
        def register(function: Callable[..., T]) -> Callable[..., T]:
            for cls in classes:
                self.rules[cls] = function
            return function

        return register

    def __call__(self, expression: Expression) -> T:
        kept = expression.__dict__
        if self._slot in kept:
            return kept[self._slot]  # type: ignore[no-any-return]
        rule = self.rules.get(type(expression), self.default)
        if rule is None:
            raise Unsupported(f"{self.name} has no law for {type(expression).__name__}")
        result = rule(expression)
        kept[self._slot] = result
        return result
