r"""What a formula is made of: one function for each kind of command, environment and bracket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from derive.notation.latex.commands import (
    ACCENTS,
    ACTING,
    BRACES,
    DOTS,
    FONTS,
    FUNCTION_COMMANDS,
    LETTERS,
    NOT_OURS,
    SWITCHES,
)
from derive.notation.latex.cursor import Cursor
from derive.notation.latex.making import is_transpose
from derive.notation.latex.scripts import scripted
from derive.notation.latex.tables import dots
from derive.notation.latex.tokens import Token
from derive.notation.latex.tree import (
    Bars,
    BigSum,
    Braces,
    Brackets,
    Factors,
    Fraction,
    Nabla,
    Partial,
    Root,
    Scripted,
    Symbol,
)
from derive.notation.syntax import Negated, Node, Num, height
from derive.suggestions import did_you_mean

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"})


def command(p: Cursor) -> Node:
    """The atom that begins with a command."""
    token = p.token
    name = token.text
    for names, handler in _HANDLERS:
        if name in names:
            return handler(p)
    if name in LETTERS:
        p.advance()
        return Symbol(token.start, token.end, 1, LETTERS[name])
    if name in FUNCTION_COMMANDS:
        p.advance()
        return Symbol(token.start, token.end, 1, FUNCTION_COMMANDS[name], is_word=True)
    if name in NOT_OURS:
        raise p.not_ours(token)
    if name in ACTING:
        raise p.at(token, f"\\{name} is no mathematics, and is not carried out.", "Remove it.")
    if name in p.words or f"\\{name}" in p.words:
        p.advance()
        return Symbol(token.start, token.end, 1, name, is_word=True)
    known = [*LETTERS, *FUNCTION_COMMANDS, *ACCENTS, *FONTS, "frac", "sum", "partial", "nabla", "sqrt", *p.words]
    guess = did_you_mean(name, known)
    hint = guess if guess.startswith("Did") else "Define it with \\newcommand, or declare it under [notation]."
    raise p.at(token, f"The command \\{name} is not known.", hint, "E-NAME")


def argument(p: Cursor) -> Node:
    """What a command applies to: {…}, or one token; of \\frac12 the first is 1."""
    token = p.token
    if token.is_sign("{"):
        return braces(p)
    if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
        first = int(token.text[0])
        rest = Token("number", token.text[1:], token.start + 1, token.end, type(token.value)(int(token.text[1:])))
        p.tokens[p.index] = rest
        return Num(token.start, token.start + 1, 1, type(token.value)(first), True)
    return p.atom()


def braces(p: Cursor) -> Node:
    """{…}; {a \\over b} is a fraction."""
    opening = p.advance()
    outer, p.bars = p.bars, []
    while p.token.kind == "command" and p.token.text in SWITCHES:
        p.advance()
    inner = p.relational()
    if p.token.is_command("over"):
        p.advance()
        below = p.expression()
        inner = Fraction(inner.start, below.end, height(inner, below), inner, below)
    end = p.expect("}", opening)
    p.bars = outer
    if isinstance(inner, Symbol):
        return replace(inner, start=opening.start, end=end.end)
    return inner if isinstance(inner, Num) else Braces(opening.start, end.end, inner.depth, inner)


def bars(p: Cursor) -> Node:
    """|…| or ‖…‖."""
    opening = p.advance()
    p.bars.append(opening.text)
    inner = p.expression()
    p.bars.pop()
    if opening.text == "|" and p.token.is_sign("‖") and p.token.end - p.token.start == 2:
        # |a||b|: the first of two bars that were taken for a norm closes.
        double = p.token
        p.tokens[p.index : p.index + 1] = [
            Token("sign", "|", double.start, double.start + 1),
            Token("sign", "|", double.start + 1, double.end),
        ]
    end = p.expect(opening.text, opening)
    return Bars(opening.start, end.end, height(inner), opening.text, inner)


# ---- fractions and derivatives


def _fraction(p: Cursor) -> Node:
    token = p.advance()
    is_d = _begins_with_d(p)
    above = _half(p, is_d)
    below = _half(p, is_d)
    return Fraction(token.start, below.end, height(above, below), above, below)


def _begins_with_d(p: Cursor) -> bool:
    """Whether both halves of a fraction begin with an upright or italic d, as in dE/dW."""
    places, place = [], p.index
    for _ in range(2):
        if place >= len(p.tokens) or not p.tokens[place].is_sign("{"):
            return False
        places.append(place + 1)
        depth = 0
        while place < len(p.tokens):
            depth += p.tokens[place].is_sign("{") - p.tokens[place].is_sign("}")
            place += 1
            if depth == 0:
                break
    lower = places[1] + _font_length(p, places[1])
    follows = p.tokens[min(lower + 1, len(p.tokens) - 1)]
    return all(_is_d(p, at) for at in places) and not follows.is_sign("}", "^", "_") and "d" not in p.words


def _font_length(p: Cursor, place: int) -> int:
    return 1 if p.tokens[place].is_command("mathrm", "rm") else 0


def _is_d(p: Cursor, place: int) -> bool:
    token = p.tokens[place + _font_length(p, place)]
    if token.is_sign("{") and _font_length(p, place):
        token = p.tokens[place + 2]
    return token.kind == "letter" and token.text == "d"


def _half(p: Cursor, is_d: bool) -> Node:
    opening = p.token
    if not opening.is_sign("{"):
        return argument(p)
    first = p.ahead(1)
    if not (first.is_command("partial") or is_d):
        return braces(p)
    p.advance()
    braced = p.token.is_command("mathrm") and p.ahead(1).is_sign("{")
    while p.token.is_command("mathrm", "rm") or (braced and p.token.is_sign("{")):
        p.advance()
    start = p.advance()
    if braced:
        p.expect("}", opening)
    node = _differential(p, start)
    end = p.expect("}", opening)
    return Partial(opening.start, end.end, node.depth, node.operand, node.order)


def _differential(p: Cursor, start: Token) -> Partial:
    """What follows ∂ in half of a fraction, to its end."""
    order: Node | None = None
    if p.token.is_sign("^"):
        p.advance()
        order = argument(p)
    operand = None if p.token.is_sign("}") else p.expression()
    deep = height(*(n for n in (operand, order) if n is not None))
    return Partial(start.start, (operand or order or start).end, deep, operand, order)


def _partial(p: Cursor) -> Node:
    """∂ in the line: half of ∂E/∂W; or ∂_w E."""
    token = p.advance()
    if p.token.is_sign("_"):
        marked = scripted(p, Symbol(token.start, token.end, 1, "partial"))
        order = marked.above[0].inner if isinstance(marked, Scripted) and marked.above else None
        if isinstance(marked, Scripted) and len(marked.below) == 1 and (order is None or isinstance(order, Num)):
            wrt = marked.below[0].inner
            operand = _of_partial(p)
            above = Partial(operand.start, operand.end, height(operand), operand, order)
            below = Partial(wrt.start, wrt.end, height(wrt), wrt, order)
            return Fraction(token.start, operand.end, height(above, below), above, below)
        raise p.at(token, "One variable is expected below ∂.", r"Write \partial_{w} E.")
    operand = p.factor()
    return Partial(token.start, operand.end, height(operand), operand)


def _of_partial(p: Cursor) -> Node:
    """What ∂_w differentiates: one factor, a name with its arguments."""
    operand = p.factor()
    if not _is_named(operand) or not p.token.is_sign("("):
        return operand
    arguments = p.factor()
    return Factors(operand.start, arguments.end, height(operand, arguments), (operand, arguments), ("",))


def _nabla(p: Cursor) -> Node:
    """∇_W in front of a name (with its arguments), or of all that follows up to a sign."""
    token = p.advance()
    marked = scripted(p, Symbol(token.start, token.end, 1, "nabla"))
    above = marked.above if isinstance(marked, Scripted) else ()
    order = 2 if len(above) == 1 and isinstance(above[0].inner, Num) and above[0].inner.value == 2 else 1
    wrt = _below(marked, order)
    is_turned = order == 1 and bool(above)
    is_read = len(wrt) <= order and not (is_turned and not all(is_transpose(m) for m in above))
    if not is_read or (isinstance(marked, Scripted) and marked.primes):
        raise p.at(token, "Only ∇ and ∇² with their variables below them are read.", r"Write \nabla_{W} E.")
    factors = [p.factor()]
    named = _is_named(factors[0])
    while p.starts_factor() and (not named or p.token.is_sign("(") or (_is_one(factors[0]) and p.token.is_sign("["))):
        factors.append(p.factor())
        if named:
            break
    operand = factors[0]
    if len(factors) > 1:
        operand = Factors(operand.start, factors[-1].end, height(*factors), tuple(factors), ("",) * (len(factors) - 1))
    made = Nabla(token.start, operand.end, height(operand, *wrt), wrt, operand, order)
    return Scripted(token.start, operand.end, height(made), made, (), above, 0) if is_turned else made


def _below(marked: Node, order: int) -> tuple[Node, ...]:
    """The variables below ∇: of ∇²_{uv}, and of ∇²_{u,v}, two."""
    below = [m.inner for m in marked.below] if isinstance(marked, Scripted) else []
    if order == 2 and len(below) == 1 and isinstance(below[0], Factors) and not any(below[0].signs):
        return below[0].factors
    return tuple(below)


def _is_one(node: Node) -> bool:
    return isinstance(node, Symbol) and node.base == "1"


def _is_named(node: Node) -> bool:
    """Whether ∇ may be about this name alone: not about xᵀ, which is no number."""
    if isinstance(node, Scripted):
        return isinstance(node.base, Symbol) and not any(is_transpose(m) for m in node.above)
    return isinstance(node, Symbol)


def _root(p: Cursor) -> Node:
    token = p.advance()
    degree: Node | None = None
    if p.token.is_sign("["):
        opening = p.advance()
        degree = p.expression()
        p.expect("]", opening)
    inner = argument(p)
    return Root(token.start, inner.end, height(inner, *([degree] if degree else [])), inner, degree)


def _sum(p: Cursor) -> Node:
    token = p.advance()
    below: Node | None = None
    above: Node | None = None
    while p.token.is_sign("_", "^"):
        sign = p.advance().text
        opening = p.token
        if opening.is_sign("{"):
            p.advance()
            items = [p.relational()]
            while p.token.is_sign(","):
                p.advance()
                items.append(p.relational())
            end = p.expect("}", opening)
            part: Node = (
                items[0] if len(items) == 1 else Brackets(opening.start, end.end, height(*items), "(", tuple(items))
            )
        else:
            part = p.atom()
        below, above = (part, above) if sign == "_" else (below, part)
    minus = p.advance() if p.token.is_sign("-") else None
    body = p.term()
    if minus is not None:
        body = Negated(minus.start, body.end, height(body), body)
    deep = height(body, *(n for n in (below, above) if n is not None))
    return BigSum(token.start, body.end, deep, below, above, body)


# ---- letters


def _accent(p: Cursor) -> Node:
    token = p.advance()
    accent = ACCENTS[token.text]
    inner = argument(p)
    node = inner.inner if isinstance(inner, Braces) else inner
    base = node.base if isinstance(node, Scripted) else node
    if not isinstance(base, Symbol):
        if ACCENTS[token.text] == "":
            return inner
        raise p.at(token, f"\\{token.text} stands over a letter only.", f"Write \\{token.text}{{y}}_i.")
    marked = Symbol(token.start, base.end, 1, base.base, base.accent + accent, base.font, base.is_word)
    if isinstance(node, Scripted):
        return Scripted(token.start, inner.end, node.depth, marked, node.below, node.above, node.primes)
    return Symbol(token.start, inner.end, 1, marked.base, marked.accent, marked.font, marked.is_word)


def _font(p: Cursor) -> Node:
    token = p.advance()
    if token.text in SWITCHES and not p.token.is_sign("{"):
        return p.atom()
    inner = argument(p)
    node = inner.inner if isinstance(inner, Braces) else inner
    font = FONTS[token.text]
    if isinstance(node, Factors) and (word := _differential_word(node)):
        return Symbol(token.start, inner.end, 1, word, "", font, True)
    if isinstance(node, Num) and node.whole:
        return Symbol(token.start, inner.end, 1, str(node.value), "", font)
    if isinstance(node, Symbol):
        return Symbol(token.start, inner.end, 1, node.base, node.accent, font, node.is_word)
    if isinstance(node, Scripted) and isinstance(node.base, Num) and node.base.whole:
        one = Symbol(token.start, node.base.end, 1, str(node.base.value), "", font)
        return Scripted(token.start, inner.end, node.depth, one, node.below, node.above, node.primes)
    if isinstance(node, Scripted) and isinstance(node.base, Symbol):
        base = node.base
        marked = Symbol(token.start, base.end, 1, base.base, base.accent, font, base.is_word)
        return Scripted(token.start, inner.end, node.depth, marked, node.below, node.above, node.primes)
    return inner


def _differential_word(node: Factors) -> str:
    r"""\mathbf{dx} is the name of a gradient or a differential, and no product; "" for anything else."""
    letters = [f.base for f in node.factors if isinstance(f, Symbol) and not f.accent and len(f.base) == 1]
    return "".join(letters) if len(letters) == len(node.factors) == 2 and letters[0] == "d" else ""


def _brace(p: Cursor) -> Node:
    """A part with a brace below or above it; the remark at the brace is not part of the formula."""
    token = p.advance()
    if token.text in ACCENTS:
        p.index -= 1
        return _accent(p)
    inner = argument(p)
    if p.token.is_sign("^" if token.text.startswith("over") else "_"):
        p.advance()
        _skip(p)
    return inner


def _skip(p: Cursor) -> None:
    """Past one token, or past {…} whatever stands in it."""
    depth = 0
    while p.token.kind != "end":
        token = p.advance()
        depth += token.is_sign("{") - token.is_sign("}")
        if depth <= 0:
            return


_HANDLERS: tuple[tuple[Mapping[str, object] | frozenset[str], Callable[[Cursor], Node]], ...] = (
    (_FRACTIONS, _fraction),
    (frozenset({"sqrt"}), _root),
    (frozenset({"sum"}), _sum),
    (frozenset({"partial"}), _partial),
    (frozenset({"nabla"}), _nabla),
    (BRACES, _brace),
    (ACCENTS, _accent),
    (FONTS, _font),
    (DOTS, dots),
)
