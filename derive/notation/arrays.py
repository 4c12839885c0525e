"""What array libraries call things: names of NumPy, PyTorch, MATLAB and R in our words, as rows of tables.

Everything here is spelling: a call becomes the tree of what it says, `torch.mul(a, b)` that of a*b. What needs shapes
(einsum, reshape, [:, None]) is in `array_calls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from derive.notation.syntax import Call, Chain, Compared, Group, Name, Negated, Node, Num, Raised, Span, Terms, height

MODULES = frozenset({"np", "numpy", "torch", "jnp", "jax", "tf", "scipy", "math", "nn", "functional", "F"})
"""What may stand in front of a function, and says nothing; F may also be a name."""
SUBMODULES = frozenset({"linalg", "special", "nn", "functional", "math"})

NOTHING_SAID = frozenset({"astype", "copy", "float", "double", "detach", "clone", "contiguous", "numpy", "full"})
"""Methods that change how numbers are stored, and not which they are."""

_RENAMED: Mapping[str, str] = {
    **dict.fromkeys(("mm", "mv", "bmm", "linear_combination"), "matmul"),
    **dict.fromkeys(("diagflat", "diag_embed"), "diag"),
    **dict.fromkeys(("average", "reduce_mean"), "mean"),
    **dict.fromkeys(("absolute", "fabs"), "abs"),
    **dict.fromkeys(("view", "resize"), "reshape"),
    **dict.fromkeys(("swapaxes", "permute", "adjoint"), "transpose"),
    **dict.fromkeys(("amax", "fmax"), "maximum"),
    **dict.fromkeys(("amin", "fmin"), "minimum"),
    "mul": "multiply",
    "vdot": "dot",
    "ger": "outer",
    "reduce_sum": "sum",
    "clip": "clamp",
    "expand_dims": "unsqueeze",
    "ravel": "flatten",
}
_KEYWORDS: Mapping[str, str] = {"dim": "axis", "keepdim": "keepdims"}
_REDUCTIONS = frozenset({"sum", "mean", "softmax", "logsumexp", "norm", "log_softmax", "normalize", "unsqueeze"})

Spelled = Callable[[Call], Node]


def translated(call: Call) -> Node:
    """The call in our words, or what it stands for; the call itself where its name is none of a library's."""
    if call.primes or not call.arguments:
        return call
    name = _RENAMED.get(call.name, call.name)
    if name in _REDUCTIONS:
        keywords = tuple((_KEYWORDS.get(k, k), v) for k, v in call.keywords)
        call = replace(call, keywords=keywords)
    call = replace(call, name=name)
    if call.keywords and name not in _WITH_KEYWORDS:
        return call
    counts, spelled = _SPELLED.get(name, ((), None))
    return spelled(call) if spelled is not None and len(call.arguments) in counts else call


# ---- the trees of what calls say


def number(at: Node, value: int | Fraction) -> Num:
    """A number that stands nowhere in the text."""
    return Num(at.start, at.end, 1, Fraction(value), Fraction(value).denominator == 1)


def called(at: Node, name: str, *arguments: Node) -> Call:
    """name(arguments)."""
    return Call(at.start, at.end, height(*arguments), name, at.start, 0, arguments, ())


def _grouped(node: Node) -> Group:
    return Group(node.start, node.end, node.depth, node)


def _chain(call: Call, sign: str, left: Node, right: Node) -> Node:
    left, right = _grouped(left), _grouped(right)
    return Chain(call.start, call.end, height(left, right), left, ((sign, right),))


def _terms(call: Call, sign: str, left: Node, right: Node) -> Node:
    left, right = _grouped(left), _grouped(right)
    return Terms(call.start, call.end, height(left, right), left, ((sign, right),))


def _raised(call: Call, base: Node, exponent: Node) -> Node:
    base = _grouped(base)
    return Raised(call.start, call.end, height(base, exponent), base, exponent, "**")


def _compared(sign: str) -> tuple[tuple[int, ...], Spelled]:
    def spelled(call: Call) -> Node:
        left, right = call.arguments
        return _grouped(Compared(call.start, call.end, height(left, right), sign, left, right))

    return (2,), spelled


def _negated(call: Call) -> Node:
    inner = _grouped(call.arguments[0])
    return Negated(call.start, call.end, height(inner), inner)


def _clamped(call: Call) -> Node:
    """clamp(x, low, high), either of which may be missing: min(max(x, low), high)."""
    bounds: dict[str, Node] = dict(zip(("min", "max"), call.arguments[1:], strict=False))
    for keyword, value in call.keywords:
        bounds[{"a_min": "min", "a_max": "max"}.get(keyword, keyword)] = value
    if bounds.keys() - {"min", "max"}:
        return call
    node: Node = call.arguments[0]
    for bound, name in (("min", "maximum"), ("max", "minimum")):
        limit = bounds.get(bound)
        if limit is not None and not (isinstance(limit, Name) and limit.text == "None"):
            node = called(call, name, node, limit)
    return node


def _with_axis(call: Call, name: str) -> Call:
    """The same call under another name, with its axis."""
    return replace(call, name=name)


def _log_softmax(call: Call) -> Node:
    return called(call, "log", _with_axis(call, "softmax"))


def _normalized(call: Call) -> Node:
    """x / ‖x‖ along an axis."""
    return _chain(call, "/", call.arguments[0], replace(call, name="norm", arguments=call.arguments[:1]))


def _one(call: Call) -> Node:
    return called(call, "ones_of", call.arguments[0])


def _stands_for(make: Callable[[Call, Node], Node]) -> tuple[tuple[int, ...], Spelled]:
    return (1,), lambda call: make(call, call.arguments[0])


def _of_two(make: Callable[[Call, Node, Node], Node]) -> tuple[tuple[int, ...], Spelled]:
    return (2,), lambda call: make(call, call.arguments[0], call.arguments[1])


_DIVIDED = _of_two(lambda call, a, b: _chain(call, "/", a, b))
_MINUS = _of_two(lambda call, a, b: _terms(call, "-", a, b))
_POWER = _of_two(_raised)
_OPPOSITE: tuple[tuple[int, ...], Spelled] = ((1,), _negated)
_WITH_KEYWORDS = frozenset({"clamp", "log_softmax", "normalize"})

_SPELLED: Mapping[str, tuple[tuple[int, ...], Spelled | None]] = {
    "add": _of_two(lambda call, a, b: _terms(call, "+", a, b)),
    **dict.fromkeys(("subtract", "sub"), _MINUS),
    **dict.fromkeys(("divide", "div", "true_divide"), _DIVIDED),
    **dict.fromkeys(("power", "pow", "float_power"), _POWER),
    **dict.fromkeys(("negative", "neg"), _OPPOSITE),
    "reciprocal": _stands_for(lambda call, x: _chain(call, "/", number(call, 1), x)),
    "rsqrt": _stands_for(lambda call, x: _chain(call, "/", number(call, 1), called(call, "sqrt", x))),
    "expm1": _stands_for(lambda call, x: _terms(call, "-", called(call, "exp", x), number(call, 1))),
    "log1p": _stands_for(lambda call, x: called(call, "log", _terms(call, "+", number(call, 1), x))),
    "logsigmoid": _stands_for(lambda call, x: called(call, "log", called(call, "sigmoid", x))),
    "zeros_like": _stands_for(lambda call, x: number(call, 0)),
    "ones_like": ((1,), _one),
    "clamp": ((1, 2, 3), _clamped),
    "log_softmax": ((1, 2), _log_softmax),
    "normalize": ((1,), _normalized),
    "gt": _compared(">"),
    "greater": _compared(">"),
    "ge": _compared(">="),
    "greater_equal": _compared(">="),
    "lt": _compared("<"),
    "less": _compared("<"),
    "le": _compared("<="),
    "less_equal": _compared("<="),
}

NAMES = frozenset(_RENAMED) | frozenset(_SPELLED)
"""Names of functions and methods that stand for something else."""


def is_new_axis(node: Node) -> bool:
    """None and np.newaxis in brackets."""
    return isinstance(node, Name) and node.text in ("None", "newaxis")


def is_whole_axis(node: Node) -> bool:
    """A colon."""
    return isinstance(node, Span) and node.upper is None
