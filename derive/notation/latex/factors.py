r"""Products: which neighbours are a call, which a product; operators such as ∂/∂x; dW; indicators."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as Rational

from derive.expression.nodes import Dimension, Elementwise, Tensor
from derive.expression.shapes import known_shape
from derive.expression.sizes import SCALAR
from derive.notation.latex import quotients
from derive.notation.latex.arguments import bracket_of, is_entry, names_its_arguments, of_example
from derive.notation.latex.candidates import base_names
from derive.notation.latex.commands import FUNCTION_WORDS
from derive.notation.latex.making import chain, group, one_by_one, subscripted, symbol_of, word
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.slashes import slashed
from derive.notation.latex.symbols import is_unknown, scripts, taken_apart
from derive.notation.latex.tree import (
    Applied,
    Braces,
    Brackets,
    Colon,
    Dots,
    Factors,
    Fraction,
    Mark,
    Partial,
    Relation,
    Scripted,
    Symbol,
)
from derive.notation.syntax import Call, Chain, Name, Negated, Node, Num, Power, Subscripted, Terms, Unit, height

_PARAMETRISED = frozenset({"leaky_relu", "elu"})
_ALONG = frozenset({"sum", "mean", "softmax", "norm", "logsumexp"})
_AXES = ("col", "row")
_STEPS = ("H", "u")
"""Letters of the step function, where they are no names: u(z) is 1 where z > 0."""
_WINDOW = 16
"""Factors that are looked at together, for calls and for spellings of several factors."""


def product(r: Resolving, n: Factors) -> Node:
    """Factors from left to right, with calls and operators recognised."""
    flat, signs = _flattened(n)
    parts, signs = _reaching(r, *slashed(r, _with_link(flat), signs))
    found: list[tuple[str, Node]] = []
    place = 0
    while place < len(parts):
        sign = "" if place == 0 else signs[place - 1]
        # Only an operator reaches further than the longest spelling: reading stays linear in the number of factors.
        end = len(parts) if _is_operator(parts[place]) else place + _WINDOW
        node, used = _next(r, parts[place:end], signs[place : end - 1])
        if used == 1 and place and not sign and _is_ones(r, parts[place - 1], parts[place]):
            node = Unit(node.start, node.end, 1, "ones", None, None)
        place += used
        found.append((sign, node))
    first, *rest = found
    return _chained(r, n, first[1], rest)


def _is_ones(r: Resolving, before: Node, node: Node) -> bool:
    """Whether a 1 right behind a name is a vector of ones, as in dZ 1: where the number does not conform."""
    is_one = isinstance(node, Num) and node.value == 1 and node.whole
    return is_one and isinstance(before, Symbol | Scripted | Brackets) and bool(r.choices.prefer(("ones",), 2))


def _reaching(r: Resolving, parts: Sequence[Node], signs: Sequence[str]) -> tuple[list[Node], list[str]]:
    """log ab may be log(ab), or (log a) b: both are readings."""
    found, kept = [parts[0]], []
    for sign, part in zip(signs, parts[1:], strict=True):
        last = found[-1]
        is_letter = symbol_of(part) is not None and function_name(r, part) is None
        if not sign and isinstance(last, Applied) and is_letter and r.pick("argument", 2):
            argument = Factors(last.argument.start, part.end, height(last.argument, part), (last.argument, part), ("",))
            found[-1] = Applied(last.start, part.end, height(last, argument), last.function, argument)
        else:
            found.append(part)
            kept.append(sign)
    return found, kept


def _with_link(parts: Sequence[Node]) -> list[Node]:
    """∂u/∂v … ∂p/∂q: the dots stand for the links from v to p, whose product is ∂v/∂p."""
    found = list(parts)
    for place in range(1, len(parts) - 1):
        before, after = found[place - 1], found[place + 1]
        dots = found[place]
        dots = dots.inner if isinstance(dots, Braces) else dots
        if not isinstance(dots, Dots) or not (isinstance(before, Fraction) and isinstance(after, Fraction)):
            continue
        start, end = before.below, after.above
        if isinstance(start, Partial) and isinstance(end, Partial):
            found[place] = Fraction(dots.start, dots.end, height(start, end), start, end)
    return found


def _chained(r: Resolving, n: Node, first: Node, rest: Sequence[tuple[str, Node]]) -> Node:
    written = _divided([(sign, r.product(sign), _whole(part)) for sign, part in rest])
    if isinstance(first, Chain):
        # A fraction in front is part of the product: λ/2 w² is λ / 2 · w².
        return chain(n, first.first, [*first.rest, *written])
    return chain(n, _whole(first), written)


def _divided(rest: Sequence[tuple[str, str, Node]]) -> list[tuple[str, Node]]:
    """λ/2N: by how much of the letters that touch a divisor is divided is for `chains` to say."""
    found: list[tuple[str, Node]] = []
    for sign, product_sign, part in rest:
        before = found[-1] if found else ("", part)
        touches = before[0] == "/" and not sign and before[1].end == part.start
        if not touches or not isinstance(part, Name | Subscripted | Power):
            found.append((product_sign, part))
            continue
        inner = before[1]
        first, more = (inner.first, inner.rest) if isinstance(inner, Chain) else (inner, ())
        together = Chain(first.start, part.end, height(inner, part), first, (*more, (product_sign, part)))
        found[-1] = ("/", together)
    return found


def _whole(node: Node) -> Node:
    return group(node, node) if isinstance(node, Terms | Negated | Chain) else node


def _flattened(n: Factors) -> tuple[list[Node], list[str]]:
    """Braces that only group for TeX fall away."""
    parts: list[Node] = []
    signs: list[str] = []
    for place, factor in enumerate(n.factors):
        if place:
            signs.append(n.signs[place - 1])
        inner = factor.inner if isinstance(factor, Braces) else factor
        if isinstance(factor, Braces) and isinstance(inner, Factors):
            own, own_signs = _flattened(inner)
            parts += own
            signs += own_signs
        else:
            parts.append(inner if isinstance(factor, Braces) and isinstance(inner, Fraction | Scripted) else factor)
    return parts, signs


def _next(r: Resolving, parts: Sequence[Node], signs: Sequence[str]) -> tuple[Node, int]:
    """The factor that the parts begin with, and how many of them it takes."""
    run = 1
    while run < len(parts) and not signs[run - 1]:
        run += 1
    beside = parts[:run]
    matched = r.spelled(parts, signs[: len(parts) - 1])
    if matched is not None and matched.length == 1 and run > 1 and isinstance(beside[1], Brackets):
        example = of_example(r, beside[0], beside[1])
        if example is not None:
            return example, 2
    is_sliced = run > 1 and isinstance(beside[1], Brackets) and any(isinstance(i, Colon) for i in beside[1].items)
    if is_sliced and matched is not None and matched.length == 1:
        matched = None
    if matched is not None and (matched.length > 1 or len(beside) == 1 or not _called_function(r, beside)):
        return scripts(
            r, parts[matched.length - 1], matched.given, matched.below, matched.above, matched.primes
        ), matched.length
    first = parts[0]
    if run > 1 and isinstance(beside[1], Brackets) and any(isinstance(item, Colon) for item in beside[1].items):
        return subscripted(first, r.node(first), [r.position(item) for item in beside[1].items]), 2
    if _is_operator(first):
        assert isinstance(first, Fraction)
        if run == 1:
            raise r.error(first, "Nothing is differentiated here.", r"Write \frac{\partial}{\partial x} f.")
        # ∂/∂x (u) v: what stands in the brackets is differentiated, or the whole product is.
        if run == 2 or (isinstance(beside[1], Brackets) and r.pick("reach", 2)):
            return quotients.operator(r, first, beside[1]), 2
        body = Factors(beside[1].start, beside[-1].end, height(*beside[1:]), tuple(beside[1:]), ("",) * (run - 2))
        return quotients.operator(r, first, body), run
    if run > 1:
        joined = _shorthand(r, beside)
        if joined is not None:
            inner, used = _next(r, [joined, *beside[2:]], [""] * (run - 2))
            return inner, used + 1
        applied = _application(r, first, beside[1])
        if applied is not None:
            return applied, 2
    return r.node(first), 1


def _is_operator(node: Node) -> bool:
    """∂/∂x, with nothing above but ∂."""
    return isinstance(node, Fraction) and isinstance(node.above, Partial) and node.above.operand is None


def _called_function(r: Resolving, beside: Sequence[Node]) -> bool:
    return len(beside) > 1 and bracket_of(beside[1]) is not None and function_name(r, beside[0]) is not None


# ---- calls


def _application(r: Resolving, first: Node, second: Node) -> Node | None:
    """f(x) if that is a call or an indicator; a name with its arguments, as E(W); None for a product."""
    bracket = bracket_of(second)
    if bracket is None:
        return None
    _refuse_expectation(r, first, bracket)
    if _is_one(first) and len(bracket.items) == 1 and isinstance(bracket.items[0], Relation):
        return _with_scripts(r, second, group(second, r.node(bracket.items[0])))
    if function_name(r, first) is not None:
        return _with_scripts(
            r,
            second,
            called(r, Brackets(first.start, bracket.end, bracket.depth, "(", bracket.items), first, bracket.items),
        )
    if isinstance(second, Brackets) and bracket.kind == "[" and is_entry(r, first, bracket):
        return subscripted(second, r.node(first), [r.position(item) for item in bracket.items])
    if isinstance(second, Brackets) and names_its_arguments(r, first, bracket):
        return r.node(first)
    return of_example(r, first, bracket) if isinstance(second, Brackets) else None


def _refuse_expectation(r: Resolving, first: Node, bracket: Brackets) -> None:
    r"""\mathbb{E}[…] is an expectation, and E[…] nothing else where E is the scalar that is differentiated."""
    symbol = symbol_of(first)
    if symbol is None or symbol.base != "E":
        return
    is_objective = bracket.kind == "[" and r.problem is not None and r.problem.objective_name == "E"
    value = r.names.find("E")
    if symbol.font == "double" or (is_objective and value is not None and known_shape(value) == SCALAR):
        raise r.error(first, "Expectations are not read.", "Write the mean out.", "E-UNSUPPORTED")


def _with_scripts(r: Resolving, second: Node, inner: Node) -> Node:
    if not isinstance(second, Scripted):
        return inner
    if second.primes:
        raise r.error(second, "A prime stands behind a function's name.", "Write g'(z).")
    return scripts(r, second, inner, second.below, second.above, 0)


def _is_one(node: Node) -> bool:
    symbol = symbol_of(node)
    if isinstance(node, Num):
        return node.value == 1
    return symbol is not None and (symbol.base == "1" or (symbol.base in ("I", "1") and symbol.font == "double"))


def indicator_below(r: Resolving, n: Scripted) -> Node | None:
    r"""\mathbb{1}_{z > 0} and \mathbb{1}_{\{z > 0\}}."""
    if not _is_one(n.base) or len(n.below) != 1:
        return None
    inner = n.below[0].inner
    while isinstance(inner, Brackets | Braces):
        inner = inner.items[0] if isinstance(inner, Brackets) else inner.inner
    return group(n, r.node(inner)) if isinstance(inner, Relation) else None


def function_name(r: Resolving, node: Node) -> tuple[str, list[Mark], list[Mark], int] | None:
    """The function that a letter or word names, with the scripts that are not part of its name; None if it is none."""
    symbol = symbol_of(node)
    if symbol is None:
        return None
    symbol, below, above, primes = taken_apart(node)
    if "dot" in symbol.accent:
        primes += {"dot": 1, "ddot": 2}.get(symbol.accent, 0)
        symbol = Symbol(symbol.start, symbol.end, 1, symbol.base, "", symbol.font, symbol.is_word)
    declared = r.names.scope.functions
    lowered, raised_word = word(one_by_one(below)), word([above[0].inner]) if above else ""
    for base in base_names(symbol):
        for text, left_below, left_above in (
            (f"{base}_{lowered}", [], list(above)),
            (f"{base}{lowered}", [], list(above)),
            (f"{base}_{raised_word}", list(below), list(above[1:])),
            (f"{base}{raised_word}", list(below), list(above[1:])),
        ):
            if text in declared and text != base and not text.endswith("_"):
                return text, left_below, left_above, primes
        if base in declared:
            return base, list(below), _without_layers(r, list(above)), primes
    if symbol.font != "operator" and any(r.names.find(base) is not None for base in base_names(symbol)):
        return None
    if symbol.is_word or len(symbol.name) > 1:
        known = FUNCTION_WORDS.get(symbol.name) or (symbol.name if r.names.function(symbol.name) else None)
        return None if known is None else (known, list(below), _without_layers(r, list(above)), primes)
    if symbol.name in _STEPS and not below and not above and r.names.find(symbol.name) is None:
        return "step", [], [], primes
    own = _of_layer(r, symbol, above)
    if own:
        return own, list(below), list(above[1:]), primes
    if r.names.function(symbol.name) is not None and symbol.name != "e":
        return symbol.name, list(below), _without_layers(r, list(above)), primes
    return None


def _of_layer(r: Resolving, symbol: Symbol, above: Sequence[Mark]) -> str:
    """g^{[2]}, where nothing declares g: the activation that the problem has in layer 2; "" if that is not known."""
    if symbol.name not in ("f", "g") or not above or not above[0].bracket or r.problem is None:
        return ""
    layer = word([above[0].inner])
    named = (d.value for d in r.problem.definitions if d.target.name in (f"a{layer}", f"A{layer}"))
    return next((v.function.name for v in named if isinstance(v, Elementwise) and not v.order), "")


def _without_layers(r: Resolving, above: list[Mark]) -> list[Mark]:
    """g^{[l]}: an activation that is the same in every layer may carry the layer's mark."""
    return [m for m in above if not _is_layer(r, m)]


def _is_layer(r: Resolving, mark: Mark) -> bool:
    """Whether a mark says which layer; f^{(2)} is a second derivative where nothing else has a 2."""
    if not isinstance(mark.inner, Num):
        return bool(mark.bracket) or r.layer_node(mark.inner) is not None
    numbered = any(r.names.find(f"{base}{mark.inner.value}") is not None for base in ("W", "z", "a", "Z", "A"))
    return bool(mark.bracket) and (mark.bracket != "(" or numbered or bool(r.names.scope.layers))


def called(r: Resolving, at: Node, function: Node, arguments: Sequence[Node]) -> Node:
    """A call, with entries and powers of its value: softmax_i(z), tanh²(z)."""
    found = function_name(r, function)
    if found is None:
        raise r.error(
            function, f"{r.written(function)} is not known as a function.", "Declare it under [functions].", "E-NAME"
        )
    text, below, above, primes = found
    values = [r.node(a) for a in arguments]
    if text in _PARAMETRISED and len(below) == 1 and len(values) == 1:
        values.append(r.node(below[0].inner))
        below = []
    if text == "log" and below:
        raise r.error(
            function, "Logarithms to another base are not read.", r"Write \frac{\log x}{\log 2}.", "E-UNSUPPORTED"
        )
    label = below[0].inner if len(below) == 1 else None
    if text in _ALONG and isinstance(label, Symbol) and label.base in _AXES:
        values.append(Num(at.start, at.end, 1, Rational(_AXES.index(label.base)), True))
        below = []
    order = [m for m in above if m.bracket == "(" and isinstance(m.inner, Num)]
    if order and isinstance(order[0].inner, Num):
        primes += int(order[0].inner.value)
        above = [m for m in above if m is not order[0]]
    built: Node = Call(at.start, at.end, height(*values), text, function.end, primes, tuple(values), ())
    inverse = next((m for m in above if isinstance(m.inner, Negated)), None)
    if inverse is not None:
        raise r.error(
            inverse, "Inverse functions are not read.", "Write a quotient as \\frac{1}{f(z)}.", "E-UNSUPPORTED"
        )
    return scripts(r, at, built, below, above, 0)


# ---- dW


def _shorthand(r: Resolving, beside: Sequence[Node]) -> Node | None:
    """dW, dZ^{[l]}, δW: the gradient of the objective, where d or δ is no quantity; the two parts joined."""
    first, second = beside[0], symbol_of(beside[1])
    if not isinstance(first, Symbol) or second is None:
        return None
    is_delta = first.name == "delta" and r.names.find("delta") is None and function_name(r, beside[1]) is None
    if not is_delta and (first.name != "d" or second.start != first.end):
        return None
    joined: Node = Symbol(first.start, second.end, 1, "d" + second.base, second.accent, second.font, True)
    rest = beside[1]
    if isinstance(rest, Scripted):
        joined = Scripted(first.start, rest.end, rest.depth, joined, rest.below, rest.above, rest.primes)
    spelled = r.spelled([beside[1]])
    if spelled is not None and isinstance(spelled.given.value, Tensor):
        # dA_o, where A_o is another name of z2.
        given = Symbol(first.start, second.end, 1, f"d{spelled.given.value.name}", "", "", True)
        marks = (spelled.below, spelled.above)
        if r.names.find(given.base) is not None:
            joined = Scripted(first.start, rest.end, rest.depth, given, *marks, 0) if any(marks) else given
    own = r.names.find("d")
    if own is None:
        return joined
    if not isinstance(own, Dimension) or is_unknown(r, joined):
        return None
    # A size d times W is meant only if the gradient does not conform.
    return None if r.choices.prefer(("d", second.base), 2) else joined
