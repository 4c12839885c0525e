"""The same equation with other letters: whatever custom says of a letter, an equation is as right as it was."""

from __future__ import annotations

from collections.abc import Mapping

from derive.expression.scope import Scope
from derive.notation.lexer import lex
from derive.notation.limits import Limits
from derive.notation.source import Source
from derive.notation.text_reader import TextReader
from derive.standalone.uses import uses

CAPITAL = tuple("PQRSUVWXYZABC")
SMALL = tuple("abcuvwxyzrst")
GREEK = ("alpha", "beta", "gamma", "theta", "omega", "mu", "nu", "xi", "eta", "zeta", "tau", "rho")

SIZES = ("n", "m", "N")
"""Letters that custom has for numbers of entries: an equation about one of them is another one with another letter."""

WAYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "small for capital, capital for small": (SMALL, CAPITAL, GREEK),
    "Greek for small, small for Greek": (CAPITAL, GREEK, SMALL),
    "all capital": (CAPITAL, CAPITAL, CAPITAL),
    "all small": (SMALL, SMALL, SMALL),
    "all Greek": (GREEK, GREEK, GREEK),
}
"""For each way what stands for capitals, for small letters, and for Greek ones."""


def renamed(text: str, way: str) -> str:
    """The equation with a new letter for each of its quantities; functions, indices and sizes keep theirs."""
    used = uses(TextReader(Scope()).trees(text))
    taken = {*used.quantities, *used.functions, *used.called, *used.indices, *used.sizes, "e"}
    letters: dict[str, str] = {}
    for name in used.free:
        if name in SIZES:
            continue
        pool = WAYS[way][0 if name[0].isupper() else 1 if len(name.rstrip("0123456789")) == 1 else 2]
        letters[name] = next(letter for letter in pool if letter not in taken)
        taken.add(letters[name])
    out, last = [], 0
    for token in lex(Source(text), Limits()):
        new = letters.get(token.text) if token.kind == "name" else None
        if new is None and token.kind == "name" and token.text[:1] == "d":
            new = "d" + letters[token.text[1:]] if token.text[1:] in letters else None
        if new is not None:
            out += [text[last : token.start], new]
            last = token.end
    return "".join([*out, text[last:]])
