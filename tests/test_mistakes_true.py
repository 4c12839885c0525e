"""What is named first is true of the answer, in the answer's own wording; and words about layers need layers."""

from __future__ import annotations

import tomllib

import pytest

from derive.checking.check import Checker
from derive.exercises import exercise
from derive.problems import from_table

PROBLEMS = {
    "quadratic": '[shapes]\nA=["n","n"]\nx=["n"]\n[question]\nobjective="x.T@A@x"\nwrt="x"\n',
    "entropy": '[shapes]\na=[]\ny=[]\n[question]\nobjective="-(y*log(a)+(1-y)*log(1-a))"\nwrt="a"\n',
    "signs": '[shapes]\nx=["n"]\nw=["n"]\ny=[]\n[assume]\nequations=["y**2=1"]\n'
    '[question]\nobjective="log(1+exp(-y*(w.T@x)))"\nwrt="w"\n',
    "recurrent": '[shapes]\nW=["n","n"]\nh0=["n"]\nx1=["n"]\nx2=["n"]\ny=["n"]\n'
    '[define]\nh1="tanh(W@h0+x1)"\nh2="tanh(W@h1+x2)"\nd2="(h2-y)*(1-h2**2)"\nd1="(W.T@d2)*(1-h1**2)"\n'
    '[question]\nobjective="1/2*sum((h2-y)**2)"\nwrt="W"\n',
    "momentum": '[shapes]\nW=["n"]\nv=["n"]\nx=["n"]\neta=[]\nmu=[]\n[define]\nE="1/2*sum((W-x)**2)"\n'
    'u="mu*v+grad(E,W)"\n[question]\nvalue="W-eta*u"\n',
    "layers": '[network]\nwidths="n0,...,nL"\nactivations="f"\n[question]\nwrt="delta[l]"\n',
    "entry": '[shapes]\nz=["n"]\n[indices]\ni="n"\nj="n"\n[define]\np="softmax(z)"\n'
    '[question]\nobjective="softmax(z)[i]"\nwrt="z[j]"\n',
    "softmax": '[shapes]\nz=["n"]\n[define]\na="softmax(z)"\n[question]\nobjective="a"\nwrt="z"\n',
    "linear": '[network]\nwidths=["n0","n1","n2"]\nactivations=["sigmoid","identity"]\n[question]\nwrt="W1"\n',
    "averaged": '[network]\nwidths=["n0","n1"]\nactivations=["sigmoid"]\nloss="bce"\nbatch="m"\nl2="lam/(2*m)"\n'
    '[question]\nwrt="W1"\n',
}

NAMED = [
    # problem or exercise, wrong answer, the code that is named first, what the sentence says
    ("quadratic", "2*x", "matrix-as-identity", "The matrix A is missing, as if it were the identity."),
    ("quadratic", "2*A.T@x + A@x", "factor-two", "A factor 2 too much in A.T @ x."),
    ("entropy", "-y/a - (1-y)/(1-a)", "minus-for-plus", "You subtract (1 - y)/(1 - a) where it has to be added."),
    ("entropy", "y/a + (1-y)/(1-a)", "plus-for-minus", "You add y/a where it has to be subtracted."),
    ("signs", "-y*x*sigma(y*w.T@x)", "sign-in-function", "The sign inside sigmoid((y*w.T) @ x) is wrong."),
    ("softmax", "diag(a*(1-a))", "softmax-as-sigmoid", ""),
    ("signs", "(sigma(w.T@x) - y)*x", "labels-as-zero-one", "You use y as if it were 0 or 1; here it is 1 or −1."),
    ("recurrent", "d2@h1.T", "held-constant", "You treat h1 as constant, but W is in there, too."),
    ("recurrent", "d2@h1.T - d1@h0.T", "minus-for-plus", "where it has to be added."),
    ("recurrent", "d1@h1.T + d2@h0.T", "names-exchanged", "d1 and d2 have changed places in your answer."),
    ("momentum", "W - eta*(W - x)", "missing-term", "The term mu*v is missing."),
    ("momentum", "W - mu*v - eta*(W - x)", "rate-on-one-term", "The learning rate is missing in front of mu*v."),
    ("momentum", r"W - 2\eta\mu v - \eta (W - x)", "factor-two", r"A factor 2 too much in -\eta*\mu*v."),
    ("layers", "(W[l].T @ delta[l+1])*f'(z[l])", "shape", ""),
    ("entry", "p[i]*(1 - p[i])", "right-on-diagonal", ""),
    ("entry", "p[i]*(1 - p[j])", "kronecker-forgotten", "The factor kron(i,j) is dropped."),
    ("softmax", "diag(a)", "softmax-diagonal-only", ""),
    (
        "linear",
        "(W2.T@((a2-y)*a2*(1-a2))*a1*(1-a1))@x.T",
        "extra-factor",
        "The factor a2*(1 - a2) does not belong there",
    ),
    ("averaged", "(A1-Y)@X.T/m + lam*W1", "mean-missing-in-regulariser", "the factor 1/m is missing"),
    ("averaged", "(A1-Y)@X.T/m + lam/(2*m)*W1**2", "regulariser-not-differentiated", ""),
    ("scalar-l2", "(a2-y)*sigma2'(z2)*a1 + lam*W2**2", "regulariser-not-differentiated", "on W2"),
    ("scalar-l2", "(a2-y)*a1 + 2*lam*W2", "missing-output-slope", "of the output layer"),
    ("total-derivative", "2*u*v + u^2*h'(t)", "missing-slope", "The slope g'(t) is missing."),
    ("learning-features", "(h-y)*w@x.T", "missing-slope", "The slope f'(z) is missing."),
    ("vanishing-gradient", "w1*w2*w3*a1*a2*a3", "function-for-derivative", ""),
    ("gradient-two-variables", "[[3*x[1]**2],[6*x[1]*x[2]]]", "entries-swapped", ""),
    ("root-of-squares", "2*(yhat-y)", "root-forgotten", ""),
]
CHECKERS: dict[str, Checker] = {}


def checker(name: str) -> Checker:
    if name not in CHECKERS:
        table = PROBLEMS.get(name)
        CHECKERS[name] = Checker(exercise(name).problem if table is None else from_table(tomllib.loads(table)))
    return CHECKERS[name]


@pytest.mark.parametrize(("name", "answer", "code", "said"), NAMED, ids=lambda part: str(part)[:30])
def test_the_first_name_is_the_slip_that_was_made(name: str, answer: str, code: str, said: str) -> None:
    first = checker(name).check(answer).mistakes[0]
    assert first.code == code
    assert said in first.message


@pytest.mark.parametrize(("name", "answer"), [("jacobian-elementwise", "g'(z)"), ("softmax", "a*(1-a)")])
def test_a_column_that_belongs_on_the_diagonal(name: str, answer: str) -> None:
    assert [m.code for m in checker(name).check(answer).mistakes][:2] == ["shape", "diagonal-forgotten"]
