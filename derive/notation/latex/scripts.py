r"""Sub- and superscripts: what stands in them, taken apart into marks."""

from __future__ import annotations

from derive.notation.latex.cursor import Cursor
from derive.notation.latex.tokens import Token
from derive.notation.latex.tree import Braces, Colon, Factors, Mark, ProductSign, Scripted, Symbol, TransposeSign
from derive.notation.syntax import Node, Num, Terms, height

_CLOSING = {"(": ")", "[": "]", "<": ">"}
_TRANSPOSES = ("top", "intercal", "transpose", "trans", "tp")


def scripted(cursor: Cursor, base: Node) -> Node:
    """The base with all scripts and primes that follow; several of a kind are joined, as in W^{(1)}{}^T."""
    below: list[Mark] = []
    above: list[Mark] = []
    primes = 0
    end = base.end
    while True:
        token = cursor.token
        if token.is_sign("'"):
            cursor.advance()
            primes += 1
        elif token.is_sign("_"):
            cursor.advance()
            below.extend(_below(cursor))
        elif token.is_sign("^"):
            cursor.advance()
            marks = _above(cursor)
            primes += sum(1 for m in marks if _is_prime(m))
            above.extend(m for m in marks if not _is_prime(m))
        elif token.is_sign("{") and cursor.ahead(1).is_sign("}") and cursor.ahead(2).is_sign("^", "_"):
            cursor.advance()
            cursor.advance()
        elif token.is_sign("{") and cursor.ahead(1).is_sign("^", "_"):
            # W{^l}: the braces group nothing but the script.
            cursor.advance()
            inner = scripted(cursor, base)
            cursor.expect("}", token)
            assert isinstance(inner, Scripted)
            below, above, primes = [*below, *inner.below], [*above, *inner.above], primes + inner.primes
        else:
            break
        end = cursor.ahead(-1).end
    if not (below or above or primes):
        return base
    inside = base.inner if isinstance(base, Braces) else base
    if primes and not (below or above) and isinstance(inside, Scripted) and not inside.primes:
        # {g^{[l]}}' is the slope of g^{[l]}.
        return Scripted(base.start, end, inside.depth, inside.base, inside.below, inside.above, primes)
    return Scripted(base.start, end, height(base, *below, *above), base, tuple(below), tuple(above), primes)


def _is_prime(mark: Mark) -> bool:
    return isinstance(mark.inner, Symbol) and mark.inner.base == "'"


def _below(cursor: Cursor) -> list[Mark]:
    opening = cursor.token
    if not opening.is_sign("{"):
        return [_single(cursor)]
    cursor.advance()
    marks: list[Mark] = []
    while not cursor.token.is_sign("}"):
        marks.extend(_items(cursor))
        if not cursor.token.is_sign(",", ";"):
            break
        cursor.advance()
    cursor.expect("}", opening)
    return marks


def _items(cursor: Cursor) -> list[Mark]:
    """One part of a subscript; (p,l) in brackets are two."""
    if cursor.token.is_sign(":"):
        token = cursor.advance()
        return [Mark(token.start, token.end, 2, Colon(token.start, token.end, 1))]
    if cursor.token.is_sign("*", "·") and cursor.ahead(1).is_sign(",", "}"):
        token = cursor.advance()
        return [Mark(token.start, token.end, 2, Colon(token.start, token.end, 1))]
    if cursor.token.is_sign("[", "(") and (bracketed := _bracketed(cursor)) is not None:
        return bracketed
    inner = cursor.relational()
    return [Mark(inner.start, inner.end, height(inner), inner)]


def _bracketed(cursor: Cursor) -> list[Mark] | None:
    """[l] or (l) as a whole mark; None, and nothing read, if more follows that belongs to it."""
    place = cursor.index
    opening = cursor.advance()
    closing = _CLOSING[opening.text]
    items = [cursor.expression()]
    while cursor.token.is_sign(","):
        cursor.advance()
        items.append(cursor.expression())
    if not cursor.token.is_sign(closing):
        cursor.index = place
        return None
    end = cursor.advance()
    is_label = all(map(_is_label, items)) or (_is_transpose(cursor) and all(map(_is_word, items)))
    if _ends_a_mark(cursor) and (is_label or cursor.token.is_sign("}", ",")):
        return [Mark(opening.start, end.end, height(item), item, opening.text) for item in items]
    cursor.index = place
    return None


def _is_label(node: Node) -> bool:
    """What layers and examples are counted with: l, l+1, 2, i; other things in brackets are factors."""
    if isinstance(node, Terms):
        return isinstance(node.first, Symbol) and all(isinstance(part, Num) for _, part in node.rest)
    return isinstance(node, Symbol | Num)


def _is_word(node: Node) -> bool:
    """Letters side by side, as in W^{(out)T}."""
    return isinstance(node, Factors) and not any(node.signs) and all(isinstance(f, Symbol) for f in node.factors)


def _ends_a_mark(cursor: Cursor) -> bool:
    token = cursor.token
    return (
        token.is_sign("}", ",", "(", "[", "<", "'", "{")
        or token.kind == "end"
        or token.is_command(*_TRANSPOSES, "prime", "mathsf", "mathrm", "mathbf")
        or _is_transpose(cursor)
        or _raises_a_transpose(cursor)
    )


def _is_transpose(cursor: Cursor) -> bool:
    token, following = cursor.token, cursor.ahead(1)
    if token.is_command(*_TRANSPOSES):
        return True
    return token.kind == "letter" and token.text == "T" and (following.is_sign("}", "{") or following.kind == "end")


def _above(cursor: Cursor) -> list[Mark]:
    opening = cursor.token
    if not opening.is_sign("{"):
        return [_single(cursor)]
    cursor.advance()
    marks: list[Mark] = []
    while not cursor.token.is_sign("}") and cursor.token.kind != "end":
        marks.extend(_mark(cursor))
        if cursor.token.is_sign(",") or _raises_a_transpose(cursor):
            cursor.advance()
    cursor.expect("}", opening)
    return marks


def _raises_a_transpose(cursor: Cursor) -> bool:
    """A^{[l]^T}: the T stands over the mark, and is meant for A."""
    following = cursor.ahead(1)
    following = cursor.ahead(2) if following.is_sign("{") else following
    is_t = following.is_command(*_TRANSPOSES) or (following.kind == "letter" and following.text == "T")
    return cursor.token.is_sign("^") and is_t


def _mark(cursor: Cursor) -> list[Mark]:
    token = cursor.token
    if token.is_sign("'") or token.is_command("prime"):
        cursor.advance()
        return [_prime(token)]
    if _is_transpose(cursor):
        cursor.advance()
        return [Mark(token.start, token.end, 2, TransposeSign(token.start, token.end, 1))]
    if token.is_command("mathsf", "mathrm", "mathbf", "text", "rm", "sf", "bf") and _font_of_transpose(cursor):
        return _mark(cursor)
    if token.is_sign("⊙"):
        cursor.advance()
        return [Mark(token.start, token.end, 2, ProductSign(token.start, token.end, 1))]
    if token.is_sign("{"):
        cursor.advance()
        inner: list[Mark] = []
        while not cursor.token.is_sign("}") and cursor.token.kind != "end":
            inner.extend(_mark(cursor))
        cursor.expect("}", token)
        return inner
    if token.is_sign("(", "["):
        bracketed = _bracketed(cursor)
        if bracketed is not None:
            return bracketed
    if token.is_sign("<", "⟨"):
        return [_angle(cursor)]
    if token.is_sign("*") and cursor.ahead(1).is_sign("}"):
        cursor.advance()
        return [Mark(token.start, token.end, 2, Symbol(token.start, token.end, 1, "star"))]
    inner_node = cursor.relational()
    return [Mark(inner_node.start, inner_node.end, height(inner_node), inner_node)]


def _font_of_transpose(cursor: Cursor) -> bool:
    r"""\mathsf{T}, \mathrm T: the font falls, the T stays. (A brace after it is taken by the caller.)"""
    following = cursor.ahead(1)
    second = cursor.ahead(2) if following.is_sign("{") else following
    if (second.kind == "letter" and second.text == "T") or second.is_command(*_TRANSPOSES):
        cursor.advance()
        return True
    return False


def _angle(cursor: Cursor) -> Mark:
    opening = cursor.advance()
    inner = cursor.expression()
    end = cursor.token
    if not end.is_sign(">", "⟩"):
        raise cursor.source.error(opening.start, opening.end, "The bracket < is not closed.", "Write ^{<t>}.")
    cursor.advance()
    return Mark(opening.start, end.end, height(inner), inner, "<")


def _single(cursor: Cursor) -> Mark:
    r"""A script without braces is one token: x^2, W_i, A^\top."""
    token, following = cursor.token, cursor.ahead(1)
    if token.is_sign("'") or token.is_command("prime"):
        cursor.advance()
        return _prime(token)
    if token.is_command(*_TRANSPOSES) or (token.kind == "letter" and token.text == "T"):
        cursor.advance()
        return Mark(token.start, token.end, 2, TransposeSign(token.start, token.end, 1))
    if token.is_command("mathsf", "mathrm", "mathbf") and _font_of_transpose(cursor):
        braced = cursor.token.is_sign("{")
        if braced:
            cursor.advance()
        mark = _single(cursor)
        if braced:
            cursor.advance()
        return mark
    if token.is_sign("*"):
        cursor.advance()
        return Mark(token.start, token.end, 2, Symbol(token.start, token.end, 1, "star"))
    if token.is_sign("(", "["):
        # TeX would take the bracket alone; what people mean is the whole of it.
        bracketed = _bracketed_loosely(cursor)
        if bracketed is not None:
            return bracketed
    if token.kind == "number":
        if len(token.text) > 1 or (following.kind == "number" and following.start == token.end):
            message = "Without braces only the first digit is raised or lowered."
            raise cursor.source.error(token.start, token.end, message, f"Write {{{token.text}}}.")
        cursor.advance()
        return Mark(token.start, token.end, 2, Num(token.start, token.end, 1, token.value, True))
    if token.kind in ("letter", "word", "operator", "command"):
        node = cursor.atom()
        return Mark(node.start, node.end, height(node), node)
    raise cursor.source.error(
        token.start, max(token.end, token.start + 1), "A script is expected here.", "Write ^{…} or _{…}."
    )


def _bracketed_loosely(cursor: Cursor) -> Mark | None:
    opening = cursor.advance()
    inner = cursor.expression()
    end = cursor.expect(_CLOSING[opening.text], opening)
    return Mark(opening.start, end.end, height(inner), inner, opening.text)


def _prime(token: Token) -> Mark:
    return Mark(token.start, token.end, 2, Symbol(token.start, token.end, 1, "'"))
