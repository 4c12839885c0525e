r"""Small changes of a formula as it is written, one of which may put it right: another index, a transpose, a factor.

Each is the LaTeX of the whole side again, so that a correction stands in the author's own marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from derive.notes.correcting.links import exponents, linked, ones
from derive.notes.formulas.sides import at_commas

_TOKEN = re.compile(
    r"\\(?:begin|end|text|mathrm|operatorname|mathbb|mathcal|textrm|mbox)\s*\*?\{[^{}]*\}|\\[A-Za-z]+|\\.|\S"
)
_LAYOUT = re.compile(
    r"\\(?:[dt]?frac|partial|left|right|sum|cdot|odot|times|mathbf|boldsymbol|bm|hat|bar|tilde|vec|text|mathrm|operatorname"
    r"|top|bigg?|Bigg?|[lcvd]?dots|q?quad|nabla|mathcal|underbrace|overbrace|log|ln|exp|max|min|sqrt|mathbb|ell)"
)
"""Commands that are no names."""

_ACCENTS = frozenset([r"\mathbf", r"\boldsymbol", r"\bm", r"\hat", r"\bar", r"\tilde", r"\vec"])
_TRANSPOSES = frozenset((r"\top", "T", r"\intercal"))
_LONGEST = 220
"""Tokens of a formula in which single places are changed."""
_EACH = 16
"""Changes of one kind that are tried."""


@dataclass(frozen=True)
class Token:
    """A command or a character, at [start, end); `depth` counts the scripts around it."""

    text: str
    start: int
    end: int
    depth: int

    @property
    def is_letter(self) -> bool:
        return (len(self.text) == 1 and self.text.isalpha()) or (self.text.startswith("\\") and self.is_name)

    @property
    def is_name(self) -> bool:
        return self.text[1:].isalpha() and not _LAYOUT.fullmatch(self.text)


def repairs(side: str, left: str, span: tuple[int, int] | None = None) -> Iterator[str]:
    r"""The side with one small change, likely ones first; `left` is what it should equal, `span` where it is wrong.

    >>> next(repairs("w_i x + b_i", "z_j"))
    'w_j x + b_j'
    """
    tokens = tokens_of(side)
    others = tokens_of(left)
    seen = {side}
    kinds = [_bounds(side), _in_front(side), linked(side, left), exponents(side), _paired(side, tokens),
             _renamed(side, tokens, others), _fewer_cells(side), ones(side)]  # fmt: skip
    if len(tokens) <= _LONGEST or span is not None:
        near = [t for t in tokens if span is None or (t.start < span[1] and t.end > span[0])]
        kinds += [_turned(side, near), _without_number(side, near), _without(side, near), _transposed(side, near),
                  _exchanged(side, near), _moved_layer(side, near), _entrywise(side, near),
                  _other_index(side, near, tokens, others), _with_factor(side, tokens), _squared(side, near),
                  _other_letter(side, near, tokens, others)]  # fmt: skip
    for kind in kinds:
        for changed in islice(kind, _EACH):
            if changed not in seen:
                seen.add(changed)
                yield changed


def tokens_of(latex: str) -> list[Token]:
    """The tokens of a formula; what \\text says is none."""
    found: list[Token] = []
    scripts: list[bool] = []
    opens = False
    for match in _TOKEN.finditer(latex):
        text = match[0]
        depth = sum(scripts) + opens
        if text == "{":
            scripts.append(opens)
        elif text == "}" and scripts:
            scripts.pop()
        else:
            found.append(Token(text, match.start(), match.end(), depth))
        opens = text in ("_", "^")
    return found


def _put(side: str, token: Token, new: str) -> str:
    """The side with something else in the place of a token; a command before a letter keeps its distance."""
    after = side[token.end :]
    gap = " " if new.startswith("\\") and after[:1].isalpha() else ""
    return f"{side[: token.start]}{new}{gap}{after}"


def _indices(tokens: Sequence[Token]) -> list[str]:
    """What stands in scripts as an index: letters and numbers."""
    found = (t.text for t in tokens if t.depth and (t.text.isalnum() or t.text == r"\ell"))
    return [text for text in dict.fromkeys(found) if text not in _TRANSPOSES and len(text) <= 4]


def _renamed(side: str, tokens: Sequence[Token], others: Sequence[Token]) -> Iterator[str]:
    """An index, or a number of terms, that should be another one wherever it stands."""
    bound = {after.text for sign, after in pairwise(tokens) if sign.text == "_" and _sums(tokens, sign)}
    own = [text for text in _indices(tokens) if not text.isdigit() and text not in bound]
    for old in own:
        for new in dict.fromkeys((*_indices(others), *_indices(tokens), *_limits(others))):
            if new != old and not new.isdigit() and new not in bound:
                changed = side
                for token in reversed(tokens):
                    if token.text == old:
                        changed = _put(changed, token, new)
                yield changed
    for old in own:
        for new in "mnkNM":  # a number of terms that is named elsewhere in the notes
            if new != old and old in "mnkNM":
                yield re.sub(rf"(?<![A-Za-z\\]){old}(?![A-Za-z])", new, side)


def _paired(side: str, tokens: Sequence[Token]) -> Iterator[str]:
    """z where a belongs, or the other way, in one place."""
    names = {t.text for t in tokens}
    pairs = {"z": "a", "a": "z", "Z": "A", "A": "Z"}
    places = [(t, other) for t in tokens if (other := pairs.get(t.text)) is not None and not t.depth]
    for token, other in sorted(places, key=lambda place: place[1] not in names):
        yield _put(side, token, other)


_PAST = re.compile(r": (?:entry|row|column) (\d+) is past the end of .*? The last (?:entry|row|column) is (\d+):")


def in_range(side: str, error: str) -> Iterator[str]:
    """A side with an index that is past the end, as an error says, set to the last one: the last place first."""
    found = _PAST.search(error)
    for token in reversed(tokens_of(side)) if found is not None else ():
        if found is not None and token.depth and token.text == found[1]:
            yield _put(side, token, found[2])


def _limits(tokens: Sequence[Token]) -> list[str]:
    return [t.text for t in tokens if t.depth == 0 and t.is_letter and len(t.text) == 1]


def _sums(tokens: Sequence[Token], sign: Token) -> bool:
    place = tokens.index(sign)
    return place > 0 and tokens[place - 1].text == r"\sum"


def _other_index(side: str, near: Sequence[Token], tokens: Sequence[Token], others: Sequence[Token]) -> Iterator[str]:
    """An index that should be another one in one place."""
    of_left, own = _indices(others), _indices(tokens)
    places = [t for t in near if t.depth and t.text in own]
    for token in places:
        yield from (_put(side, token, new) for new in of_left if _may_stand_for(new, token.text))
    most = max((int(text) for text in own if text.isdigit()), default=0)
    for token in places:
        for new in dict.fromkeys((*own, *(str(k) for k in range(1, min(most, 4) + 2)))):
            if new not in of_left and _may_stand_for(new, token.text):
                yield _put(side, token, new)


def _may_stand_for(new: str, old: str) -> bool:
    return new != old and new != "0" and new.isdigit() == old.isdigit()


def _other_letter(side: str, near: Sequence[Token], tokens: Sequence[Token], others: Sequence[Token]) -> Iterator[str]:
    """A name that should be another one in one place."""
    names = list(dict.fromkeys(t.text for t in (*tokens, *others) if not t.depth and t.is_letter))
    for token in near:
        if token.depth or not token.is_letter:
            continue
        for new in names:
            if new != token.text:
                yield _put(side, token, new)


def _transposed(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A transpose or a prime that is missing, or one too many."""
    for token in near:
        if token.text in _TRANSPOSES and token.depth:
            before, after = side[: token.start], side[token.end :]
            if (alone := re.search(r"\^\s*(\{?)\s*$", before)) is not None:
                yield before[: alone.start()] + (after.lstrip().removeprefix("}") if alone[1] else after)
            else:
                yield before.rstrip() + after
        if token.text == "'" and not token.depth:
            yield side[: token.start] + side[token.end :]
    for token in near:
        if token.text in (")", "]") and not token.depth and side[token.end :].lstrip()[:1] not in ("^", "_"):
            yield f"{side[: token.end]}^T{side[token.end :]}"
        if token.depth or not token.is_letter:
            continue
        end = _symbol_end(side, token)
        own = side[token.end : end]
        if side[end:].lstrip()[:1] == "(" or side[end:].lstrip().startswith(r"\left("):
            yield f"{side[:end]}'{side[end:]}"
        if "^" not in own:
            yield f"{side[:end]}^T{side[end:]}"
        elif re.search(r"\^\s*\{\s*\[[^\]]*\]\s*\}", own) and "T" not in own:
            yield side[: token.end] + re.sub(r"\]\s*\}", "]T}", own, count=1) + side[end:]


def _exchanged(side: str, near: Sequence[Token]) -> Iterator[str]:
    """Two indices, or two factors side by side, the wrong way round."""
    for one, other in pairwise(near):
        if one.depth and other.depth and one.end == other.start and one.text.isalpha() and other.text.isalpha():
            yield f"{side[: one.start]}{other.text}{one.text}{side[other.end :]}"
    for one, comma, other in zip(near, near[1:], near[2:], strict=False):
        if comma.text == "," and comma.depth and one.depth and one.text.isalpha() and other.text.isalpha():
            yield f"{side[: one.start]}{other.text}{side[one.end : other.start]}{one.text}{side[other.end :]}"
    symbols = [(t.start, _symbol_end(side, t)) for t in near if not t.depth and t.is_letter]
    for (start, middle), (after, end) in pairwise(symbols):
        if side[middle:after].strip() in ("", "\\,"):
            yield f"{side[:start]}{side[after:end]}{side[middle:after]}{side[start:middle]}{side[end:]}"


_GENERAL = re.compile(r"(?<=[_^])(?:\{([\[(]?)(l)( ?[-+] ?1)?([\])]?)\}|l(?![a-zA-Z]))")
_UPPER = re.compile(r"(\\sum_\{\w ?= ?1\}\^)\{(\w+) ?[-+] ?1\}")
_LOWER = re.compile(r"(\\sum_\{\w ?= ?)2(?=\})")
_FRONT = re.compile(r"(?:-|\d+)\s*(?:\\cdot(?![A-Za-z]))?\s*")


def _bounds(side: str) -> Iterator[str]:
    """A sum over all entries where it is over all but the first, or but the last."""
    for found in _UPPER.finditer(side):
        yield f"{side[: found.start()]}{found[1]}{{{found[2]}}}{side[found.end() :]}"
    for found in _LOWER.finditer(side):
        yield f"{side[: found.start()]}{found[1]}1{side[found.end() :]}"


def _in_front(side: str) -> Iterator[str]:
    """Without the sign or the number in front of it all."""
    found = _FRONT.match(side)
    if found is not None and side[found.end() :].strip():
        yield side[found.end() :]


def _moved_layer(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A general layer that is one too high or too low."""
    for found in _GENERAL.finditer(side):
        opens, closes = found[1] or "", found[4] or ""
        for new in ("l", "l+1", "l-1"):
            if (found[3] or "").replace(" ", "") != new[1:]:
                yield f"{side[: found.start()]}{{{opens}{new}{closes}}}{side[found.end() :]}"


def _entrywise(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A product of matrices where one entry by entry belongs, or the other way."""
    for token in near:
        if token.text in (r"\odot", r"\circ"):
            yield f"{side[: token.start]}{side[token.end :].lstrip()}"
    for before, token in pairwise(near):
        begins = not token.depth and (token.is_letter or token.text in ("(", "[", r"\left"))
        ends = before.depth or before.is_letter or before.text in (")", "]", "'")
        if begins and ends:
            yield f"{side[: token.start]}\\odot {side[token.start :]}"


def _symbol_end(side: str, token: Token) -> int:
    """Where a symbol ends, with its scripts and primes."""
    end = token.end
    before = side[: token.start].rstrip()
    if before.endswith("{") and before[:-1].rstrip().endswith(tuple(_ACCENTS)):
        end += len(side[end:]) - len(side[end:].lstrip())
        end += side[end : end + 1] == "}"
    script = re.compile(r"\s*(?:'|[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|[^\s{}\\]))")
    while (found := script.match(side, end)) is not None:
        end = found.end()
    return end


def _without_number(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A number too many before a symbol or a bracket."""
    for token in near:
        after = side[token.end :].lstrip()
        if token.text.isdigit() and not token.depth and re.match(r"[A-Za-z(\\]", after):
            is_alone = not re.search(r"[\d.{]$", side[: token.start].rstrip())
            if is_alone and not re.match(r"\\(?:cdot|times)(?![A-Za-z])", after):
                yield side[: token.start] + after


def _without(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A factor too many."""
    for token in near:
        if token.depth or not token.is_letter or side[token.end :].lstrip()[:1] == "(":
            continue
        end = _symbol_end(side, token)
        before, after = side[: token.start].rstrip(), side[end:]
        if re.search(r"\\(?:partial|mathbf|hat|bar|frac)\s*\{?$", before) or before.endswith(("\\partial",)):
            continue
        after = re.sub(r"^\s*\\(?:cdot|odot|times)(?![A-Za-z])", "", after)
        yield f"{before} {after.lstrip()}".rstrip()


def _with_factor(side: str, tokens: Sequence[Token]) -> Iterator[str]:
    """A factor that is missing, in front of the last symbol of a product or above a fraction."""
    if any(t.text in "+-" and not t.depth and _around(side, t) is None for t in tokens):
        return
    symbols = [side[t.start : _symbol_end(side, t)] for t in tokens if not t.depth and t.is_letter]
    start = re.match(r"\[dt]?frac\s*\{", side)
    for symbol in dict.fromkeys(symbols):
        if start is not None and side.count(r"\frac") == 1:
            yield f"{side[: start.end()]}{symbol} {side[start.end() :]}"
        yield f"{side} {symbol}"


def _turned(side: str, near: Sequence[Token]) -> Iterator[str]:
    """A difference the wrong way round; another sign."""
    signs = [t for t in near if t.text in "+-" and not t.depth]
    for token in signs:
        found = _around(side, token) if token.text == "-" else None
        if found is not None:
            start, end = found
            one, other = side[start : token.start].strip(), side[token.end : end].strip()
            yield f"{side[:start]}{other} - {one}{side[end:]}"
    for token in signs:
        yield _put(side, token, "-" if token.text == "+" else "+")


def _around(side: str, sign: Token) -> tuple[int, int] | None:
    """The bounds of the brackets, or braces, in which a sign is the only one; None if there are none."""
    start = max(side.rfind(c, 0, sign.start) for c in "([{") + 1
    ends = [k for k in (side.find(c, sign.end) for c in ")]}") if k >= 0]
    depth, start = 0, sign.start
    while start > 0:
        c = side[start - 1]
        depth += (c in ")]}") - (c in "([{")
        if depth < 0:
            break
        start -= 1
    depth, end = 0, sign.end
    while end < len(side):
        c = side[end]
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            break
        end += 1
    if not ends or start == 0 or end == len(side):
        return None
    end -= len(r"\right") * side[start:end].rstrip().endswith(r"\right")
    inside = side[start:end]
    return (start, end) if not re.search(r"[+=,&]|-.*-", inside) else None


def _squared(side: str, near: Sequence[Token]) -> Iterator[str]:
    """An exponent 2 that is missing."""
    for token in near:
        is_closing = token.text in (")", "]", r"\|", r"\rVert", "|") and not token.depth
        if is_closing and side[token.end :].lstrip()[:1] not in ("^", "_"):
            yield f"{side[: token.end]}^2{side[token.end :]}"
        if not token.depth and token.is_letter:
            end = _symbol_end(side, token)
            if "^" not in side[token.end : end]:
                yield f"{side[:end]}^2{side[end:]}"


_MATRIX = re.compile(r"(\\begin\s*\{([bp]?matrix)\})(.*?)(\\end\s*\{\2\})", re.DOTALL)


def _fewer_cells(side: str) -> Iterator[str]:
    """A matrix with one entry less in its row, or one row less: the last one first."""
    for found in _MATRIX.finditer(side):
        rows = found[3].split(r"\\")
        if len(rows) == 1:
            sign = "&" if "&" in rows[0] else ","
            for fewer in _one_less(rows[0].split("&") if sign == "&" else at_commas(rows[0])):
                yield side[: found.start(3)] + f" {sign.join(fewer).strip()} " + side[found.end(3) :]
        elif all("&" not in row for row in rows):
            for fewer in _one_less(rows):
                yield side[: found.start(3)] + f" {(chr(92) * 2).join(fewer).strip()} " + side[found.end(3) :]


def _one_less(parts: Sequence[str]) -> Iterator[list[str]]:
    for k in reversed(range(len(parts))):
        if len(parts) > 1:
            yield [*parts[:k], *parts[k + 1 :]]


def cell(side: str, row: int, column: int) -> tuple[int, int] | None:
    """Where an entry stands, counted from 1, if the side is a matrix that is written out; None if it is not."""
    found = _MATRIX.fullmatch(side.strip())
    if found is None:
        return None
    start = side.index(found[3]) if side.count(found[3]) == 1 else 0
    rows = found[3].split(r"\\")
    if not start or row > len(rows):
        return None
    start += sum(len(r) + 2 for r in rows[: row - 1])
    cells = rows[row - 1].split("&")
    if column > len(cells):
        return None
    start += sum(len(c) + 1 for c in cells[: column - 1])
    return start, start + len(cells[column - 1])
