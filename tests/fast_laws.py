"""A few fast laws of proofs and conventions; a planted fault must make one of them fail."""

from __future__ import annotations

from test_checking_conventions import RIGHT, WRONG, problem
from test_equality_proofs import TRAPS, TRUE

from derive.differentiation.gradient import gradient
from derive.equality import convention as conventions
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.functions import apply, unspecified
from derive.expression.nodes import (
    Component,
    Derivative,
    Diag,
    Elementwise,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    Reduce,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.problem import Assumptions, Definition, Problem
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix, size

Claim = tuple[Expression, Expression]

_s, _t, _u = scalar("s"), scalar("t"), scalar("u")
_x, _v, _y, _q = (Tensor(c, column("n")) for c in "xvyq")
_W, _K, _M = Tensor("W", matrix("n", "n")), Tensor("K", matrix("n", "n")), Tensor("M", matrix("m", "n"))
_i, _j, _k = (Index(c, size("n")) for c in "ijk")


def _f(u: Expression, order: int = 0) -> Expression:
    return Elementwise(unspecified("f"), (u,), order)


def _sigma(u: Expression) -> Expression:
    return apply("sigmoid", u)


def _pos(u: Expression) -> Expression:
    return apply("gt", u, number(0))


MORE_TRUE: tuple[Claim, ...] = (
    (_sigma(_s), 1 / (1 + apply("exp", -_s))),
    (Derivative(_sigma(_s), _s), _sigma(_s) - _sigma(_s) ** 2),
    (1 / _sigma(_s), 1 + apply("exp", -_s)),
    (apply("tanh", _s), (apply("exp", 2 * _s) - 1) / (apply("exp", 2 * _s) + 1)),
    (apply("softplus", _s) - apply("softplus", -_s), _s),
    (_sigma(_x) * apply("exp", -_x), 1 - _sigma(_x)),
    (Transpose(_W @ _K), _K.T @ _W.T),
    (Reduce(_W @ _x, 0), Reduce(_W, 0) @ _x),
    (Reduce(Reduce(_W, 0) * _x.T), Reduce(_W @ Diag(_x))),
    (Derivative(Reduce(_f(_W @ _x)), _W), _f(_W @ _x, 1) @ _x.T),
    (Derivative(_f(_W @ _x), _x, "jacobian"), Diag(_f(_W @ _x, 1)) @ _W),
    (Derivative(apply("sqrt", _x.T @ _x), _x), _x / apply("sqrt", _x.T @ _x)),
    (Derivative(1 / (_s**2 + _t), _s), -2 * _s / (_s**2 + _t) ** 2),
    (Derivative(apply("log", _s**4) + apply("log", _s), _s), 5 / _s),
    (Derivative(apply("exp", _s * _t) * _s**2, _s), (2 * _s + _t * _s**2) * apply("exp", _s * _t)),
    (Derivative(apply("softplus", _s**2), _s), 2 * _s * _sigma(_s**2)),
    (Derivative(Derivative(_sigma(_s), _s), _s), _sigma(_s) * (1 - _sigma(_s)) * (1 - 2 * _sigma(_s))),
    (Derivative(Reduce(apply("abs", _x)), _x), apply("sign", _x)),
    (1 / (_s**2 + 2 * _s * _t + _t**2), (_s + _t) ** -2),
    (1 / (_s * (1 + _s)), 1 / _s - 1 / (1 + _s)),
    (_pos(_s) * _pos(-_s), number(0)),
    (apply("abs", _s) * apply("abs", _t), apply("abs", _s * _t)),
    (apply("relu", _s) - apply("relu", -_s), _s),
    (apply("relu", 3 * _s), 3 * apply("relu", _s)),
    (_pos(apply("relu", _s)), _pos(_s)),
    (apply("exp", _s) * apply("lt", _s, number(0)) + (1 - apply("lt", _s, number(0))) * apply("exp", _s),
     apply("exp", _s)),
    (IndexSum(Component(_W, _i, _k) * Component(_K, _k, _j), _k), Component(_W @ _K, _i, _j)),
    (_y @ _x * Reduce(_v * (_W @ _x)), Reduce(_v * (_W @ _x)) * Reduce(_x * _y)),
    (Reduce(_M * 0 + 1), Reduce(_M.T * 0 + 1)),
    (Component(_x, _i, 1) * KroneckerDelta(_i, _j), Component(_x, _j, 1) * KroneckerDelta(_i, _j)),
    (Component(_sigma(_W), _i, _i), _sigma(Component(_W, _i, _i))),
    (Component(_sigma(Identity(size("n"))), 1, 2), number("1/2")),
)  # fmt: skip

MORE_FALSE: tuple[Claim, ...] = (
    (apply("relu", _s), _s),
    (apply("abs", _s), _s),
    (_pos(_s * _t), _pos(_s)),
    (_pos(_s) * apply("lt", _s, number(0)), _pos(_s)),
    (_W @ _x, _W.T @ _x),
    (_sigma(_W).T, _sigma(_W)),
    (_sigma(-_s), -_sigma(_s)),
    (Reduce(_x * _y), Reduce(_x) * Reduce(_y)),
    (Reduce(_M * 0 + 1), number(1)),
    (_M.T @ _M @ _x, Reduce(_M**2) * _x),
    (Derivative(Reduce(_f(_W @ _x)), _W), _f(_W @ _x) @ _x.T),
    (Component(_W, _i, _j), Component(_W, _j, _i)),
    (Reduce(_W * _K), Reduce(_W * _K.T)),
    (Reduce(_x * 0 + 1), Reduce(Tensor("p", column("m")) * 0 + 1)),
    (apply("sqrt", _s**2 * _t**2), _s * _t),
    (Reduce(_x @ _x.T * (_v @ _v.T)), Reduce(_x * _x) * Reduce(_v * _v)),
)

_BIT_SIGN = apply("step", 1 / (_q + _s**2))

DECLARED = Problem(
    scope=Scope(tensors={"y": _y, "q": _q}),
    assumptions=Assumptions(equations=((Reduce(_y), number(1)),), binary=frozenset({"q"})),
)
_h = Tensor("h", column("n"))
DEFINED = Problem(definitions=(Definition(_h, apply("tanh", _W @ _x)), Definition(_u, Reduce(_h**2))))


def first_failure() -> str | None:
    """The first law that does not hold; None if all do."""
    for name, claim in {**TRUE, **dict(enumerate(MORE_TRUE))}.items():
        if not _proved(Prover(), claim):
            return f"true: {name}"
    for name, claim in {**TRAPS, **dict(enumerate(MORE_FALSE))}.items():
        if _proved(Prover(), claim):
            return f"false: {name}"
    declared, defined = Prover(DECLARED), Prover(DEFINED)
    slope = 2 * _W.T @ (_h * (1 - _h**2))
    checks: tuple[tuple[Prover, Claim, bool], ...] = (
        (declared, (Reduce(_y) * _x, _x), True),
        (declared, (Reduce(_y * _x), Reduce(_x)), False),
        (declared, (_q**2 * _s, _q * _s), True),
        (declared, (_BIT_SIGN, _BIT_SIGN * apply("ne", _s, number(0))), False),
        (declared, (_q**2, 0 * _q + 1), False),
        (defined, (Derivative(_u, _x), slope), True),
        (defined, (Derivative(_u, _x), 0 * _x), False),
        (defined, (Derivative(_u, _x, "partial"), 0 * _x), True),
        (defined, (_u, Reduce(apply("tanh", _W @ _x) ** 2)), True),
    )
    for prover, claim, wanted in checks:
        if _proved(prover, claim) is not wanted:
            return f"declared or defined: {claim}"
    return _conventions()


def _conventions() -> str | None:
    for name, case in {**RIGHT, **WRONG}.items():
        asked = problem(case[0])
        expected = gradient(asked, asked.question.wrt).result
        try:
            found = conventions.convention(Prover(asked), case[1], expected)
        except DeriveError:
            found = None
        if (None if found is None else found.text) != (case[2] if len(case) > 2 else None):
            return f"convention: {name}"
    return None


def _proved(prover: Prover, claim: Claim) -> bool:
    try:
        return prover.equal(*claim) is not None
    except DeriveError:
        return False
