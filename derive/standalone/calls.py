"""The shapes of calls: one rule for each notation that is no elementwise function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from derive.notation.syntax import Call, Name, Negated, Node, Num, Span
from derive.standalone.axes import ONE, SCALAR, UNKNOWN, Axis, Sides, turned

if TYPE_CHECKING:
    from derive.standalone.conformity import Conformity

Rule = Callable[["Conformity", Call], Sides]


_TWO = frozenset(("inner", "dot", "outer", "grad", "partial", "jacobian", "hessian", "formal", "matmul"))


def call_shape(c: Conformity, call: Call) -> Sides:
    """The shape of a call; a name that is no notation is an elementwise function of its arguments."""
    if len(call.arguments) < (2 if call.name in _TWO else 1):
        return UNKNOWN  # for the reader to refuse
    rule = _RULES.get(call.name)
    if call.primes:
        return _softmax_slope(c, call) if call.name == "softmax" else c.broadcast(call.arguments)
    if call.name in c.uses.refused:
        return UNKNOWN  # det, inv: for the reader to refuse by name
    return c.broadcast(call.arguments) if rule is None else rule(c, call)


def _first(call: Call) -> Node:
    return call.arguments[0]


def _axis(call: Call) -> int | None:
    """The axis of a reduction: the second argument, or axis=."""
    given = [*call.arguments[1:2], *(value for keyword, value in call.keywords if keyword == "axis")]
    node = given[-1] if given else None
    minus = isinstance(node, Negated)
    inner = node.operand if isinstance(node, Negated) else node
    if not isinstance(inner, Num):
        return None
    return 1 if inner.value == 1 else 0 if not minus or inner.value == 2 else None


def _reduced(c: Conformity, call: Call) -> Sides:
    sides = c.vector(_first(call))
    axis = _axis(call)
    return SCALAR if axis is None else (ONE, sides[1]) if axis == 0 else (sides[0], ONE)


def _sum(c: Conformity, call: Call) -> Sides:
    binders: list[tuple[str, Axis]] = []
    arguments = list(call.arguments)
    while len(arguments) > 1 and isinstance(arguments[-1], Name) and arguments[-1].text != "None":
        name = arguments.pop()
        assert isinstance(name, Name)
        binders.append((name.text, None))
    for keyword, value in call.keywords:
        if isinstance(value, Span) and value.upper is not None:
            binders.append((keyword, c.size(value.upper)))
    return _bound(c, arguments[0], binders) if binders else _reduced(c, call)


def _bound(c: Conformity, body: Node, binders: list[tuple[str, Axis]]) -> Sides:
    if not binders:
        return c.shape(body)
    with c.bound(*binders[-1]):
        return _bound(c, body, binders[:-1])


def _trace(c: Conformity, call: Call) -> Sides:
    sides = c.vector(_first(call))
    c.axes.same(*sides)
    return SCALAR


def _pair(c: Conformity, call: Call) -> Sides:
    left, right = (c.vector(a) for a in call.arguments[:2])
    c.axes.same_shape(left, right)
    return SCALAR


def _dot(c: Conformity, call: Call) -> Sides:
    left, right = (c.vector(a) for a in call.arguments[:2])
    if None in left or None in right:
        return UNKNOWN
    return c.joined("·", left, right)


def _gradient(c: Conformity, call: Call) -> Sides:
    of, wrt = call.arguments[:2]
    if isinstance(of, Call) and of.name == "grad":
        return c.repeated(of.arguments[0], (of.arguments[-1], wrt))
    c.scalar(of)
    return c.shape(wrt)


def _hessian(c: Conformity, call: Call) -> Sides:
    of, *wrt = call.arguments[:3]
    return c.repeated(of, (wrt[0], wrt[-1]))


def _jacobian(c: Conformity, call: Call) -> Sides:
    of, wrt = (c.vector(a) for a in call.arguments[:2])
    return c.jacobian(of, wrt)


def _softmax_slope(c: Conformity, call: Call) -> Sides:
    of = c.vector(_first(call))
    return c.jacobian(of, of)


def _formal(c: Conformity, call: Call) -> Sides:
    c.shape(call.arguments[0])
    return c.shape(call.arguments[1])


def _ones(c: Conformity, call: Call) -> Sides:
    sides = [c.size(a) for a in call.arguments[:2]]
    return (sides[0], sides[1] if len(sides) > 1 else ONE)


def _eye(c: Conformity, call: Call) -> Sides:
    side = c.size(_first(call))
    return (side, side)


def _kron(c: Conformity, call: Call) -> Sides:
    names = [a.text for a in call.arguments if isinstance(a, Name)]
    if len(names) == 2:
        c.axes.same(c.index(names[0]), c.index(names[1]))
    return SCALAR


def _diag(c: Conformity, call: Call) -> Sides:
    of = c.vector(_first(call))
    return c.jacobian(of, of)


_RULES: Mapping[str, Rule] = {
    "sum": _sum,
    **dict.fromkeys(("norm", "mean", "logsumexp"), _reduced),
    "softmax": lambda c, call: c.vector(_first(call)),
    **dict.fromkeys(("trace", "tr"), _trace),
    "inner": _pair,
    "dot": _dot,
    "outer": lambda c, call: c.outer(*(c.vector(a) for a in call.arguments[:2])),
    **dict.fromkeys(("grad", "partial"), _gradient),
    "jacobian": _jacobian,
    "hessian": _hessian,
    "formal": _formal,
    "ones": _ones,
    "eye": _eye,
    "size": lambda c, call: SCALAR,
    "kron": _kron,
    "diag": _diag,
    "transpose": lambda c, call: turned(c.vector(_first(call))),
    "matmul": lambda c, call: c.axes.matmul(*(c.vector(a) for a in call.arguments[:2])),
}
