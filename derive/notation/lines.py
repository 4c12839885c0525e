"""Splitting an answer into lines, and a line at its relation signs; brackets keep both together."""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation.lexer import Token

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_RELATIONS = frozenset({"=", ":=", "+=", "-="})
_CONTINUES_BEFORE = frozenset({"=", ":=", "+=", "-=", "*", "/", "@", "**", "^", "·", "+", ",", ")", "]", "}", "ᵀ"})
_CONTINUES_AFTER = (_CONTINUES_BEFORE | {"-", "(", "[", "{"}) - {")", "]", "}", "ᵀ"}


def split_lines(tokens: Sequence[Token]) -> list[list[Token]]:
    """The lines of an answer, at line ends and semicolons outside brackets; empty ones are dropped.

    A line that begins with a sign such as `=` or `@`, or follows one, continues the line before.
    """
    lines: list[list[Token]] = [[]]
    following = _following(tokens)
    depth = 0
    for place, token in enumerate(tokens):
        depth = _depth(token, depth)
        if token.kind == "end":
            break
        if token.kind == "newline":
            if depth == 0 and not _continues(lines[-1], following[place]):
                lines.append([])
        elif token.text == ";" and depth == 0:
            lines.append([])
        else:
            lines[-1].append(token)
    return [line for line in lines if line]


def _following(tokens: Sequence[Token]) -> list[Token]:
    """For each token the next one that is no line end."""
    found = [tokens[-1]] * len(tokens)
    for place in range(len(tokens) - 2, -1, -1):
        after = tokens[place + 1]
        found[place] = found[place + 1] if after.kind == "newline" else after
    return found


def _continues(line: Sequence[Token], following: Token) -> bool:
    after = bool(line) and line[-1].kind == "sign" and line[-1].text in _CONTINUES_AFTER
    return after or (bool(line) and following.kind == "sign" and following.text in _CONTINUES_BEFORE)


def split_relation(line: Sequence[Token]) -> list[list[Token]]:
    """The sides of A = B = C, each ending with an `end` token where the next sign stands."""
    sides: list[list[Token]] = [[]]
    depth = 0
    for token in line:
        depth = _depth(token, depth)
        if depth == 0 and token.kind == "sign" and token.text in _RELATIONS:
            sides[-1].append(ending(token.start, token.end))
            sides.append([])
        else:
            sides[-1].append(token)
    sides[-1].append(ending(line[-1].end, line[-1].end + 1))
    return sides


def ending(start: int, end: int) -> Token:
    """The token that closes a sequence."""
    return Token("end", "", start, end)


def _depth(token: Token, depth: int) -> int:
    if token.kind != "sign":
        return depth
    return depth + 1 if token.text in _OPENING else max(0, depth - 1) if token.text in _CLOSING else depth
