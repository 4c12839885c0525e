"""Elementwise functions as NumPy code that does not overflow: one row for each function of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """How a call is written, with {0}, {1} … for the arguments; the helper that it calls, and what the helper calls."""

    call: str
    helper: str = ""
    needs: tuple[str, ...] = ()
    imports: str = ""


def _helper(text: str, *needs: str, imports: str = "") -> Code:
    """A function of its own in the file."""
    head = text.strip().partition("(")
    count = head[2].partition(")")[0].count(",") + 1
    arguments = ", ".join(f"{{{k}}}" for k in range(count))
    return Code(f"{head[0].removeprefix('def ')}({arguments})", text.strip() + "\n", needs, imports)


FUNCTIONS: dict[str, Code] = {
    "identity": Code("{0}"),
    "sigmoid": _helper('''
def sigmoid(z):
    """1 / (1 + exp(-z)) without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
'''),
    "tanh": Code("np.tanh({0})"),
    "relu": Code("np.maximum({0}, 0.0)"),
    "leaky_relu": _helper('''
def leaky_relu(z, alpha):
    """z where it is positive, else alpha * z."""
    return np.where(z > 0, z, alpha * z)
'''),
    "softplus": _helper('''
def softplus(z):
    """log(1 + exp(z)) without overflow."""
    return np.logaddexp(0.0, z)
'''),
    "exp": Code("np.exp({0})"),
    "log": Code("np.log({0})"),
    "sqrt": Code("np.sqrt({0})"),
    "abs": Code("np.abs({0})"),
    "sign": Code("np.sign({0})"),
    "step": Code("np.where({0} > 0, 1.0, 0.0)"),
    "silu": _helper('''
def silu(z):
    """z * sigmoid(z)."""
    return z * sigmoid(z)
''', "sigmoid"),
    "gelu": _helper('''
def gelu(z):
    """z times the probability that a standard normal number is below z."""
    return 0.5 * z * (1.0 + erf(z / np.sqrt(2.0)))
''', "erf"),
    "elu": _helper('''
def elu(z, alpha):
    """z where it is positive, else alpha * (exp(z) - 1)."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))
'''),
    "erf": _helper('''
def erf(z):
    """The error function, entry by entry."""
    return np.vectorize(math.erf, otypes=[float])(z)
''', imports="math"),
    "sin": Code("np.sin({0})"),
    "cos": Code("np.cos({0})"),
    "cosh": Code("np.cosh({0})"),
    "sinh": Code("np.sinh({0})"),
    "sech": _helper('''
def sech(z):
    """1 / cosh(z) without overflow."""
    return 2 * np.exp(-np.abs(z)) / (1 + np.exp(-2 * np.abs(z)))
'''),
    "maximum": Code("np.maximum({0}, {1})"),
    "minimum": Code("np.minimum({0}, {1})"),
    "where": Code("np.where({0}, {1}, {2})"),
    "gt": Code("1.0 * ({0} > {1})"),
    "ge": Code("1.0 * ({0} >= {1})"),
    "lt": Code("1.0 * ({0} < {1})"),
    "le": Code("1.0 * ({0} <= {1})"),
    "eq": Code("1.0 * ({0} == {1})"),
    "ne": Code("1.0 * ({0} != {1})"),
}  # fmt: skip

SHORTHANDS: dict[str, Code] = {
    "softmax": _helper('''
def softmax(z, axis=None):
    """exp(z) divided by its sum along an axis, without overflow."""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
'''),
    "logsumexp": _helper('''
def logsumexp(z, axis=None):
    """log(sum(exp(z))) along an axis, without overflow; a number if the axis is None."""
    top = np.max(z, axis=axis, keepdims=True)
    value = top + np.log(np.sum(np.exp(z - top), axis=axis, keepdims=True))
    return value.item() if axis is None else value
'''),
}  # fmt: skip


def helpers(used: set[str]) -> tuple[list[str], list[str]]:
    """The modules to import and the helper functions, those that others call first."""
    table = FUNCTIONS | SHORTHANDS
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for other in table[name].needs:
            add(other)
        ordered.setdefault(name)

    for name in sorted(used):
        add(name)
    imports = sorted({table[name].imports for name in ordered} - {""})
    return imports, [table[name].helper for name in ordered if table[name].helper]
