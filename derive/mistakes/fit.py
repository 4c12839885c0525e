"""The answer held against the additive terms of the right one: which rational multiples of them is it the sum of?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from derive.expression.nodes import Expression, Number, number
from derive.expression.shapes import shape
from derive.mistakes.finding import NOTES, Finding
from derive.mistakes.fingerprint import Fingerprints, key
from derive.mistakes.table import MISTAKES
from derive.mistakes.terms import TERMS, expanded, is_negative, product, summed, terms
from derive.mistakes.wording import Words

Proves = Callable[[Expression, Expression], bool]
"""Whether two formulas are proved equal."""

_LARGEST = 24
"""Numerators and denominators of factors that are looked for."""
_TOLERANCE = 1e-8


def fitted(
    answer: Expression, expected: Expression, prints: Fingerprints, proves: Proves, words: Words,
    is_penalty: Callable[[Expression], bool],
) -> tuple[Finding, ...]:  # fmt: skip
    """What is wrong with the terms of an answer: factors, missing terms, one term too many; () if that is not it."""
    parts = expanded(expected)
    found = _factors(answer, parts, prints, proves)
    if found is not None:
        return tuple(_told(*_joined(expected, parts, found), words, is_penalty))
    extra = _extra(answer, expected, prints, proves)
    return () if extra is None else (_finding("extra-term", extra, words),)


def _joined(
    expected: Expression, parts: Sequence[Expression], factors: Sequence[Fraction]
) -> tuple[Sequence[Expression], Sequence[Fraction]]:
    """The terms as they stood before they were multiplied out, where all parts of each have one factor."""
    whole = terms(expected)
    counts = [len(expanded(term)) for term in whole]
    if sum(counts) != len(parts):
        return parts, factors
    starts = [sum(counts[:k]) for k in range(len(counts))]
    of_each = [set(factors[start : start + count]) for start, count in zip(starts, counts, strict=True)]
    if any(len(found) != 1 for found in of_each):
        return parts, factors
    return whole, [min(found) for found in of_each]


def _factors(
    answer: Expression, parts: Sequence[Expression], prints: Fingerprints, proves: Proves
) -> tuple[Fraction, ...] | None:
    """Rational c_k with answer = Σ c_k t_k, proved; not all 1."""
    wanted = prints.all_values(answer)
    columns = [prints.all_values(t) for t in parts]
    if wanted is None or any(c is None or len(c) != len(wanted) for c in columns):
        return None
    solved = _solved([c for c in columns if c is not None], wanted)
    if solved is None or not all(map(math.isfinite, solved)):
        return None
    factors = tuple(Fraction(x).limit_denominator(_LARGEST) for x in solved)
    if any(abs(float(f) - x) > _TOLERANCE or abs(f.numerator) > _LARGEST for f, x in zip(factors, solved, strict=True)):
        return None
    scaled = tuple(product(Number(f), t) for f, t in zip(factors, parts, strict=True) if f)
    if not scaled or all(f == 1 for f in factors):
        return None
    return factors if proves(answer, summed(scaled)) else None


def _solved(columns: list[tuple[float, ...]], wanted: tuple[float, ...]) -> list[float] | None:
    """The one solution of Σ c_k column_k = wanted, by elimination over the normal equations; None if there is none."""
    n = len(columns)
    rows = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in (*columns, wanted)] for u in columns]
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(rows[r][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        if abs(rows[k][k]) < 1e-12:
            return None
        for r in range(n):
            if r != k:
                share = rows[r][k] / rows[k][k]
                rows[r] = [x - share * y for x, y in zip(rows[r], rows[k], strict=True)]
    result = [rows[k][n] / rows[k][k] for k in range(n)]
    size = max(map(abs, wanted), default=0.0)
    for place, value in enumerate(wanted):
        if abs(sum(c * column[place] for c, column in zip(result, columns, strict=True)) - value) > _TOLERANCE * size:
            return None
    return result


def _told(
    parts: Sequence[Expression], factors: Sequence[Fraction], words: Words, is_penalty: Callable[[Expression], bool]
) -> Iterator[Finding]:
    """The factors in words: one for all terms, or term by term."""
    if len(set(factors)) == 1:
        code = "whole-sign" if factors[0] == -1 else "wrong-factor"
        yield _finding(code, parts[0], words, times(factors[0]))
        return
    for part, factor in zip(parts, factors, strict=True):
        if factor == 1:
            continue
        if factor == 0:
            yield _finding("missing-regulariser" if is_penalty(part) else "term-forgotten", part, words)
        else:
            yield _with_factor(part, factor, words, is_penalty(part))


def _with_factor(part: Expression, factor: Fraction, words: Words, is_penalty: bool) -> Finding:
    if factor == -1:
        code = "sign-of-regulariser" if is_penalty else "plus-for-minus" if is_negative(part) else "minus-for-plus"
        return _finding(code, product(number(-1), part) if code == "plus-for-minus" else part, words)
    return _finding("factor-in-regulariser" if is_penalty else "wrong-factor-in-term", part, words, times(factor))


def times(factor: Fraction) -> str:
    """A factor in a sentence: 2×, half of, −1 ×."""
    if factor == Fraction(1, 2):
        return "half of"
    value = str(abs(factor))
    return f"−{value} ×" if factor < 0 else f"{value}×"


def _finding(code: str, part: Expression, words: Words, detail: str = "") -> Finding:
    row = MISTAKES.get(code) or NOTES[code]
    message = words.filled(row.message, part, detail)
    return Finding(code, message, row.hint, part if code == "extra-term" else None)


def _extra(answer: Expression, expected: Expression, prints: Fingerprints, proves: Proves) -> Expression | None:
    """The term of the answer without which it is right."""
    parts = expanded(answer)
    right = prints.of(expected)
    for k, part in enumerate(parts if 1 < len(parts) <= 2 * TERMS else ()):
        rest = summed((*parts[:k], *parts[k + 1 :]))
        values = prints.values(rest)
        if values is None or key(values) != right or shape(rest) != shape(expected):
            continue
        if proves(rest, expected):
            return part
    return None
