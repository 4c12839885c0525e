"""What a derivative is meant to be where the definitions alone would say something else."""

from __future__ import annotations

import pytest

from derive import check
from derive.checking.certificates import certificate_of
from derive.errors import Unsupported
from derive.problems import loads

UNKNOWN_LOSS = """
[shapes]
X = ["n", "m"]
W = ["k", "n"]
V = ["k", "m"]
L = []
[define]
Y = "W @ X"
Z = "Y * V"
"""

NAMED = """
[shapes]
B = ["n", "n"]
V = ["n", "h"]
L = []
[define]
C = "B @ V"
G = "grad(L, C)"
H = "grad(L, B)"
"""

BYPASSED = """
[shapes]
x = ["n"]
w = ["n"]
b = []
y = []
[define]
z = "w.T @ x + b"
a = "sigmoid(z)"
E = "-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z))"
"""

VALUES = """
[shapes]
X = ["m", "n"]
W1 = ["n", "d"]
W2 = ["d", "k"]
Y = ["m", "k"]
[define]
Z = "relu(X @ W1)"
U = "Z @ W2"
E = "sum((U - Y)**2)/2"
"""

NORMALISED = """
[shapes]
x = ["m"]
gamma = []
beta = []
G = ["m"]
eps = []
[assume]
positive = ["eps"]
[define]
mu = "mean(x)"
v = "mean((x - mu)**2)"
h = "(x - mu)/sqrt(v + eps)"
y = "gamma*h + beta"
L = "sum(G*y)"
"""

NESTED = """
[shapes]
x = []
w = []
[define]
a = "tanh(w*x)"
b = "a**2*w"
E = "b**3 + a*b + w"
P = "b**2"
Q = "sin(a)"
S = "P + Q"
"""

TIED = """
[shapes]
W = ["n", "n"]
x = ["n"]
y = ["n"]
[functions]
f = "unspecified"
[define]
p = "W @ x"
h = "f(p)"
q = "W @ h"
r = "q + h"
E = "sum((q - y)**2)/2"
"""

SEVERAL_PATHS = (
    (TIED, "dE/dW = dE/dq @ dq/dW", "proved"),
    (TIED, "dE/dW = dE/dq @ dq/dW + dE/dp @ dp/dW", "proved"),
    (TIED, "dE/dW = dE/dq @ dq/dW + 2*dE/dp @ dp/dW", "refuted"),
    (TIED, "dE/dW = dE/dq @ dq/dW + dE/dh @ dh/dW", "proved"),
    (TIED, "dr/dx = dr/dq @ dq/dx + dr/dh @ dh/dx", "undecided"),
    (TIED, "dr/dx[j] = dr/dq @ dq/dx[j] + dr/dh @ dh/dx[j]", "proved"),
    (TIED, "dr/dx[j] = dr/dq @ dq/dx[j] + 2*dr/dh @ dh/dx[j]", "refuted"),
    (NORMALISED, "dL/dx[j] = dL/dh[j]*dh[j]/dx[j] + dL/dmu*dmu/dx[j] + dL/dv*dv/dx[j]", "proved"),
    (NORMALISED, "dL/dx[j] = dL/dh[j]*dh[j]/dx[j] + dL/dmu*dmu/dx[j] + dL/dv*2*(x[j] - mu)/m", "proved"),
    (NORMALISED, "dL/dx[j] = dL/dh[j]/sqrt(v + eps) + dL/dmu*dmu/dx[j] + dL/dv*dv/dx[j]", "proved"),
    (NORMALISED, "dL/dx = dL/dh @ dh/dx + dL/dmu*dmu/dx + dL/dv*dv/dx", "proved"),
    (NORMALISED, "dL/dx = dL/dh @ dh/dx", "proved"),
    (NORMALISED, "dL/dx[j] = dL/dh[j]*dh[j]/dx[j] + dL/dmu*dmu/dx[j]", "refuted"),
    (NORMALISED, "dL/dx[j] = dL/dh[j]*dh[j]/dx[j] + dL/dmu*dmu/dx[j] - dL/dv*dv/dx[j]", "refuted"),
    (NORMALISED, "dL/dmu = sum(dL/dh[i]*dh[i]/dmu, i) + dL/dv*dv/dmu", "proved"),
    (NORMALISED, "dL/dgamma = sum(dL/dy[i]*dy[i]/dgamma, i)", "proved"),
    (NESTED, "dE/dw = dE/db*db/dw + dE/da*da/dw + 1", "proved"),
    (NESTED, "dE/dw = dE/db*db/dw + dE/da*da/dw", "refuted"),
    (NESTED, "db/dw = db/da*da/dw + a**2", "proved"),
    (NESTED, "dS/dw = dP/db*db/dw + dQ/da*da/dw", "proved"),
)

CLAIMS = (
    (UNKNOWN_LOSS, "dL/dX = W.T @ dL/dY", "proved"),
    (UNKNOWN_LOSS, "dL/dX = 2*W.T @ dL/dY", "refuted"),
    (UNKNOWN_LOSS, "dL/dW = dL/dY @ X.T", "proved"),
    (UNKNOWN_LOSS, "dL/dW = 0*W", "refuted"),
    (UNKNOWN_LOSS, "dL/dY = dL/dZ * V", "proved"),
    (UNKNOWN_LOSS, "dL/dY = dL/dZ", "refuted"),
    (UNKNOWN_LOSS, "dL/dW[i,j] = sum(dL/dY[i,q]*X[j,q], q)", "proved"),
    (UNKNOWN_LOSS, "dL/dW = dL/dZ @ dZ/dW", "proved"),
    (UNKNOWN_LOSS, "G = dL/dY\ndL/dX = W.T @ G", "proved"),
    (UNKNOWN_LOSS, "G = dL/dY\ndL/dX = 2*W.T @ G", "refuted"),
    (UNKNOWN_LOSS, "partial(L, X) = 0", "undecided"),
    (UNKNOWN_LOSS, "grad(grad(L, W[1,1]), W) = 0*W", "undecided"),
    (NAMED, "dL/dV = B.T @ G", "proved"),
    (NAMED, "H = G @ V.T", "proved"),
    (NAMED, "H = 2*G @ V.T", "refuted"),
    (NAMED, "H = 0*B", "refuted"),
    (NAMED, "L = sum(G*C)", "undecided"),
    (NAMED, "grad(G[1,1], V) = 0*V", "undecided"),
    (BYPASSED, "g = dE/da\ndE/dz = g * da/dz", "proved"),
    (BYPASSED, "dE/da = (a - y)/(a*(1 - a))", "proved"),
    (BYPASSED, "dE/da = 0", "refuted"),
    (BYPASSED, "dE/dz = dE/da * da/dz", "proved"),
    (BYPASSED, "dE/dz = -dE/da * da/dz", "refuted"),
    (BYPASSED, "dE/dw = dE/da * da/dz * dz/dw", "proved"),
    (BYPASSED, "dz/da = 1/(a*(1 - a))", "undecided"),
    (BYPASSED, "dz/da = 0", "undecided"),
    (BYPASSED, "dy/da = 0", "undecided"),
    (VALUES, "grad(E, relu(X @ W1) @ W2) = U - Y", "proved"),
    (VALUES, "grad(E, relu(X @ W1) @ W2) = Y - U", "refuted"),
    (VALUES, "grad(E, relu(X @ W1)) = (U - Y) @ W2.T", "proved"),
    (VALUES, "grad(E, X @ W1) = (U - Y) @ W2.T", "undecided"),
)


@pytest.mark.parametrize(("problem", "claim", "expected"), CLAIMS)
def test_what_is_meant(problem: str, claim: str, expected: str) -> None:
    assert check(loads(problem), claim).verdict == expected


@pytest.mark.parametrize(("problem", "claim", "expected"), SEVERAL_PATHS)
def test_a_path_holds_fixed_what_the_other_paths_lead_through(problem: str, claim: str, expected: str) -> None:
    assert check(loads(problem), claim).verdict == expected


def test_an_unknown_loss_may_be_what_is_asked_for() -> None:
    problem = loads(UNKNOWN_LOSS + '[question]\nobjective = "L"\nwrt = "W"\n')
    assert check(problem, "dL/dY @ X.T").verdict == "proved"
    assert check(problem, "0*W").verdict == "refuted"


def test_a_loss_that_is_not_written_in_a_name_is_undecided() -> None:
    problem = loads(BYPASSED.replace('E = "', 'E = "z*y + '))
    verdict = check(problem, "dE/da = y")
    assert verdict.verdict == "undecided"
    assert "not written in terms of a" in str(verdict.reason)


@pytest.mark.parametrize(("problem", "claim"), [(UNKNOWN_LOSS, "dL/dW = 0*W"), (BYPASSED, "dE/da = 0")])
def test_no_certificate_of_what_is_not_meant(problem: str, claim: str) -> None:
    with pytest.raises(Unsupported, match="custom"):
        certificate_of(loads(problem), claim)
