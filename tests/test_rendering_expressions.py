"""Laws of setting expressions: every node has a rule, and what is written means one thing only."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from derive.expression.functions import FUNCTIONS, apply, from_formula, unspecified
from derive.expression.nodes import (
    NODES,
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.shapes import shape
from derive.expression.shorthand import NOTATIONS
from derive.expression.sizes import SCALAR, column, layer_size, layer_symbol, matrix, size
from derive.writing.broadcasting import with_ones
from derive.writing.latex import RULES as LATEX_RULES
from derive.writing.latex import latex, latex_writer
from derive.writing.names import display_width
from derive.writing.unicode import RULES as UNICODE_RULES
from derive.writing.unicode import unicode, unicode_with_shapes
from tests.expressions import random_expression as anything

n, m = 3, 2
x, y, A, B, c, d = (
    Tensor("x", column(n)), Tensor("y", column(n)), Tensor("A", matrix(n, n)), Tensor("B", matrix(n, n)),
    scalar("c"), scalar("d"),
)  # fmt: skip
i, j = Index("i", size(n)), Index("j", size(n))
f = unspecified("f")

W1, b1, X = Tensor("W1", matrix("n1", "n0")), Tensor("b1", column("n1")), Tensor("X", matrix("n0", "N"))
E, lam, N = scalar("E"), scalar("lam"), Dimension(size("N"))
layer = layer_symbol("l")
Wl = Tensor("W", (layer_size("n", layer), layer_size("n", layer - 1)), layer)

EXAMPLES: dict[type[Expression], Expression] = {
    Number: number("-1/3"), Constant: Constant("pi"), Dimension: N, Tensor: Wl, Sum: x - y, Product: c * x / d,
    Power: x**2, MatMul: A @ x, Transpose: A.T, Elementwise: Elementwise(f, (x,), 1), Reduce: Reduce(A, 1),
    Component: Component(A, i, None), IndexSum: IndexSum(Component(x, i, None), i),
    KroneckerDelta: KroneckerDelta(i, j),
    Diag: Diag(x), Ones: Ones(matrix("n", "m")), Identity: Identity(size("n")),
    Explicit: Explicit(((c, d), (number(1), number(2)))), Derivative: Derivative(E, x),
    Shorthand: Shorthand("norm", (x,)),
}  # fmt: skip


def test_every_node_class_has_a_rule_and_an_example() -> None:
    assert set(LATEX_RULES) == set(UNICODE_RULES) == set(NODES) == set(EXAMPLES)
    for e in EXAMPLES.values():
        assert latex(e)
        assert unicode(e)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_every_function_is_set_in_both_scripts(name: str, order: int) -> None:
    row = FUNCTIONS[name]
    e = Elementwise(row, (x, c, d)[: len(row.parameters)], order)
    assert latex(e).count("{") == latex(e).count("}")
    assert "\\" not in unicode(e)
    if order in (1, 2):
        assert "'" * order in latex(e)
        assert "′" * order in unicode(e)


@pytest.mark.parametrize("name", sorted(NOTATIONS))
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_every_shorthand_is_set_and_axes_stay_apart(name: str, axis: Any) -> None:
    row = NOTATIONS[name]
    operands = (x, y) if row.arity == 2 else (A,)
    e = Shorthand(name, operands, axis if row.takes_axis else None)
    assert latex(e)
    if row.takes_axis and axis is not None:
        assert latex(e) != latex(Shorthand(name, operands, 1 - axis))
        assert unicode(e) != unicode(Shorthand(name, operands, 1 - axis))


@pytest.mark.parametrize(
    ("e", "expected", "shown"),
    [
        (Product((Power(N, number(-1)), W1 @ X)), r"\frac{1}{N} W_{1} X", "(1/N) W₁ X"),
        (lam / 2 * Reduce(W1**2), r"\frac{\lambda}{2} \sum W_{1}^{\odot 2}", "(λ/2) Σ W₁⊙²"),
        (Transpose(Wl), r"W^{[l]\top}", "W⁽ˡ⁾ᵀ"),
        (W1.T @ b1 * apply("sigmoid", x, order=1), r"W_{1}^{\top} b_{1} \odot \sigma'(x)", "W₁ᵀ b₁ ⊙ σ′(x)"),
        (Shorthand("norm", (x,)) ** 2, r"\lVert x \rVert^{2}", "‖x‖²"),
        (number("1/2") * Shorthand("norm", (x,)) ** 2, r"\frac{1}{2} \lVert x \rVert^{2}", "½ ‖x‖²"),
        (apply("gt", x, number(0)), r"\mathbf{1}[x > 0]", "𝟙[x > 0]"),
        (Derivative(E, W1), r"\frac{\partial E}{\partial W_{1}}", "∂E/∂W₁"),
        (Derivative(Shorthand("inner", (x, A @ y)), y, "partial"),
         r"\frac{\partial}{\partial y} \langle x, A y \rangle", "∂⟨x, A y⟩/∂y"),
        (KroneckerDelta(i, j), r"\delta_{i j}", "δᵢⱼ"),
        (IndexSum(Component(A, i, j) * Component(x, j, None), j), r"\sum_{j=1}^{3} A_{i,j} x_{j}", "Σⱼ Aᵢⱼ xⱼ"),
        (scalar("yhat"), r"\hat{y}", "ŷ"),
        (Product((number(2), Sum((c, -d)))), "2 (c - d)", "2(c − d)"),
        (Product((number(-2), c)), "-2 c", "−2c"),
        (1 / (1 + apply("exp", -x)), r"\frac{1}{1 + \mathrm{e}^{-x}}", "1/(1 + e⁻ˣ)"),
    ],
)  # fmt: skip
def test_formulas_are_written_as_mathematicians_do(e: Expression, expected: str, shown: str) -> None:
    assert latex(e) == expected
    assert unicode(e) == shown


# -- what is written means one thing: formulas that look the same have the same value ----------------------------------

PRIME = 1_000_003
RANDOM = random.Random(20)
VALUES = {t: np.array([[RANDOM.randrange(2, PRIME) for _ in range(int(t.shape[1]))] for _ in range(int(t.shape[0]))],
                      dtype=object) for t in (x, y, A, B, c, d)}  # fmt: skip


def value(e: Expression) -> Any:
    """The value modulo a prime; functions and powers are stand-ins that tell arguments apart."""
    return np.vectorize(lambda v: int(v) % PRIME, otypes=[object])(EVALUATE[type(e)](e))


def _residue(fraction: Fraction) -> int:
    return fraction.numerator * pow(fraction.denominator, -1, PRIME) % PRIME


def _product(e: Product) -> Any:
    result = value(e.factors[0])
    for factor in e.factors[1:]:
        result = result * value(factor) % PRIME
    return result


def _matmul(e: MatMul) -> Any:
    result = value(e.factors[0])
    for factor in e.factors[1:]:
        right = value(factor)
        if result.size == 1 or right.size == 1:
            result = result * right % PRIME
        elif result.shape == right.shape and right.shape[1] == 1:
            result = result.T @ right % PRIME
        else:
            result = result @ right % PRIME
    return result


EVALUATE: dict[type[Expression], Callable[[Any], Any]] = {
    Number: lambda e: np.array([[_residue(e.value)]], dtype=object),
    Tensor: lambda e: VALUES[e],
    Sum: lambda e: sum((value(t) for t in e.terms[1:]), value(e.terms[0])),
    Product: _product,
    Power: lambda e: np.vectorize(lambda b: pow(b, int(e.exponent.value), PRIME), otypes=[object])(value(e.base)),
    MatMul: _matmul,
    Transpose: lambda e: value(e.operand).T,
    Elementwise: lambda e: (value(e.arguments[0]) ** 3 + 7 + e.order) % PRIME,
    Reduce: lambda e: value(e.operand).sum(axis=e.axis, keepdims=True),
    Diag: lambda e: np.diag(value(e.operand).ravel()),
    Shorthand: lambda e: np.array([[(value(e.operands[0]) * value(e.operands[-1])).sum()]], dtype=object),
}  # fmt: skip


def random_expression(rng: random.Random, depth: int, wanted: str) -> Expression:
    """A formula that conforms; `wanted` is s (scalar), v (column) or m (square matrix)."""
    leaves = {"s": (c, d, number(2), number(-3), number("1/2")), "v": (x, y), "m": (A, B)}
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(leaves[wanted])

    def part(kind: str) -> Expression:
        return random_expression(rng, depth - 1, kind)

    everywhere: list[Callable[[], Expression]] = [
        lambda: Sum((part(wanted), part(wanted))),
        lambda: Sum((part(wanted), Product((number(-1), part(wanted))))),
        lambda: Product((part("s"), part(wanted))),
        lambda: Product((part(wanted), part(wanted))),
        lambda: Product((part(wanted), Power(part("s"), number(-1)))),
        lambda: Product((number(-1), part(wanted))),
        lambda: Product((part("s"), part("s"), part(wanted))),
        lambda: Power(part(wanted), number(rng.choice([-1, 2, 3]))),
        lambda: Elementwise(f, (part(wanted),), rng.choice([0, 1])),
        lambda: MatMul((part("s"), part(wanted))),
    ]
    special: dict[str, list[Callable[[], Expression]]] = {
        "s": [
            lambda: Reduce(part(rng.choice("vm")), None),
            lambda: MatMul((Transpose(part("v")), part("v"))),
            lambda: MatMul((part("v"), part("v"))),
            lambda: Shorthand("dot", (part("v"), part("v"))),
            lambda: Shorthand("norm", (part("v"),)),
        ],
        "v": [
            lambda: MatMul((part("m"), part("v"))),
            lambda: MatMul((part("m"), part("m"), part("v"))),
            lambda: Reduce(part("m"), 1),
            lambda: Transpose(Reduce(part("m"), 0)),
        ],
        "m": [
            lambda: MatMul((part("m"), part("m"))),
            lambda: Transpose(part("m")),
            lambda: Diag(part("v")),
            lambda: MatMul((part("v"), Transpose(part("v")))),
        ],
    }
    return rng.choice(everywhere + special[wanted] * 2)()


@pytest.mark.parametrize("write", [latex, unicode])
def test_formulas_that_look_the_same_have_the_same_value(write: Callable[[Expression], str]) -> None:
    rng = random.Random(7)
    seen: dict[str, list[Expression]] = defaultdict(list)
    for k in range(4000):
        e = random_expression(rng, 2 if k % 3 else 3, rng.choice("svm"))
        seen[write(e).replace(" ", "")].append(e)
    collisions = 0
    for looks, formulas in seen.items():
        different = set(formulas)
        if len(different) == 1:
            continue
        collisions += len(different) - 1
        try:
            values = [value(e) for e in different]
        except ValueError:  # a division by zero modulo the prime
            continue
        assert all(v.shape == values[0].shape and (v == values[0]).all() for v in values), (looks, different)
    assert collisions > 20, "the generator no longer produces formulas that look alike"


def test_brackets_come_in_pairs() -> None:
    rng = random.Random(8)
    shapes = [SCALAR, column("n"), matrix("m", "N")]
    for k in range(400):
        e = anything(rng, shape=rng.choice(shapes), odd=k % 4 == 0) if k % 2 else random_expression(rng, 4, "m")
        written, shown = latex(e), unicode(e)
        assert written.count("{") == written.count("}")
        assert written.count(r"\left") == written.count(r"\right")
        assert shown.count("(") == shown.count(")")


def test_terms_of_a_sum_joined_are_the_sum() -> None:
    e = W1 @ X - b1 + lam * W1 @ X
    writer = latex_writer()
    assert " ".join(writer.pieces(e)) == latex(e)


def test_a_broken_term_says_the_same() -> None:
    e = x * (c * y - d * x + y)
    assert "".join(latex_writer().pieces(e, frozenset([0]))).replace(r"\Bigl(", "(").replace(r"\Bigr)", ")").replace(
        " ", ""
    ) == latex(e).replace(" ", "")


def test_shapes_under_factors() -> None:
    written = latex(W1 @ X + b1, shapes=True)
    assert r"\underbrace{W_{1}}_{n_{1} \times n_{0}}" in written
    above, below = unicode_with_shapes(W1 @ X + b1)
    assert "".join(above.split()) == "W₁X+b₁"
    assert below.split() == ["n₁×n₀", "n₀×N", "n₁×1"]
    assert display_width(above) == display_width(below)


def test_broadcasts_are_shown_when_asked() -> None:
    assert latex(W1 @ X + b1, broadcast=True) == r"W_{1} X + b_{1} \mathbf{1}_{N}^{\top}"
    assert shape(with_ones(W1 @ X + b1)) == shape(W1 @ X + b1)
    assert with_ones(c + x) == c + x


def test_what_does_not_conform_is_still_shown() -> None:
    e = W1 @ W1 + x
    assert latex(e) == "W_{1} W_{1} + x"
    assert unicode(e) == "W₁ W₁ + x"
    assert latex(e, shapes=True)
    assert latex(e, broadcast=True)


def test_deep_formulas_are_written_without_recursion() -> None:
    e: Expression = c
    for _ in range(150):
        e = Elementwise(f, (e,))
    assert latex(e).count("f(") == unicode(e).count("f(") == 150


def test_entries_indices_and_names_with_digits_stay_apart() -> None:
    x1, delta = scalar("x1"), Tensor("delta", matrix(n, n))
    entries = [Component(x, 1, None), Component(x, i, None), Component(A, i, j), Component(A, i, None)]
    deltas = [Component(delta, i, j), KroneckerDelta(i, j), scalar("delta12"), Component(delta, 1, 2)]
    apart = [x1, scalar("x_i"), Component(A, None, i), *entries, *deltas]
    assert len({latex(e).replace(" ", "") for e in apart}) == len(apart)
    assert len({unicode(e) for e in apart}) == len(apart)


def test_kinds_of_derivative_stay_apart() -> None:
    of = Shorthand("norm", (x,)) ** 2
    looks = {latex(Derivative(of, x, form)) for form in ("gradient", "partial", "formal")}
    assert len(looks) == 3
    assert latex(Derivative(x, y, "jacobian")) != latex(Derivative(x, y, "formal"))


def test_functions_given_by_a_formula_have_their_name() -> None:
    mish = from_formula("mish", "z", scalar("z") * apply("tanh", apply("softplus", scalar("z"))))
    assert latex(Elementwise(mish, (x,), 1)) == r"\operatorname{mish}'(x)"
    assert unicode(Elementwise(mish, (x,), 1)) == "mish′(x)"


def test_scalars_are_juxtaposed_and_tensors_are_not() -> None:
    assert shape(c) == SCALAR
    assert r"\odot" not in latex(c * d * x)
    assert latex(x * y) == r"x \odot y"
