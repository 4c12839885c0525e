"""Problems in which misconceptions are shown, and the worked example of a row: a wrong answer and the right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from derive.differentiation.gradient import gradient
from derive.expression.functions import FUNCTIONS, apply
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Dimension,
    Expression,
    Index,
    MatMul,
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
from derive.expression.problem import Assumptions, Definition, Problem, Question
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix
from derive.expression.text import text
from derive.expression.traverse import substitute, tensors
from derive.mistakes.fingerprint import Fingerprints
from derive.mistakes.row import Row
from derive.mistakes.terms import tidied
from derive.mistakes.work import Candidate, Work
from derive.networks.network import Network


@dataclass(frozen=True)
class Example:
    """A problem in words, and as itself; of a value that has derivatives in it, also the same worked out."""

    words: str
    problem: Problem
    worked: Expression | None = None


@dataclass(frozen=True)
class Worked:
    """A row at work: the problem in words, the right answer, and the answer of somebody who makes the mistake."""

    problem: Problem
    words: str
    right: Expression
    candidate: Candidate

    @property
    def wrong(self) -> Expression:
        return tidied(self.candidate.answer)


def _network(wrt: str, **options: str) -> Callable[[], Example]:
    def made() -> Example:
        given = {"activations": "f", "loss": "half-squared"} | options
        words = " ".join(f"--{name} {value}" for name, value in given.items())
        network = Network(
            widths=tuple(given["widths"].split(",")),
            activations=tuple(given["activations"].split(",")),
            loss=given["loss"],
            batch=given.get("batch"),
            l2=given.get("l2"),
            l1=given.get("l1"),
        )
        return Example(f"{words} --wrt '{wrt}'", network.problem(wrt))

    return made


def _formula(objective: Callable[[Tensor], Expression], wrt: Callable[[Tensor], Expression]) -> Callable[[], Example]:
    """A formula in one column x."""

    def made() -> Example:
        x = Tensor("x", column("n"))
        names = {"x": x, "A": _A, "y": _Y, "S": _S}
        asked = Question(objective(x), wrt(x))
        return Example(f"the derivative of {text(objective(x))} in {text(wrt(x))}", Problem(
            scope=Scope(tensors=names, sizes=_SIZES), question=asked))  # fmt: skip

    return made


_SIZES = {name: column(name)[0] for name in ("n", "m")}
_A, _Y, _S = Tensor("A", matrix("m", "n")), Tensor("y", column("m")), Tensor("S", matrix("n", "n"))
_P = scalar("p")
_N, _M = (Dimension(size) for size in _SIZES.values())
_I, _J = (Index(name, column("n")[0]) for name in ("i", "j"))


def _softmax_entry() -> Example:
    z = Tensor("z", column("n"))
    p = Tensor("p", column("n"))
    softmax = Shorthand("softmax", (z,))
    problem = Problem(
        scope=Scope(tensors={"z": z, "p": p}, indices={"i": _I, "j": _J}),
        definitions=(Definition(p, softmax),),
        question=Question(Component(softmax, _I, None), Component(z, _J, None)),
    )
    return Example("the derivative of softmax(z)[i] in z[j], with p = softmax(z)", problem)


def _twice() -> Example:
    x = Tensor("x", column("n"))
    objective = Reduce(apply("softplus", MatMul((_A, x))))
    problem = Problem(
        scope=Scope(tensors={"x": x, "A": _A}, indices={"i": _I, "j": _J}, sizes=_SIZES),
        question=Question(Derivative(objective, Component(x, _I, None)), Component(x, _J, None)),
    )
    return Example("the derivative of sum(softplus(A@x)) in x[i] and x[j]", problem)


def _quantity(words: str, value: Expression, function: str | None = None) -> Callable[[], Example]:
    """Something that is asked for as it is, in two widths n and m."""

    def made() -> Example:
        functions = {} if function is None else {"f": FUNCTIONS[function]}
        scope = Scope(sizes=_SIZES, functions=functions, tensors={"p": _P, "W": Tensor("W", matrix("m", "n"))})
        return Example(words, Problem(scope=scope, question=Question(value=value)))

    return made


def _step() -> Example:
    """W − η ∂E/∂W for the least squares of A W against y with a penalty, the gradient worked out."""
    w, rate, lam = Tensor("W", column("n")), scalar("eta"), scalar("lam")
    error = Sum((MatMul((_A, w)), Product((number(-1), _Y))))
    objective = number("1/2") * Reduce(Power(error, number(2))) + number("1/2") * lam * Reduce(Power(w, number(2)))
    e = scalar("E")
    names = {t.name: t for t in (w, rate, lam, e, _A, _Y)}
    asked = Question(value=w - rate * Derivative(e, w))
    problem = Problem(scope=Scope(tensors=names, sizes=_SIZES), definitions=(Definition(e, objective),), question=asked)
    words = f"W - eta*grad(E, W), with E = {text(objective)}"
    return Example(words, problem, w - rate * gradient(problem, w).result)


def _normalised() -> Example:
    x, s = Tensor("x", column("n")), scalar("s")
    size = Shorthand("norm", (x,))
    weights = Tensor("y", column("n"))
    objective = Reduce(weights * x * s**-1)
    problem = Problem(
        scope=Scope(tensors={"x": x, "y": weights, "s": s}, sizes=_SIZES), definitions=(Definition(s, size),),
        question=Question(objective, x),
    )  # fmt: skip
    return Example("the derivative of sum(y*x/s) in x, with s = norm(x)", problem)


def _margin() -> Example:
    x, w, y = Tensor("x", column("n")), Tensor("w", column("n")), scalar("y")
    objective = apply("log", 1 + apply("exp", -(y * MatMul((Transpose(w), x)))))
    problem = Problem(
        scope=Scope(tensors={"x": x, "w": w, "y": y}, sizes=_SIZES), question=Question(objective, w),
        assumptions=Assumptions(equations=((Power(y, number(2)), number(1)),), equation_texts=("y**2 = 1",)),
    )  # fmt: skip
    return Example("the derivative of log(1 + exp(-y*w.T@x)) in w, with y**2 = 1", problem)


def _masked() -> Example:
    x, m = Tensor("x", column("n")), Tensor("M", column("m"))
    error = Sum((m * apply("tanh", MatMul((_A, x))), -_Y))
    problem = Problem(
        scope=Scope(tensors={"x": x, "A": _A, "y": _Y, "M": m}, sizes=_SIZES),
        question=Question(number("1/2") * Reduce(Power(error, number(2))), x),
        assumptions=Assumptions(binary=frozenset({"M"})),
    )  # fmt: skip
    return Example("the derivative of 1/2*sum((M*tanh(A@x) - y)**2) in x, M of 0 and 1", problem)


def _whole(x: Tensor) -> Expression:
    return x


_NET = {"widths": "n0,n1,n2", "activations": "tanh,sigmoid", "batch": "N", "l2": "lam/2"}
_SQUARE = {"widths": "n,n,n"}

_COUNT = Sum((Product((_M, _N)), _M, Product((number(3), _M)), number(3)))
_RANGE = Product((1 - apply("gt", _P, number(1)), apply("gt", _P, number("1/2"))))

EXAMPLES: dict[str, Callable[[], Example]] = {
    "net": _network("W1", **_NET),
    "net-mean": _network("W1", **{**_NET, "l2": "lam/2/N"}),
    "bias": _network("b1", **_NET),
    "plain": _network("W1", widths="n0,n1,n2"),
    "mse": _network("W2", widths="n0,n1,n2", activations="sigmoid", loss="mse", batch="N"),
    "relu": _network("W1", widths="n0,n1,n2", activations="relu,identity", batch="N"),
    "leaky": _network("W1", widths="n0,n1,n2", activations="leaky_relu,identity"),
    "elu": _network("W1", widths="n0,n1,n2", activations="elu,identity"),
    "silu": _network("W1", widths="n0,n1", activations="silu"),
    "l1": _network("W2", widths="n0,n1,n2", activations="tanh", batch="N", l1="lam"),
    "bce": _network("W2", widths="n0,n1,n2", activations="tanh,sigmoid", loss="bce", batch="N"),
    "ce": _network("W2", widths="n0,n1,n2", activations="relu,softmax", loss="softmax-ce", batch="N"),
    "softmax": _network("W1", widths="n0,n1", activations="softmax", loss="half-squared"),
    "softmax-batch": _network("W1", widths="n0,n1", activations="softmax", loss="half-squared", batch="N"),
    "square": _network("W1", **_SQUARE),
    "square-W2": _network("W2", **_SQUARE),
    "square-l2": _network("W1", **_SQUARE, l2="lam/2"),
    "square-batch": _network("W1", **_SQUARE, batch="n"),
    "entry": _network("W1[i,j]", widths="n,n"),
    "entry-batch": _network("W1[i,j]", widths="n,n", batch="n"),
    "entry-sum": _network("W1[i,j]", widths="n,n", batch="n"),
    "step": _step,
    "normalised": _normalised,
    "margin": _margin,
    "masked": _masked,
    "output": _network("W2", widths="n0,n1,n2", activations="sigmoid"),
    "scaled": _formula(lambda x: Reduce(apply("tanh", MatMul((_A, x)) * apply("sqrt", _N) ** -1)), _whole),
    "count": _quantity("n inputs, m hidden units and 3 outputs: how many parameters?", _COUNT),
    "he": _quantity(
        "n ReLU units before each of m: which variance of the weights keeps that of the sums?",
        Product((number(2), Power(_N, number(-1)))),
        "relu",
    ),
    "basel": _quantity(
        "the sum of 1/t² over t = 1, 2, …", Product((Power(Constant("pi"), number(2)), Power(number(6), number(-1))))
    ),
    "range": _quantity("for which p does Σ 1/tᵖ diverge, and Σ 1/t²ᵖ converge?", _RANGE),
    "jacobian": _softmax_entry,
    "second": _twice,
    "power": _formula(lambda x: Reduce(Power(x, number(3))), _whole),
    "squares": _formula(lambda x: Reduce(Power(x, number(2))), _whole),
    "sine": _formula(lambda x: Reduce(apply("sin", x)), _whole),
    "inner": _formula(lambda x: Reduce(Power(apply("tanh", MatMul((_A, x))), number(2))), _whole),
    "quadratic": _formula(lambda x: MatMul((Transpose(x), _S, x)), _whole),
    "norm": _formula(lambda x: Shorthand("norm", (Sum((MatMul((_A, x)), Product((number(-1), _Y)))),)), _whole),
}
"""Problems by the names that rows use for them; each is made when it is first needed."""


@cache
def work(example: str) -> tuple[Example, Work, Fingerprints]:
    """The derivation of an example, ready to be spoiled."""
    made = EXAMPLES[example]()
    value = made.worked or made.problem.question.value
    if value is not None:
        return made, Work(made.problem, value, None), Fingerprints(made.problem, value)
    assert made.problem.question.wrt is not None
    derivation = gradient(made.problem, made.problem.question.wrt)
    derived = Work(made.problem, derivation.result, derivation)
    return made, derived, Fingerprints(made.problem, derivation.result, derived.facts.errors)


@cache
def worked(row: Row) -> Worked | None:
    """The row's slip in its example; None if it leads to nothing wrong there."""
    made, derived, prints = work(row.example)
    right = prints.of(derived.expected)
    found = [c for c in derived.single((row,)) if prints.of(c.answer) not in (None, right)]
    if not found:
        return None
    candidate = min(found, key=lambda c: (c.stage, len(text(c.answer))))
    return Worked(made.problem, made.words, _alike(derived, candidate.answer), candidate)


def _alike(work: Work, wrong: Expression) -> Expression:
    """The right answer with those names written out that the wrong one does not have."""
    values: dict[Expression, Expression] = {s.name: s.result for s in work.stages if s.name is not None}
    right = work.expected
    while any(t in values and t not in tensors(wrong) for t in tensors(right)):
        right = substitute(right, {t: value for t, value in values.items() if t not in tensors(wrong)})
    return tidied(right)
