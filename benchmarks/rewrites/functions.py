"""Names by their definitions; activations and their slopes in other forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from benchmarks.rewrites.kind import (
    HALF,
    MINUS,
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
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    number,
)
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, tensors, walk


@kind
def definitions(e: Expression, c: Context) -> Expression | None:
    """A name by its definition, a delta by its formula, or a formula by its name."""
    ways = [_opened_name, _opened_delta, _closed]
    c.rng.shuffle(ways)
    return next((new for way in ways if (new := way(e, c)) is not None), None)


def _opened_name(e: Expression, c: Context) -> Expression | None:
    return c.definition(e) if isinstance(e, Tensor) else None


def _opened_delta(e: Expression, c: Context) -> Expression | None:
    return c.case.formulas.get(e) if isinstance(e, Tensor) else None


def _closed(e: Expression, c: Context) -> Expression | None:
    """A formula by its name; where there is none to be named, a name is added and its formula subtracted."""
    plain = [d for d in c.case.problem.definitions if d.target.layer is None and d.target.name != "E"]
    named = next((d.target for d in plain if d.value == e), None)
    if named is not None or isinstance(e, Tensor):
        return named
    fitting = [d for d in plain if d.target.shape == shape(d.value) and d.target.shape in (shape(e), SCALAR)]
    chosen = c.rng.choice(fitting) if fitting else None
    return None if chosen is None else plus_zero(e, chosen.target, chosen.value)


def _sigmoid_slopes(z: Expression) -> tuple[Expression, ...]:
    s, e = apply("sigmoid", z), apply("exp", minus(z))
    half = apply("tanh", Product((HALF, z)))
    return (
        Product((s, Sum((UNIT, minus(s))))),
        Sum((s, minus(square(s)))),
        Product((e, inverse(square(Sum((UNIT, e)))))),
        Product((number(Fraction(1, 4)), Sum((UNIT, minus(square(half)))))),
        Product((s, apply("sigmoid", minus(z)))),
        Product((UNIT, inverse(Sum((number(2), apply("exp", z), e))))),
    )


def _tanh_slopes(z: Expression) -> tuple[Expression, ...]:
    t, up, down = apply("tanh", z), apply("exp", z), apply("exp", minus(z))
    return (
        Sum((UNIT, minus(square(t)))),
        square(apply("sech", z)),
        inverse(square(apply("cosh", z))),
        Product((number(4), inverse(square(Sum((up, down)))))),
        Product((Sum((UNIT, minus(t))), Sum((UNIT, t)))),
        Product((number(4), Elementwise(apply("sigmoid", z).function, (Product((number(2), z)),), 1))),
    )


def _relu_slopes(z: Expression) -> tuple[Expression, ...]:
    positive = apply("gt", z, ZERO)
    return (
        positive, apply("step", z), apply("where", positive, UNIT, ZERO), square(positive),
        apply("lt", ZERO, z), Sum((UNIT, minus(apply("le", z, ZERO)))), apply("gt", apply("relu", z), ZERO),
    )  # fmt: skip


def _softplus_slopes(z: Expression) -> tuple[Expression, ...]:
    return (apply("sigmoid", z), inverse(Sum((UNIT, apply("exp", minus(z))))),
            Product((apply("exp", z), inverse(Sum((UNIT, apply("exp", z)))))))  # fmt: skip


def _silu_slopes(z: Expression) -> tuple[Expression, ...]:
    s = apply("sigmoid", z)
    return (Product((s, Sum((UNIT, Product((z, Sum((UNIT, minus(s))))))))),
            Sum((s, Product((z, s)), minus(Product((z, s, s))))))  # fmt: skip


SLOPES: dict[str, Callable[[Expression], tuple[Expression, ...]]] = {
    "sigmoid": _sigmoid_slopes,
    "tanh": _tanh_slopes,
    "relu": _relu_slopes,
    "softplus": _softplus_slopes,
    "silu": _silu_slopes,
}


@kind
def slopes(e: Expression, c: Context) -> Expression | None:
    """f′ in its many forms; where there is none, two forms of the slope of some function are added and subtracted."""
    if isinstance(e, Elementwise) and e.order == 1 and e.function.name in SLOPES:
        return c.rng.choice(SLOPES[e.function.name](e.arguments[0]))
    if isinstance(e, Elementwise) and e.order == 0 and e.function.name == "gt" and e.arguments[1] == ZERO:
        return c.rng.choice(_relu_slopes(e.arguments[0]))
    opened = _opened(e, c)
    for name in ("sigmoid", "tanh"):
        for part in walk(opened):
            is_name = isinstance(part, Elementwise) and part.function.name == name and part.order == 0
            if is_name and opened in SLOPES[name](part.arguments[0]):  # type: ignore[attr-defined]
                return c.rng.choice(SLOPES[name](part.arguments[0]))  # type: ignore[attr-defined]
    t = c.term(shape(e))
    forms = SLOPES[c.rng.choice(sorted(SLOPES))](t)
    return plus_zero(e, *c.rng.sample(forms, 2))


def _opened(e: Expression, c: Context) -> Expression:
    """The formula with its activations opened: a1 is sigmoid(z1)."""
    values = {t: d for t in tensors(e) if isinstance(d := c.definition(t), Elementwise)}
    return substitute(e, dict(values))


def values_of(name: str, z: Expression, others: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Other ways to write f(z)."""
    up, down, positive = apply("exp", z), apply("exp", minus(z)), apply("gt", z, ZERO)
    half, double = Product((HALF, z)), Product((number(2), z))
    scaled = Product((z, inverse(apply("sqrt", number(2)))))
    table: dict[str, Callable[[], tuple[Expression, ...]]] = {
        "sigmoid": lambda: (
            inverse(Sum((UNIT, down))), Product((up, inverse(Sum((UNIT, up))))),
            Sum((UNIT, minus(apply("sigmoid", minus(z))))), Product((HALF, Sum((UNIT, apply("tanh", half))))),
        ),
        "tanh": lambda: (
            Sum((Product((number(2), apply("sigmoid", double))), MINUS)), minus(apply("tanh", minus(z))),
            Product((Sum((up, minus(down))), inverse(Sum((up, down))))),
            Product((apply("sinh", z), inverse(apply("cosh", z)))),
        ),
        "relu": lambda: (
            Product((z, positive)), apply("maximum", z, ZERO), Product((HALF, Sum((z, apply("abs", z))))),
            apply("where", positive, z, ZERO), Sum((z, apply("relu", minus(z)))),
        ),
        "leaky_relu": lambda: (
            apply("where", positive, z, Product((*others, z))),
            Sum((apply("relu", z), minus(Product((*others, apply("relu", minus(z))))))),
        ),
        "softplus": lambda: (
            apply("log", Sum((UNIT, up))), Sum((z, apply("softplus", minus(z)))),
            minus(apply("log", apply("sigmoid", minus(z)))),
        ),
        "silu": lambda: (Product((z, apply("sigmoid", z))), Product((z, inverse(Sum((UNIT, down)))))),
        "gelu": lambda: (Product((HALF, z, Sum((UNIT, apply("erf", scaled))))),),
        "elu": lambda: (apply("where", positive, z, Product((*others, Sum((up, MINUS))))),),
        "exp": lambda: (square(apply("exp", half)), inverse(down), Product((up, UNIT))),
        "abs": lambda: (
            Product((z, apply("sign", z))), Sum((apply("relu", z), apply("relu", minus(z)))),
            apply("sqrt", square(z)), apply("maximum", z, minus(z)), apply("abs", minus(z)),
        ),
        "sign": lambda: (Sum((positive, minus(apply("lt", z, ZERO)))), minus(apply("sign", minus(z)))),
        "cosh": lambda: (Product((HALF, Sum((up, down)))),),
        "erf": lambda: (minus(apply("erf", minus(z))),),
    }  # fmt: skip
    return table[name]() if name in table else ()


ADDED = ("sigmoid", "tanh", "relu", "softplus", "silu", "abs", "exp")


@kind
def values(e: Expression, c: Context) -> Expression | None:
    """f(z) in other words: σ by exponentials or tanh, ReLU by |·|, softplus by log …"""
    if isinstance(e, Elementwise) and e.order == 0:
        forms = values_of(e.function.name, e.arguments[0], e.arguments[1:])
        return c.rng.choice(forms) if forms else None
    if isinstance(e, Shorthand) and e.name == "softmax":
        z = e.operands[0]
        up = apply("exp", z)
        shifted = Shorthand("softmax", (Sum((z, c.term(SCALAR))),), e.axis)
        return c.rng.choice((Product((up, inverse(Reduce(up, e.axis)))), shifted))
    name, t = c.rng.choice(ADDED), c.term(shape(e))
    return plus_zero(e, apply(name, t), c.rng.choice(values_of(name, t, ())))
