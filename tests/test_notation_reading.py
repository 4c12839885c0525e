"""What text means: precedence, literals, spellings of names, components, sums, functions, families, answers."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from derive.expression.functions import FUNCTIONS, apply, unspecified
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Dimension,
    Elementwise,
    Expression,
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
)
from derive.expression.scope import Conventions, Scope
from derive.expression.shapes import shape
from derive.expression.shorthand import NOTATIONS
from derive.expression.sizes import SCALAR, layer_size, layer_symbol, size
from derive.expression.text import text
from derive.notation import free_names, read, read_answer, read_relation
from tests.expressions import SCOPE

T = SCOPE.tensors
S, LAM, X, V, W1 = T["s"], T["lam"], T["x"], T["v"], T["W1"]
I1, J = SCOPE.indices["i"], SCOPE.indices["j"]


def same(*texts: str) -> None:
    """All the texts are one expression."""
    first, *others = (read(t, SCOPE) for t in texts)
    for t, e in zip(texts[1:], others, strict=True):
        assert e == first, f"{texts[0]} and {t}: {text(first)} and {text(e)}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2", number(2)),
        ("0.1", number("1/10")),
        ("1e-3", number("1/1000")),
        ("½", number("1/2")),
        ("1/2", number("1/2")),
        ("-1/2", number("-1/2")),
        ("-s", Product((number(-1), S))),
        ("-2*s", Product((number(-2), S))),
        ("-s*lam", Product((number(-1), S, LAM))),
        ("-2**2", Product((number(-1), Power(number(2), number(2))))),
        ("1/2*s", Product((number("1/2"), S))),
        ("1/s", Product((number(1), Power(S, number(-1))))),
        ("s - 2*lam", Sum((S, Product((number(-2), LAM))))),
        ("s - lam*s", Sum((S, Product((number(-1), LAM, S))))),
        ("s - 1/2", Sum((S, number("-1/2")))),
        ("s + lam + 1", Sum((S, LAM, number(1)))),
        ("(s + lam) + 1", Sum((Sum((S, LAM)), number(1)))),
        ("s/lam*2", Product((S, Power(LAM, number(-1)), number(2)))),
        ("s/(lam*2)", Product((S, Power(Product((LAM, number(2))), number(-1))))),
        ("2*W1 @ x", MatMul((Product((number(2), W1)), X))),
        ("W1 @ x*s", Product((MatMul((W1, X)), S))),
        ("-W1 @ x", Product((number(-1), MatMul((W1, X))))),
        ("s**lam**2", Power(S, Power(LAM, number(2)))),
        ("s**-lam", Power(S, Product((number(-1), LAM)))),
        ("s*-lam", Product((S, Product((number(-1), LAM))))),
        ("+s", S),
        ("--s", Product((number(-1), Product((number(-1), S))))),
        ("W1.T @ y", MatMul((Transpose(W1), T["y"]))),
        ("s**2.T", Power(S, Transpose(number(2)))),
    ],
)
def test_precedence_and_literals(written: str, meant: Expression) -> None:
    assert read(written, SCOPE) == meant


def test_decimals_are_exact() -> None:
    e = read("0.1 + 0.2 - 0.3", SCOPE)
    assert isinstance(e, Sum)
    assert sum(t.value for t in e.terms if isinstance(t, Number)) == Fraction(0)


def test_sizes_have_spellings_too() -> None:
    scope = Scope(sizes={"n1": size("n1"), "N": size("N")})
    assert read("ones(n_1, N)", scope) == read("ones(n1, N)", scope)


def test_spellings_of_one_name_are_one_name() -> None:
    same("W1", "W_1", "W^1", "W^{1}", "W^(1)", "W^{(1)}", "W^[1]", "W^{[1]}", "W[1]", "W_{1}", "W₁", "W¹", "Ｗ1")
    same("W1.T", "W^1.T", "W^{1}.T", "W^(1).T", "W^{(1)}.T", "W^[1].T", "W^{[1]}.T", "W_1ᵀ", "W^1ᵀ")
    same("W1[2,1]", "W^1[2,1]", "W^(1)[2,1]", "W^{(1)}[2,1]", "W^[1][2,1]")
    same("delta1", "δ1", "δ₁", r"\delta1", r"\delta_1", "δ^1", "delta_1")
    same("lam", "lambda", "λ", r"\lambda")
    same("yhat", "ŷ", "Z1", "A1", "y_hat")
    same("alpha", "α", "𝛼")


def test_a_declared_name_keeps_its_powers() -> None:
    scope = Scope(tensors={"W": Tensor("W", SCALAR), "W2": Tensor("W2", SCALAR)})
    assert read("W^2", scope) == Power(scope.tensors["W"], number(2))
    assert read("W^{(2)}", scope) == read("W^{[2]}", scope) == scope.tensors["W2"]


def test_signs_beyond_ascii() -> None:
    same("x - v", "x − v")
    same("x*v", "x⊙v", "x ∘ v", "x × v", "multiply(x, v)", "np.multiply(x, v)")
    same("x**2", "x^2", "x²", "square(x)", "x^{2}")
    same("s**(-1)", "s⁻¹", "s^-1")
    same("x.T", "xᵀ", "x^T", "transpose(x)", "x.transpose()", "np.transpose(x)")
    same("f'(x)", "f′(x)", "f’(x)")
    same("f''(x)", "f″(x)", "f′′(x)")
    same("x >= v", "x ≥ v")
    same("sigmoid'(x)", "sigma'(x)", "σ′(x)", "logistic'(x)")


def test_a_dot_scales_or_is_a_dot_product_or_a_matrix_product() -> None:
    same("s·x", "s*x")
    same("x·v", "dot(x, v)", "x.dot(v)", "np.dot(x, v)")
    same("W1·x", "W1 @ x", "W1.dot(x)", "np.dot(W1, x)", "matmul(W1, x)")
    same("s·x·v", "dot(s*x, v)")


def test_the_transpose_of_a_declared_T_is_a_power() -> None:
    scope = Scope(tensors={"x": X, "T": S})
    assert read("x^T", scope) == Power(X, S)


def test_components_count_from_one_and_follow_the_vector() -> None:
    assert read("W1[j,i]", SCOPE) == Component(W1, J, I1)
    assert read("x[i]", SCOPE) == Component(X, I1, None)
    assert read("r[i]", SCOPE) == Component(T["r"], None, I1)
    assert read("W1[2,:]", SCOPE) == Component(W1, 2, None)
    assert read("W1[:,i]", SCOPE) == Component(W1, None, I1)
    assert read("W1[j]", SCOPE) == Component(W1, J, None)
    assert read("(W1 @ x)[j]", SCOPE) == Component(MatMul((W1, X)), J, None)


def test_an_undeclared_index_runs_over_the_axis_it_stands_at() -> None:
    k = Index("k", size("n"))
    assert read("W1[j,k]", SCOPE) == Component(W1, J, k)
    assert read("sum(W1[j,k]*x[k], k)", SCOPE) == IndexSum(Product((Component(W1, J, k), Component(X, k, None))), k)
    assert read("kron(p,k)*x[k]", SCOPE) == Product(
        (KroneckerDelta(Index("p", size("n")), k), Component(X, k, None))
    )  # both run over n, though only one of them stands in a component


def test_sums_over_the_same_letter_are_apart() -> None:
    e = read("sum(x[k], k) + sum(y[k], k)", SCOPE)
    assert isinstance(e, Sum)
    sizes = [t.index.size for t in e.terms if isinstance(t, IndexSum)]
    assert sizes == [size("n"), size("m")]


def test_sums_take_axes_indices_and_ranges() -> None:
    same("sum(W1, axis=0)", "sum(W1, 0)", "W1.sum(axis=0)", "np.sum(W1, axis=0, keepdims=True)", "sum(W1, axis=-2)")
    same("sum(W1)", "W1.sum()", "sum(W1, axis=None)")
    same("mean(W1, axis=1)", "W1.mean(1)")
    same("sum(sum(W1[j,i], i), j)", "sum(W1[j,i], i, j)")
    assert read("sum(s, k=1..n)", SCOPE) == IndexSum(S, Index("k", size("n")))
    assert read("sum(W1, axis=1)", SCOPE) == Reduce(W1, 1)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_of_the_table_is_read(name: str) -> None:
    row = FUNCTIONS[name]
    arguments = ", ".join("x" for _ in row.parameters)
    assert read(f"{name}({arguments})", SCOPE) == Elementwise(row, (X,) * len(row.parameters))


@pytest.mark.parametrize("name", sorted(NOTATIONS))
def test_every_shorthand_is_read(name: str) -> None:
    row = NOTATIONS[name]
    assert read(f"{name}({', '.join(['x'] * row.arity)})", SCOPE) == Shorthand(name, (X,) * row.arity)


def test_functions_in_their_usual_spellings() -> None:
    same("relu(x)", "ReLU(x)")
    same("leaky_relu(x)", "LeakyReLU(x)", "leaky_relu(x, 0.01)", "leaky_relu(x, alpha=1/100)")
    same("maximum(0, x)", "max(0, x)", "np.maximum(0, x)")
    same("exp(-x)", "e^(-x)", "e**(-x)", "np.exp(-x)", "e^{-x}")
    same("log(x)", "ln(x)")
    same("x > 0", "(x > 0)", "1[x > 0]", "[x > 0]", "gt(x, 0)")
    same("norm(x)", "np.linalg.norm(x)")
    same("ones(n)", "ones(n, 1)")
    assert read("pi", SCOPE) == Constant("pi")
    assert read("e", SCOPE) == apply("exp", number(1))
    assert read("f(x)", SCOPE) == Elementwise(unspecified("f"), (X,))
    assert read("where(x > 0, x, 0)", SCOPE) == apply("where", apply("gt", X, number(0)), X, number(0))


def test_a_declared_name_goes_before_a_built_in_one() -> None:
    scope = Scope(tensors={"e": S, "pi": LAM, "x": X}, functions={"exp": unspecified("exp")})
    assert read("e*pi", scope) == Product((S, LAM))
    assert read("exp(x)", scope) == Elementwise(unspecified("exp"), (X,))


def test_derivatives_in_their_spellings() -> None:
    same("grad(E, W1)", "dE/dW1", "∂E/∂W1", "dW1", "dE/dW_1", "∂E/∂W^{(1)}", "dE/dW[1]")
    assert read("dE/dx[1]", SCOPE) == Derivative(T["E"], Component(X, 1, None))
    assert read("2*dE/dW1", SCOPE) == Product((number(2), Derivative(T["E"], W1)))
    assert read("jacobian(y, x)", SCOPE) == Derivative(T["y"], X, "jacobian")
    assert read("partial(E, x)", SCOPE) == Derivative(T["E"], X, "partial")
    chain = read("dE/dy * dy/dx", SCOPE)
    assert chain == Product((Derivative(T["E"], T["y"]), Derivative(T["y"], X, "formal")))
    assert read("d(s**2)/ds", SCOPE) == Derivative(Power(S, number(2)), S)


def test_sizes_are_numbers() -> None:
    assert read("1/N", SCOPE) == Product((number(1), Power(Dimension(size("N")), number(-1))))
    assert read("ones(2*n, N - 1)", SCOPE) == Ones((2 * size("n"), size("N") - 1))


def test_families_take_layers() -> None:
    layer = layer_symbol("l")
    following = Tensor("H", (layer_size("d", layer + 1), size("N")), layer + 1)
    assert read("H[l+1]", SCOPE) == following
    same("H[l]", "H^l", "H^(l)", "H^{(l)}", "H^{[l]}", "H_l")
    same("K[l][1,2]", "K[l,1,2]")
    same("H[l][:,1]", "H[l,:,1]")
    member = read("K[L]", SCOPE)
    assert shape(member) == (layer_size("d", layer_symbol("L")), layer_size("d", layer_symbol("L") - 1))
    assert read("d[l-1]", SCOPE) == Dimension(layer_size("d", layer - 1))
    assert read("sum(H[l][k,1], k)", SCOPE) == IndexSum(
        Component(read("H[l]", SCOPE), Index("k", layer_size("d", layer)), 1), Index("k", layer_size("d", layer))
    )


def test_product_signs_as_their_author_means_them() -> None:
    meant = Conventions(operators={"*": "matrix", "⊙": "elementwise", r"\otimes": "outer"})
    scope = dataclasses.replace(SCOPE, conventions=meant)
    assert read("W1*x", scope) == MatMul((W1, X))
    assert read("s*x", scope) == Product((S, X))
    assert read("x⊙v", scope) == Product((X, V))
    assert read("x⊗v", scope) == Shorthand("outer", (X, V))


def test_ill_shaped_formulas_are_still_read() -> None:
    assert read("x @ x @ W1 + y", SCOPE) == Sum((MatMul((X, X, W1)), T["y"]))


# ---- answers


def test_an_answer_defines_relates_and_claims() -> None:
    answer = read_answer("d = A1 - Y\ndE/dZ1 = d*f'(Z1)\n  = d; -d @ X.T\n\n", SCOPE)
    assert [line.kind for line in answer.lines] == ["definition", "relation", "claim"]
    definition, relation, claim = answer.lines
    d = Tensor("d", (size("m"), size("N")))
    assert definition.name == d
    assert answer.definitions == ((d, read("A1 - Y", SCOPE)),)
    assert relation.expressions == (Derivative(T["E"], T["Z1"]), Product((d, apply_f(T["Z1"]))), d)
    assert claim.expressions == (Product((number(-1), MatMul((d, Transpose(T["X"]))))),)
    assert claim.position.line == 3


def apply_f(argument: Expression) -> Expression:
    return Elementwise(unspecified("f"), (argument,), 1)


def test_a_known_name_on_the_left_is_claimed_not_defined() -> None:
    for left in ("delta1", "δ1", "dW1", "grad(E, W1)", "lambda"):
        assert [line.kind for line in read_answer(f"{left} = s*x", SCOPE).lines] == ["relation"]


def test_brackets_keep_lines_together_and_commas_in_calls() -> None:
    assert read("sum(\nx,\naxis=0)", SCOPE) == Reduce(X, 0)
    assert len(read_answer("s +\n lam\n* 2", SCOPE).lines) == 1


def test_a_relation_has_two_sides() -> None:
    assert read_relation("sum(y) = 1", SCOPE) == (Reduce(T["y"]), number(1))


def test_free_names_are_quantities() -> None:
    assert free_names("grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)") == ("A", "x", "y")
    assert free_names("sum(W[j,k]*x[k], k) + np.tanh(z)") == ("W", "x", "z")
