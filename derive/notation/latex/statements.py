r"""A text in LaTeX split into its statements, and a statement at its relation signs.

Statements end at line breaks, at commas and wide spaces outside brackets, at words, and at signs such as ⇒. A piece
that begins with a relation sign or an operator continues the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.notation.latex.commands import DOTS, ENDS, RELATIONS, SEPARATORS
from derive.notation.latex.tokens import Token
from derive.notation.source import Source

_SIGNS = frozenset({"=", ":=", "+=", "-=", "<-", "->", "in", "~", "ni"})
_OPENING, _CLOSING = frozenset({"(", "[", "{", r"\{", "⟨"}), frozenset({")", "]", "}", r"\}", "⟩"})
_OPERATORS = ("+", "-", "·", "×", "⊙", "*", "/", "@", "⊗")
_ENDING = (*SEPARATORS, *ENDS, "forall")
_PUNCTUATION = (",", ".", ";", ":")
_ANSWERING = frozenset({"for", "if", "where", "when", "with", "otherwise", "else", "because", "since", "i.e.", "as"})


@dataclass(frozen=True)
class Statement:
    """sides[0] signs[0] sides[1] …; the sides are tokens, each ending with one of kind `end`.

    `remark`: it follows words such as “for”, so that i = 1 there says what i is.
    """

    sides: tuple[tuple[Token, ...], ...]
    signs: tuple[str, ...]
    remark: bool = False

    @property
    def start(self) -> int:
        return next((t.start for side in self.sides for t in side if t.kind != "end"), self.sides[0][0].start)

    @property
    def end(self) -> int:
        return max(side[-2].end for side in self.sides if len(side) > 1)


@dataclass
class _Piece:
    """Tokens between two separators, and the separator before them; `remark`: that is a word such as “for”."""

    tokens: list[Token]
    remark: bool
    before: Token | None

    @property
    def is_related(self) -> bool:
        return any(relation_sign(t) for t in self.tokens)


def split(source: Source, tokens: Sequence[Token]) -> list[Statement]:
    """The statements of a text, in order; empty ones are dropped. ReadError for words between two formulas."""
    pieces = _joined(source, [p for p in _pieces(tokens) if not _only_ranges(p)])
    return [_statement(part, p.remark) for p in pieces for part in _implied(_unboxed(p.tokens))]


def relation_sign(token: Token) -> str:
    """The relation that a token stands for, or ""."""
    if token.kind == "sign" and token.text in _SIGNS:
        return token.text
    if token.kind == "command":
        return "ni" if token.text == "ni" else RELATIONS.get(token.text, "")
    return ""


def _pieces(tokens: Sequence[Token]) -> list[_Piece]:
    """Runs of tokens between separators."""
    found = [_Piece([], False, None)]
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        depth += (token.kind == "begin") - (token.kind == "end_environment")
        word = _is_word(token)
        ends = word or token.kind in ("row", "blank") or token.is_sign(",", ";") or token.is_command(*_ENDING)
        if (depth <= 0 and ends) or token.kind == "end":
            remark = word and token.text.split(" ")[0].strip("(").lower() in _ANSWERING
            found.append(_Piece([], remark, token))
            depth = 0
        else:
            found[-1].tokens.append(token)
    return [_Piece(_trimmed(p.tokens), p.remark, p.before) for p in found]


def _only_ranges(piece: _Piece) -> bool:
    """∀ i, j ∈ {1, …, n} says that letters stand for any index, which they do; i ≠ j behind it says more."""
    if piece.before is None or not piece.before.is_command("forall"):
        return False
    return all(
        t.kind in ("letter", "number") or t.is_sign(*"()[],=:;.", r"\{", r"\}", "{", "}") or t.is_command("in", *DOTS)
        for t in piece.tokens
    )


def _is_word(token: Token) -> bool:
    return token.kind == "text" or (token.kind == "word" and token.text.lower() in _ANSWERING | {"and", "or"})


def _trimmed(piece: list[Token]) -> list[Token]:
    """Without punctuation at either end."""
    start, end = 0, len(piece)
    while end > start and piece[end - 1].is_sign(*_PUNCTUATION):
        end -= 1
    while start < end and piece[start].is_sign(*_PUNCTUATION):
        start += 1
    return piece[start:end]


def _joined(source: Source, pieces: list[_Piece]) -> list[_Piece]:
    out: list[_Piece] = []
    for piece in pieces:
        if not piece.tokens:
            continue
        last = out[-1] if out else None
        first, separator = piece.tokens[0], piece.before
        if last is None or separator is None:
            out.append(piece)
            continue
        open_end = bool(relation_sign(last.tokens[-1])) or last.tokens[-1].is_sign(*_OPERATORS)
        goes_on = first.is_sign(*_OPERATORS) and (last.is_related or separator.kind == "row")
        if open_end or relation_sign(first) or goes_on:
            last.tokens.extend(piece.tokens)
            continue
        is_prose = _is_word(separator) and not piece.remark and separator.text.lower() not in ("and", "or")
        if is_prose and not (last.is_related or piece.is_related):
            raise source.error(separator.start, separator.end,
                               f"The words “{separator.text[:40]}” stand between two formulas.",
                               "Write a sign of a product or a relation there.")  # fmt: skip
        out.append(piece)
    return out


def _unboxed(piece: list[Token]) -> list[Token]:
    """[S = softmax(h)] in brackets as a whole is the relation inside."""
    if len(piece) < 3 or not piece[0].is_sign("[", "(") or not piece[-1].is_sign("]", ")"):
        return piece
    if piece[1].is_command("because", "therefore") or _is_word(piece[1]):
        piece = [piece[0], *piece[2:]]  # (because a = b) says so in brackets
    depths = list(_depths(piece))
    closes_early = any(depth == 0 for depth in depths[:-1])
    relates = any(t.is_sign("=") and depth == 1 for t, depth in zip(piece, depths, strict=True))
    return piece[1:-1] if relates and not closes_early else piece


def _implied(piece: list[Token]) -> list[list[Token]]:
    """f = x y → ∂f/∂x = y: an arrow between relations separates them; what only stands before one says nothing."""
    parts: list[list[Token]] = [[]]
    for token, depth in zip(piece, _depths(piece), strict=True):
        if depth == 0 and relation_sign(token) == "->":
            parts.append([])
        else:
            parts[-1].append(token)
    related = [part for part in parts if any(relation_sign(t) for t in part)]
    return related if len(parts) > 1 and related else [piece]


def _depths(piece: Sequence[Token]) -> Iterator[int]:
    """How many brackets are open after each token."""
    depth = 0
    for token in piece:
        if token.kind == "sign":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        depth += (token.kind == "begin") - (token.kind == "end_environment")
        yield depth


def _statement(piece: Sequence[Token], remark: bool) -> Statement:
    sides: list[list[Token]] = [[]]
    signs: list[str] = []
    for token, depth in zip(piece, _depths(piece), strict=True):
        sign = relation_sign(token) if depth == 0 else ""
        if sign:
            sides[-1].append(Token("end", "", token.start, token.end))
            signs.append(sign)
            sides.append([])
        else:
            sides[-1].append(token)
    last = piece[-1]
    sides[-1].append(Token("end", "", last.end, last.end + 1))
    return Statement(tuple(tuple(side) for side in sides), tuple(signs), remark)
