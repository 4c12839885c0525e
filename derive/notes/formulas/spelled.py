"""How a correct form is spelled: in the notation that the notes declare, in the marks of the formula it corrects."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy

from derive.expression.nodes import Component, Expression, Index, Position, Tensor
from derive.expression.scope import Scope
from derive.expression.sizes import ONE
from derive.expression.traverse import children, rebuild, walk
from derive.writing.latex import LatexWriter
from derive.writing.names import latex_layer, latex_name, split_name
from derive.writing.writer import Level, Written

_NAME = re.compile(r"(?<![A-Za-z\\_^{])(\\[A-Za-z]+|[A-Za-z])_\{(\d+)\}(?!\^\{\[)(\^\{)?")
_BRACED = re.compile(r"([_^])\{([A-Za-z0-9])\}(?![A-Za-z0-9])")
"""A script of one character in braces, which some write and others do not."""

_TOKEN = re.compile(r"\\[A-Za-z]+|[^\s{}]")
_BRACKETS = re.compile(r"\^\s*\{\s*\[\s*\\?\w")
_KEY = re.compile(r"(?:\\(?:hat|bar|tilde|vec|mathbf|boldsymbol|bm)\s*)?\{?(?:\\[A-Za-z]+|[A-Za-z])\}?(?:[_^].*)?")
"""Spellings that are one symbol with marks."""


def spelled(e: Expression, written: str, scope: Scope) -> str:
    """The expression as LaTeX, as the author writes what it is made of in a formula."""
    latex = in_marks(_AuthorWriter(written, scope).text(e), written)
    return latex if _BRACED.search(written) else _BRACED.sub(r"\1\2", latex)


def in_marks(latex: str, written: str) -> str:
    r"""Names with a layer's number, spelled as in the formula: a^{[2]} where its layers stand in brackets.

    >>> in_marks(r"W_{2}^{\top} a_{1}", r"z^{[2]} = W^{[2]} a^{[1]}")
    'W^{[2]\\top} a^{[1]}'
    >>> in_marks("W_{2} a_{1}", "z_2 = W_2 a_1")
    'W_{2} a_{1}'
    """
    if not _BRACKETS.search(written):
        return latex

    def marked(found: re.Match[str]) -> str:
        name, number, power = found.groups()
        itself = (
            rf"{re.escape(name)}_(?:\{{{number}\}}|{number}(?!\d))(?!\s*\^\s*\{{\s*\[)"  # no entry, as a_1^{{[2]}} is
        )
        if re.search(itself, written) or _is_function(latex, found):
            return found.group()
        return f"{name}^{{[{number}]" + ("" if power else "}")

    return _NAME.sub(marked, latex)


def _is_function(latex: str, found: re.Match[str]) -> bool:
    return found.group(1).startswith("\\operatorname") or latex[found.end() :].startswith(("'", "("))


class _AuthorWriter(LatexWriter):
    """Writes names and entries as they stand in a formula: y^{(i)} for y[i], w_{1,2}^{[2]} for W2[1,2]."""

    def __init__(self, written: str, scope: Scope) -> None:
        super().__init__()
        self._tokens = _TOKEN.findall(written)
        self._in_brackets = bool(_BRACKETS.search(written))
        keys = ((key, meaning) for key, meaning in scope.conventions.spellings.items() if _KEY.fullmatch(key))
        aliases = ((key, meaning) for key, meaning in scope.aliases.items() if len(key) == 1)
        found = [_Spelling(key, meaning) for key, meaning in (*keys, *aliases)]
        self._spellings = sorted((s for s in found if s.occurs(self._tokens)), key=lambda s: -len(s.key))

    def _written(self, e: Expression) -> Written:
        for spelling in self._spellings:
            text = spelling.of(e)
            if text is not None:
                return Written(text, Level.SCRIPT if "^" in text else Level.ATOM)
        if isinstance(e, Component) and isinstance(e.operand, Tensor):
            return self._entry(e, e.operand) or super()._written(e)
        if isinstance(e, Tensor) and e.layer is not None and not self._in_brackets and "^" in self._tokens:
            return Written(f"{latex_name(e.name)}^{{{latex_layer(e.layer)}}}", Level.SCRIPT)
        return super()._written(e)

    def _entry(self, e: Component, of: Tensor) -> Written | None:
        """An entry with its index below and its layer above, where that is how the formula has entries."""
        name = split_name(of.name)
        column = of.shape[1] == ONE and e.column is None and e.row is not None
        below = ",".join(_position(p) for p in ([e.row] if column else [e.row, e.column]))
        if of.layer is not None:
            above = latex_layer(of.layer)
            above = f"[{above}]" if self._in_brackets else above
            return Written(f"{latex_name(of.name)}_{{{below}}}^{{{above}}}", Level.SCRIPT)
        if self._in_brackets and name.subscript.isdecimal():
            letter = self._letter(name.base)
            return Written(f"{letter}_{{{below}}}^{{[{name.subscript}]}}", Level.SCRIPT)
        if not name.subscript and self._has_entries(latex_name(of.name)):
            return Written(f"{latex_name(of.name)}_{{{below}}}", Level.ATOM)
        return None

    def _letter(self, base: str) -> str:
        """W or w, whichever has entries in the formula."""
        letter = latex_name(base)
        small = letter.lower() if len(letter) == 1 else letter
        return small if small != letter and self._has_entries(small) and not self._has_entries(letter) else letter

    def _has_entries(self, letter: str) -> bool:
        own = [t for t in letter.replace("{", " ").replace("}", " ").split() if t]
        tokens = self._tokens
        return any(tokens[k : k + len(own)] == own and tokens[k + len(own)] in ("_", "^")
                   for k in range(len(tokens) - len(own)))  # fmt: skip


class _Spelling:
    """A spelling that is one symbol, with letters that stand for indices and layers."""

    def __init__(self, key: str, meaning: Expression) -> None:
        self.key, self.meaning = key, meaning
        self.tokens = _TOKEN.findall(key)
        letters = {p.name for part in walk(meaning) for p in _places(part)}
        layers = {str(t.layer) for t in walk(meaning) if isinstance(t, Tensor) and isinstance(t.layer, sympy.Symbol)}
        self.letters = {t for t in self.tokens[1:] if t.lstrip("\\") in letters | layers}

    def occurs(self, tokens: Sequence[str]) -> bool:
        """Whether a formula has it, with any indices."""
        count = len(self.tokens)
        return any(self._fits(tokens[k : k + count], tokens[k + count : k + count + 2])
                   for k in range(len(tokens) - count + 1))  # fmt: skip

    def _fits(self, found: Sequence[str], after: Sequence[str]) -> bool:
        same = all(own == other or own in self.letters for own, other in zip(self.tokens, found, strict=True))
        more = bool(after) and (after[0] == "_" or (after[0] == "^" and after[1:2][0:1] not in (["2"], ["T"])))
        return same and not more

    def of(self, e: Expression) -> str | None:
        """How it spells an expression; None if it means another one."""
        bound: dict[str, str] = {}
        if type(e) is not type(self.meaning) or not _matches(self.meaning, e, self.letters, bound):
            return None
        return re.sub(r"\\[A-Za-z]+|[A-Za-z]", lambda m: bound.get(m[0], m[0]) if m.start() else m[0], self.key)


def _places(e: Expression) -> list[Index]:
    return [p for p in (e.row, e.column) if isinstance(p, Index)] if isinstance(e, Component) else []


def _position(place: Position) -> str:
    return ":" if place is None else latex_name(place.name) if isinstance(place, Index) else str(place)


def _matches(pattern: Expression, e: Expression, letters: set[str], bound: dict[str, str]) -> bool:
    """Whether an expression is what a spelling means, with its letters bound to indices and layers."""
    if type(pattern) is not type(e):
        return False
    if isinstance(pattern, Component) and isinstance(e, Component):
        pairs = ((pattern.row, e.row), (pattern.column, e.column))
        return all(_bind(p, q, letters, bound) for p, q in pairs) and _matches(
            pattern.operand, e.operand, letters, bound
        )
    if isinstance(pattern, Tensor) and isinstance(e, Tensor) and pattern.layer is not None and e.layer is not None:
        own = bound.setdefault(str(pattern.layer), latex_layer(e.layer)) if str(pattern.layer) in letters else None
        return pattern.name == e.name and (own == latex_layer(e.layer) if own else pattern.layer == e.layer)
    inner, outer = children(pattern), children(e)
    if len(inner) != len(outer) or not all(_matches(p, q, letters, bound) for p, q in zip(inner, outer, strict=True)):
        return False
    parts = iter(outer)
    return rebuild(pattern, lambda _: next(parts)) == e


def _bind(pattern: Position, place: Position, letters: set[str], bound: dict[str, str]) -> bool:
    if isinstance(pattern, Index) and pattern.name in {letter.lstrip("\\") for letter in letters}:
        name = next(letter for letter in letters if letter.lstrip("\\") == pattern.name)
        return place is not None and bound.setdefault(name, _position(place)) == _position(place)
    return pattern == place
