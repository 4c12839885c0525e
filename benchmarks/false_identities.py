"""False identities around gates, domains and cancellations: none may be proved.

Usage: python benchmarks/false_identities.py [--write]

Each is one of the templates below with formulas put in for u and v. It counts only if the two sides certainly differ at
a point where both are defined (`refute`: exact or ball arithmetic, apart from the prover). With --write the table goes
to benchmarks/results/false_identities.md. Exit code 1 if one is proved.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from derive.equality.prove import Prover
from derive.equality.search import refute
from derive.errors import DeriveError, LimitError
from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Derivative,
    Diag,
    Dimension,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    Ones,
    Power,
    Reduce,
    Shorthand,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.sizes import column, matrix, size
from derive.expression.text import text

RESULTS = Path(__file__).parent / "results" / "false_identities.md"

Pair = tuple[Expression, Expression]
Template = Callable[[Expression, Expression], Pair]


@dataclass(frozen=True)
class False_:
    """left = right is false; `family` says what it is about."""

    family: str
    left: Expression
    right: Expression


def f(name: str, *arguments: Expression | int) -> Expression:
    return apply(name, *(number(a) if isinstance(a, int) else a for a in arguments))


def _pos(u: Expression) -> Expression:
    return f("gt", u, 0)


def _neg(u: Expression) -> Expression:
    return f("lt", u, 0)


def _tie(u: Expression) -> Expression:
    return f("eq", u, 0)


_HALF = number("1/2")
_R, _A, _L, _E = (lambda u, n=n: f(n, u) for n in ("relu", "abs", "log", "exp"))

GATES: tuple[Template, ...] = (
    lambda u, v: (_pos(u), f("ge", u, 0)),
    lambda u, v: (_pos(u) + _neg(u), number(1)),
    lambda u, v: (f("sign", u), 2 * _pos(u) - 1),
    lambda u, v: (f("sign", u) ** 2, number(1)),
    lambda u, v: (f("step", u) + f("step", -u), number(1)),
    lambda u, v: (f("ge", u, 0) + f("le", u, 0), number(1)),
    lambda u, v: (f("ge", u, 0) * f("le", u, 0), number(0)),
    lambda u, v: (f("where", u, number(1), number(0)), _pos(u)),
    lambda u, v: (_tie(u), number(0)),
    lambda u, v: (f("ne", u, 0), number(1)),
    lambda u, v: (_R(u), u),
    lambda u, v: (_R(u), _A(u)),
    lambda u, v: (_R(-u), -_R(u)),
    lambda u, v: (_R(u) * _pos(u), u),
    lambda u, v: (_R(u) - _R(-u), _A(u)),
    lambda u, v: (_R(u) + _R(-u), u),
    lambda u, v: (_R(u) ** 2, u**2),
    lambda u, v: (_R(_R(u) - 1), _R(u) - 1),
    lambda u, v: (_A(u), u),
    lambda u, v: (_A(u) ** 3, u**3),
    lambda u, v: (_A(u) * f("sign", u), _A(u)),
    lambda u, v: (u * f("sign", u), u),
    lambda u, v: (_pos(u), _pos(2 * u - 1)),
    lambda u, v: (_pos(u), _pos(u + 1)),
    lambda u, v: (_pos(_R(u)), f("ge", u, 0)),
    lambda u, v: (_pos(u**2), number(1)),
    lambda u, v: (_pos(_A(u)), number(1)),
    lambda u, v: (f("leaky_relu", u, number("1/10")), u * _pos(u)),
    lambda u, v: (f("leaky_relu", -u, number("1/10")), -f("leaky_relu", u, number("1/10"))),
    lambda u, v: (f("elu", u, number(1)), _E(u) - 1),
    lambda u, v: (_E(u) * _neg(u) + 1 - _neg(u), number(1)),
    lambda u, v: (_E(u) * _tie(u), 2 * _tie(u)),
    lambda u, v: (f("sigmoid", u) * _tie(u), _tie(u)),
)

PAIRS: tuple[Template, ...] = (
    lambda u, v: (f("gt", u, v), f("ge", u, v)),
    lambda u, v: (f("gt", u, v), f("gt", v, u)),
    lambda u, v: (f("gt", u, v) + f("gt", v, u), number(1)),
    lambda u, v: (_pos(u * v), _pos(u) * _pos(v)),
    lambda u, v: (f("sign", u * v), f("sign", u)),
    lambda u, v: (f("maximum", u, v), u + v - u * f("gt", v, u)),
    lambda u, v: (f("maximum", u, v), u + _R(u - v)),
    lambda u, v: (f("maximum", u, v), f("minimum", u, v)),
    lambda u, v: (f("minimum", u, v), -f("maximum", u, v)),
    lambda u, v: (f("maximum", u, v), u * f("gt", u, v) + v * f("lt", u, v)),
    lambda u, v: (_R(u) * _R(v), _R(u * v)),
    lambda u, v: (_A(u + v), _A(u) + _A(v)),
    lambda u, v: (_R(u + v), _R(u) + _R(v)),
    lambda u, v: (_A(u * v), u * v),
    lambda u, v: (_A(u) * v, u * _A(v)),
    lambda u, v: (f("where", _pos(u), u, v), f("maximum", u, v)),
    lambda u, v: (f("where", u, v, 2 * v), v),
    lambda u, v: (_pos(u) * _pos(v), _pos(u + v)),
)

DOMAINS: tuple[Template, ...] = (
    lambda u, v: (f("sqrt", u**2), u),
    lambda u, v: (Power(u**2, _HALF), u),
    lambda u, v: (f("sqrt", u**6), u**3),
    lambda u, v: (f("sqrt", u**2 * v**2), u * v),
    lambda u, v: (f("sqrt", u + v), f("sqrt", u) + f("sqrt", v)),
    lambda u, v: (Power(u**2, number("1/3")), u),
    lambda u, v: (_E(_L(u**2) / 2), u),
    lambda u, v: (_E(-_L(1 / (u**2)) / 2), u),
    lambda u, v: (_E(-_L(1 / (u + v) ** 2) / 2), u + v),
    lambda u, v: (_E(_L(u**2 * v**2) / 2), u * v),
    lambda u, v: (_L(u**2 + v**2), 2 * _L(u) + 2 * _L(v)),
    lambda u, v: (_L(1 / u**2), 2 * _L(_A(u))),
    lambda u, v: (_L(u**2), _L(_A(u))),
    lambda u, v: (_L(_E(u) + _E(v)), u + v),
    lambda u, v: (_L(1 + _E(u)), u),
    lambda u, v: (_L(2 * u**2), 2 * _L(2 * _A(u))),
    lambda u, v: (_L(_E(u) * 2), u),
    lambda u, v: (Power(u**2, scalar("s")), Power(u, 2 * scalar("s"))),
    lambda u, v: (Power(u, 2 * scalar("s")), _A(Power(u, 2 * scalar("s")))),
    lambda u, v: (Power(_A(u), scalar("s")), Power(u, scalar("s"))),
    lambda u, v: (Power(u, Dimension(size("n"))), Power(_A(u), Dimension(size("n")))),
    lambda u, v: (Power(-u, Dimension(size("n"))), -Power(u, Dimension(size("n")))),
    lambda u, v: (_E(u * v), _E(u) * _E(v)),
    lambda u, v: (_E(u + v), _E(u) + _E(v)),
    lambda u, v: (1 / (u + v), 1 / u + 1 / v),
    lambda u, v: ((u / (v**2 + 1)) ** 2, u**2 / (v**2 + 1)),
    lambda u, v: (1 / f("sqrt", u**2 + 1), 1 / (_A(u) + 1)),
)

CANCELLATIONS: tuple[Template, ...] = (
    lambda u, v: (u / _A(u), number(1)),
    lambda u, v: (_R(u) / u, number(1)),
    lambda u, v: ((u - u) / (v**2 + 1), number(1)),
    lambda u, v: ((u**2 - v**2) / (u - v), u - v),
    lambda u, v: ((u**2 + v**2) / (u + v), u + v),
    lambda u, v: (u / u, number(0)),
    lambda u, v: (u / u, _A(u) / u),
    lambda u, v: (_R(u - u), _R(u)),
    lambda u, v: (f("ge", u - u, 0), f("ge", u, 0)),
    lambda u, v: (f("ge", u - u, 0), number(0)),
    lambda u, v: (f("gt", u - u, 0), number(1)),
    lambda u, v: (f("sign", u - u), f("sign", u)),
    lambda u, v: (f("where", u - u, u, v), u),
    lambda u, v: (f("sigmoid", u - u), number(0)),
    lambda u, v: (_E(u - u), number(0)),
    lambda u, v: (_R(u) - _R(u) * _pos(v), number(0)),
    lambda u, v: (u * _pos(v) + u * _neg(v), u),
    lambda u, v: ((u * v + u) / (v**2 + v), u),
)

LOGISTIC: tuple[Template, ...] = (
    lambda u, v: (f("sigmoid", -u), -f("sigmoid", u)),
    lambda u, v: (f("sigmoid", u) * (1 - f("sigmoid", u)), f("sigmoid", u) ** 2),
    lambda u, v: (f("tanh", 2 * u), 2 * f("tanh", u)),
    lambda u, v: (f("tanh", u), 2 * f("sigmoid", u) - 1),
    lambda u, v: (f("sigmoid", 2 * u), f("sigmoid", u) ** 2),
    lambda u, v: (f("softplus", -u), f("softplus", u) + u),
    lambda u, v: (f("softplus", u), _R(u)),
    lambda u, v: (f("erf", -u), f("erf", u)),
    lambda u, v: (f("gelu", u), f("silu", u)),
    lambda u, v: (f("cosh", u) ** 2 + f("sinh", u) ** 2, number(1)),
    lambda u, v: (f("sech", u), 1 / f("cosh", 2 * u)),
    lambda u, v: (f("sigmoid", u + v), f("sigmoid", u) * f("sigmoid", v)),
    lambda u, v: (1 / f("sigmoid", u), 1 + _E(u)),
)

_x, _v = Tensor("x", column("n")), Tensor("v", column("n"))
_W, _K, _M = Tensor("W", matrix("n", "n")), Tensor("K", matrix("n", "n")), Tensor("M", matrix("m", "n"))
_s, _t = scalar("s"), scalar("t")
_i, _j = Index("i", size("n")), Index("j", size("n"))


def _softmax(u: Expression) -> Expression:
    return Shorthand("softmax", (u,))


VECTORS: tuple[Template, ...] = (
    lambda u, v: (_softmax(u), _E(u)),
    lambda u, v: (_softmax(u), _softmax(2 * u)),
    lambda u, v: (_softmax(u), _softmax(-u)),
    lambda u, v: (_softmax(u + v), _softmax(u)),
    lambda u, v: (_softmax(u), _E(u - v) / Reduce(_E(u))),
    lambda u, v: (Reduce(_softmax(u)), Dimension(size("n"))),
    lambda u, v: (_softmax(u) ** 2, _softmax(u)),
    lambda u, v: (Diag(_softmax(u)), _softmax(u) @ Transpose(_softmax(u))),
    lambda u, v: (Shorthand("logsumexp", (u,)), Reduce(u)),
    lambda u, v: (Shorthand("logsumexp", (u,)), Reduce(_L(_E(u)))),
    lambda u, v: (Shorthand("mean", (u,)), Reduce(u)),
    lambda u, v: (Reduce(u) ** 2, Reduce(u**2)),
    lambda u, v: (Shorthand("norm", (u,)), Reduce(_A(u))),
    lambda u, v: (Shorthand("norm", (u + v,)), Shorthand("norm", (u,)) + Shorthand("norm", (v,))),
    lambda u, v: (Reduce(u * v), Reduce(u) * Reduce(v)),
    lambda u, v: (Reduce(_R(u)), _R(Reduce(u))),
    lambda u, v: (_W @ u, Transpose(_W) @ u),
    lambda u, v: (u * (_W @ v), _W @ (u * v)),
    lambda u, v: (Diag(u) @ _W, _W @ Diag(u)),
    lambda u, v: (u @ Transpose(v), v @ Transpose(u)),
    lambda u, v: (Reduce(_W @ u), Reduce(u)),
    lambda u, v: (_R(_W @ u), _W @ _R(u)),
    lambda u, v: (Shorthand("trace", (_W @ _W,)), Shorthand("trace", (_W @ Transpose(_W),))),
    lambda u, v: (_W @ _K @ u, _K @ _W @ u),
    lambda u, v: (Reduce(_W * _K), Shorthand("trace", (_W @ _K,))),
    lambda u, v: (Reduce(_M @ u), Transpose(Ones(column("n"))) @ u * Reduce(_M)),
    lambda u, v: (Reduce(Identity(size("n"))) * u, u),
    lambda u, v: (Component(u, _i, 1) * KroneckerDelta(_i, _j), Component(u, _i, 1)),
    lambda u, v: (IndexSum(Component(u, _i, 1) * Component(v, _i, 1), _i), Component(u, _j, 1) * Reduce(v)),
    lambda u, v: (IndexSum(Component(u, _j, 1), _i), Component(u, _j, 1)),
    lambda u, v: (IndexSum(IndexSum(Component(_W, _i, _j), _i), _j), IndexSum(Component(_W, _i, _i), _i)),
    lambda u, v: (IndexSum(Component(_W, _i, _j) * KroneckerDelta(_i, _j), _i), Component(_W, _i, _j)),
)

SLOPES: tuple[Template, ...] = (
    lambda u, v: (Derivative(Reduce(_R(u)), _x), Derivative(Reduce(u * f("ge", u, 0)), _x)),
    lambda u, v: (Derivative(Reduce(_R(u)), _x), Derivative(Reduce(_A(u)), _x)),
    lambda u, v: (Derivative(Reduce(_A(u)), _x), Derivative(Reduce(u), _x)),
    lambda u, v: (Derivative(Reduce(f("sigmoid", u)), _x), Derivative(Reduce(f("tanh", u)), _x)),
    lambda u, v: (Derivative(Reduce(u * v), _x), Derivative(Reduce(u), _x) * Derivative(Reduce(v), _x)),
    lambda u, v: (Derivative(Reduce(_E(u)), _x), Reduce(_E(u)) * Ones(column("n"))),
    lambda u, v: (Derivative(u, _x, "jacobian"), Transpose(Derivative(u, _x, "jacobian"))),
    lambda u, v: (Derivative(Reduce(u**2), _x), 2 * u),
)

_SCALARS: tuple[Pair, ...] = (
    (_s, _t),
    (_s - _t, _t),
    (_s * _t, _s),
    (2 * _s - 3 * _t, _s * _t),
    (Transpose(_x) @ _v, _s),
    (Component(_W @ _x, _i, 1), _t),
    (_s**2 - _t, _t**3),
)
_VECTORS: tuple[Pair, ...] = (
    (_x, _v),
    (_W @ _x, _v),
    (_x * _v, _x),
    (_W @ _x - _v, _s * _x),
    (Transpose(_W) @ _W @ _x, _x),
)

FAMILIES: dict[str, tuple[tuple[Template, ...], tuple[Pair, ...]]] = {
    "one gate": (GATES, _SCALARS),
    "two arguments": (PAIRS, _SCALARS),
    "logs, roots, powers": (DOMAINS, _SCALARS),
    "cancellations and ties": (CANCELLATIONS, _SCALARS),
    "logistic family": (LOGISTIC, _SCALARS[:4]),
    "gates of vectors": (GATES, _VECTORS[1:3]),
    "sums, softmax, tied weights": (VECTORS, _VECTORS),
    "slopes": (SLOPES, _VECTORS),
}


def false_identities() -> Iterator[False_]:
    """All of them, in a fixed order."""
    for family, (templates, arguments) in FAMILIES.items():
        for template in templates:
            for u, v in arguments:
                yield False_(family, *template(u, v))


def is_false(identity: False_) -> bool:
    """Whether a point is found at which both sides are defined and differ for certain."""
    try:
        return refute(identity.left, identity.right) is not None
    except DeriveError:
        return False


def outcome(identity: False_) -> str:
    try:
        return "not proved" if Prover().equal(identity.left, identity.right) is None else "PROVED"
    except LimitError:
        return "budget"
    except DeriveError:
        return "refused"


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--write", action="store_true", help="write benchmarks/results/false_identities.md")
    is_written = arguments.parse_args().write
    table: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    proved: list[False_] = []
    began = time.perf_counter()
    for identity in false_identities():
        if not is_false(identity):
            table[identity.family]["not known to be false"] += 1
            continue
        found = outcome(identity)
        table[identity.family][found] += 1
        table[identity.family]["false"] += 1
        if found == "PROVED":
            proved.append(identity)
    columns = ("false", "not proved", "budget", "refused", "PROVED", "not known to be false")
    lines = ["# False identities", "", "Written by `python benchmarks/false_identities.py --write`.", ""]
    lines += ["| family | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    total: Counter[str] = Counter()
    for family, counts in table.items():
        lines.append(f"| {family} | " + " | ".join(str(counts[c]) for c in columns) + " |")
        total += counts
    lines += ["| all | " + " | ".join(str(total[c]) for c in columns) + " |", ""]
    print("\n".join(lines), f"{time.perf_counter() - began:.0f} s")
    for identity in proved:
        print(f"PROVED ({identity.family}): {text(identity.left)} = {text(identity.right)}")
    if is_written:
        RESULTS.write_text("\n".join(lines), encoding="utf-8")
    return 1 if proved else 0


if __name__ == "__main__":
    raise SystemExit(main())
