"""Identities of exponentials, logarithms, gates, roots and softmax, put in where they change nothing."""

from __future__ import annotations

from benchmarks.rewrites.functions import values_of
from benchmarks.rewrites.kind import (
    HALF,
    UNIT,
    Context,
    inverse,
    kind,
    minus,
    plus_zero,
    square,
)
from derive.expression.functions import apply
from derive.expression.nodes import (
    ZERO,
    Elementwise,
    Expression,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    number,
)
from derive.expression.shapes import shape


@kind
def exponentials(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Elementwise) and e.function.name == "exp":
        z = e.arguments[0]
        if isinstance(z, Sum):
            return Product(tuple(apply("exp", t) for t in z.terms))
        return c.rng.choice(values_of("exp", z, ()))
    t, u = c.term(shape(e)), c.term(shape(e))
    split = Product((apply("exp", t), apply("exp", u)))
    return c.rng.choice((
        Product((e, apply("exp", t), apply("exp", minus(t)))),
        Product((e, apply("exp", Sum((t, u))), inverse(split))),
        plus_zero(e, split, apply("exp", Sum((t, u)))),
    ))  # fmt: skip


@kind
def logarithms(e: Expression, c: Context) -> Expression | None:
    """Log laws where they hold: of exponentials, and of products of positive quantities."""
    if isinstance(e, Elementwise) and e.function.name == "log" and _is_positive_product(e.arguments[0]):
        return Sum(tuple(apply("log", f) for f in e.arguments[0].factors))  # type: ignore[attr-defined]
    t = c.term(shape(e))
    positive, s = Sum((UNIT, square(t))), apply("sigmoid", t)
    log = lambda x: apply("log", x)  # noqa: E731
    return c.rng.choice((
        log(apply("exp", e)),
        plus_zero(e, log(Product((positive, s))), Sum((log(positive), log(s)))),
        plus_zero(e, log(inverse(positive)), minus(log(positive))),
        plus_zero(e, log(square(s)), Product((number(2), log(s)))),
        plus_zero(e, log(s), minus(apply("softplus", minus(t)))),
    ))  # fmt: skip


def _is_positive_product(e: Expression) -> bool:
    return isinstance(e, Product) and all(
        isinstance(f, Elementwise) and f.order == 0 and f.function.name in ("exp", "sigmoid") for f in e.factors
    )


@kind
def gates(e: Expression, c: Context) -> Expression | None:
    positive = apply("gt", e, ZERO)
    return c.rng.choice((
        Sum((apply("relu", e), minus(apply("relu", minus(e))))),
        Sum((apply("maximum", e, ZERO), apply("minimum", e, ZERO))),
        apply("where", positive, e, e),
        Sum((Product((e, positive)), Product((e, apply("le", e, ZERO))))),
    ))  # fmt: skip


@kind
def absolute_values(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Power) and e.exponent == number(2):
        return square(apply("abs", e.base))
    return c.rng.choice(
        (Product((apply("abs", e), apply("sign", e))), Product((apply("sign", e), apply("abs", minus(e)))))
    )


@kind
def units(e: Expression, c: Context) -> Expression | None:
    """Multiply by 1 in disguise: σ(t) + σ(−t), cosh² − sinh², tanh² + sech², sin² + cos²."""
    t = c.term(shape(e))
    one = c.rng.choice((
        Sum((apply("sigmoid", t), apply("sigmoid", minus(t)))),
        Sum((square(apply("cosh", t)), minus(square(apply("sinh", t))))),
        Sum((square(apply("tanh", t)), square(apply("sech", t)))),
        Sum((square(apply("sin", t)), square(apply("cos", t)))),
        Sum((apply("gt", t, ZERO), apply("le", t, ZERO))),
    ))  # fmt: skip
    return Product((e, one))


@kind
def softmax_sums(e: Expression, c: Context) -> Expression | None:
    """Softmax sums to 1, and does not change when a number is added everywhere."""
    t = c.matrix()
    p = Shorthand("softmax", (t,))
    return c.rng.choice((
        Product((e, Reduce(p))),
        plus_zero(e, Reduce(Product((p, t))), Reduce(Product((Shorthand("softmax", (Sum((t, UNIT)),)), t)))),
        plus_zero(e, Shorthand("logsumexp", (t,)), apply("log", Reduce(apply("exp", t)))),
    ))  # fmt: skip


@kind
def roots(e: Expression, c: Context) -> Expression | None:
    t = c.term(shape(e))
    q = Sum((UNIT, square(t)))
    root = apply("sqrt", q)
    return c.rng.choice((
        Product((e, root, inverse(root))), Product((e, square(root), inverse(q))),
        plus_zero(e, apply("sqrt", square(t)), apply("abs", t)), Product((e, Power(q, HALF), inverse(root))),
    ))  # fmt: skip


@kind
def poles(e: Expression, c: Context) -> Expression | None:
    """Fractions of σ: σ/(1 − σ) = e^t, 1/σ = 1 + e^{−t}, 1/(σ(1 − σ)) = 1/σ + 1/(1 − σ)."""
    t = c.term(shape(e))
    s = apply("sigmoid", t)
    rest = Sum((UNIT, minus(s)))
    return c.rng.choice((
        plus_zero(e, Product((s, inverse(rest))), apply("exp", t)),
        plus_zero(e, inverse(s), Sum((UNIT, apply("exp", minus(t))))),
        plus_zero(e, inverse(Product((s, rest))), Sum((inverse(s), inverse(rest)))),
        Product((e, rest, Sum((UNIT, Product((s, inverse(rest))))))),
    ))  # fmt: skip
