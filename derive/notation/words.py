"""What the parser has to know of names, so that factors may stand side by side: a(1-a) is a call or a product."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from derive.expression.nodes import Component, Dimension, Expression, Index, IndexSum, KroneckerDelta, Tensor
from derive.expression.scope import Scope
from derive.expression.shapes import known_shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import children
from derive.notation.calls import BUILT_IN
from derive.notation.chains import OBJECTIVES
from derive.notation.characters import plain
from derive.notation.lexer import Token
from derive.notation.names import Names
from derive.notation.source import Source

_MARKED = re.compile(r"(.+)_([a-z]{1,2})")
_SUM = re.compile(r"(?:sum|Sigma)_([a-z])")
_GRAMMAR = frozenset(("if", "else", "np", "numpy", "torch", "jnp", "axis", "keepdims"))
_EMPTY = Names(Scope())


class Words:
    """Names as they are declared; without any, as where an equation speaks for itself, brackets make a call.

    Without names factors stand side by side only if `loose` says so.
    """

    def __init__(self, names: Names | None = None, loose: bool = False) -> None:
        self.names = names
        self.may_stand_together = loose or names is not None
        """Where names are declared, they tell words from factors."""

    def is_quantity(self, name: str) -> bool:
        """Whether a name, or an entry of it such as a1_i, stands for a value: no call follows it."""
        if self.names is None or name in self.names.scope.functions:
            return False
        if self.names.find(name) is not None:
            return True
        marked = _MARKED.fullmatch(name)
        return marked is not None and self.names.find(marked[1]) is not None

    def is_size(self, name: str) -> bool:
        """Whether a name is that of a size."""
        return self.names is not None and isinstance(self.names.find(name), Dimension)

    def is_function(self, name: str) -> bool:
        """Whether a name stands for an elementwise function."""
        if self.is_quantity(name):
            return False
        return (self.names or _EMPTY).function(name) is not None

    def is_one(self, word: str) -> bool:
        """Whether letters make one word: a quantity, a function, a notation such as sum, a word of the grammar."""
        return self.is_quantity(word) or self.is_function(word) or word in BUILT_IN or word in _GRAMMAR

    def is_factor(self, letter: str) -> bool:
        """Whether a part of a word may be a factor: a quantity that is declared, and no size."""
        found = None if self.names is None else self.names.find(letter)
        return found is not None and not isinstance(found, Dimension)

    def may_be_primed(self, name: str) -> bool:
        """Whether a prime behind a name alone can mean something: W' is a transpose, f' has lost its argument."""
        if self.names is None:
            return self.may_stand_together and not self.is_function(name)
        return self.is_quantity(name)

    def is_vector(self, name: str) -> bool:
        """Whether a name stands for a vector or matrix, which can be transposed."""
        found = None if self.names is None else self.names.find(name)
        return found is not None and known_shape(found) != SCALAR

    def is_differential(self, name: str) -> bool:
        """Whether dz1 can only be half of a quotient of differentials."""
        if self.names is None or not name.startswith("d") or len(name) < 2:
            return False
        found = self.names.find(name)
        inner = name[1:]
        is_objective = inner in OBJECTIVES and self.names.layer(inner) is None
        return (is_objective or self.is_quantity(inner)) and not isinstance(found, Tensor)

    def summed(self, name: str) -> str:
        """The index of sum_i or Σ_i, where that is no name; else ""."""
        if self.names is None:
            return ""
        found = _SUM.fullmatch(name)
        return found[1] if found and not self.is_quantity(name) else ""


def is_defined_by(name: str, value: Expression) -> bool:
    """Whether the letters below a new name are the free indices of its value, in the usual order; a name without
    letters that are indices there may have any."""
    marked = _MARKED.fullmatch(name)
    free = _free(value)
    if marked is None or not free:
        return True
    return sorted(marked[2]) == list(marked[2]) and free <= set(marked[2])


def _free(e: Expression) -> set[str]:
    """The letters of the free indices of a formula."""
    inner = {letter for child in children(e) for letter in _free(child)}
    if isinstance(e, IndexSum):
        return inner - {e.index.name}
    places = (e.row, e.column) if isinstance(e, Component | KroneckerDelta) else ()
    return inner | {place.name for place in places if isinstance(place, Index)}


def apart(source: Source, tokens: Sequence[Token], words: Words) -> list[Token]:
    """The tokens with names that nobody declared taken apart where every part is a quantity: Xw, λW2.

    Parts are letters, or what is Greek and what is not; W2a1 stays what it is: a name that is not known. Letters are
    taken apart only by those who write other factors side by side, too, or W^T: xw alone may be a name misspelled.
    """
    tokens = _with_circles(tokens, words)
    together = any(_is_together(a, b, words) for a, b in pairwise(tokens))
    following = [*tokens[1:], tokens[-1]]
    found: list[Token] = []
    for token, after in zip(tokens, following, strict=True):
        written = source.text[token.start : token.end]
        if together or any(map(_is_greek, written)):
            found += _parts(source, token, after.text in ("(", "'"), words)
        else:
            found.append(token)
    return found


def _with_circles(tokens: Sequence[Token], words: Words) -> list[Token]:
    """A o B between spaces is A ∘ B, where no o is declared."""
    found = list(tokens)
    for place in range(1, len(found) - 1):
        before, token, after = found[place - 1 : place + 2]
        is_circle = token.kind == "name" and token.text == "o" and not words.is_one("o")
        is_apart = before.end < token.start and token.end < after.start
        ends = before.kind in ("name", "number") or before.text in (")", "]", "'", "ᵀ")
        begins = after.kind in ("name", "number") or after.text in ("(", "[")
        if is_circle and is_apart and ends and begins:
            found[place] = dataclasses.replace(token, kind="sign", text="*")
    return found


def _is_together(a: Token, b: Token, words: Words) -> bool:
    """Whether two tokens tell that their author writes products without signs."""
    if b.text == "ᵀ" or (a.text, b.text) == ("^", "T") or (a.text == "'" and b.text not in ("'", "(")):
        return True
    is_operand = (
        a.kind == "number" or a.text in (")", "]", "ᵀ", "'") or (a.kind == "name" and words.is_quantity(a.text))
    )
    return is_operand and ((b.kind == "name" and b.text not in _GRAMMAR) or (b.text == "(" and a.text != "'"))


def _parts(source: Source, token: Token, is_called: bool, words: Words) -> Iterator[Token]:
    written = source.text[token.start : token.end]
    if token.kind != "name" or words.names is None or words.is_one(token.text):
        yield token
        return
    if written.startswith("d"):
        yield token  # half of a quotient of differentials, if anything
        return
    cuts = [k for k in range(1, len(written)) if written[k - 1].isalpha() and written[k].isalpha()
            and (_is_greek(written[k - 1]) != _is_greek(written[k]) or written.isalpha())]  # fmt: skip
    ends = [0, *cuts, len(written)]
    parts = [
        dataclasses.replace(token, text=_spelled(written[a:b]), start=token.start + a, end=token.start + b)
        for a, b in pairwise(ends)
    ]
    *front, last = parts
    if len({part.text for part in parts}) < len(parts):
        yield token  # nobody writes xx for a square
        return
    is_known = words.is_factor(last.text) or (is_called and words.is_function(last.text))
    if front and is_known and all(words.is_factor(part.text) for part in front):
        yield from parts
    else:
        yield token


def _is_greek(character: str) -> bool:
    return unicodedata.name(character, "").startswith("GREEK")


def _spelled(part: str) -> str:
    return "".join(plain(c) or c for c in part)
