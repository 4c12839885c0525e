"""How a person spells the names of a problem: δ^2 or \\delta^{(2)} for delta2, W^{(1)} or W_1 for W1, λ for lam.

What stands in the text is found whatever reader it is for, so that messages can speak of it in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from derive.expression.nodes import Tensor
from derive.expression.problem import Problem

_PARTS = re.compile(r"([^\W\d_]+)_?(\d*)")
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "lam": "λ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "sigmoid": "σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Phi": "Φ",
}  # fmt: skip
_COMMANDS = {"lam": "lambda", "sigmoid": "sigma"}
_SUBSCRIPTS, _SUPERSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_WRAPPED = r"\\(?:mathbf|boldsymbol|bm|vec|mathrm|mathit)\s*\{?\s*%s\s*\}?"


def spellings(problem: Problem, typed: str) -> Mapping[str, str]:
    """For each name of a problem that is spelled in another way in a text: that spelling."""
    names = {t.name: [t.name] for t in problem.scope.tensors.values()}
    names |= {t.name: [t.name] for t in problem.gradients}
    for other, meaning in problem.scope.aliases.items():
        if isinstance(meaning, Tensor):
            names.setdefault(meaning.name, [meaning.name]).append(other)
    names["sigmoid"] = ["sigmoid"]
    used = {name: s for name, others in names.items() if (s := _spelled(tuple(others), typed)) is not None}
    found = {name: s for name in names if (s := used.get(name) or _as_siblings(name, used)) is not None}
    return {name: s for name, s in found.items() if s != name}


def _as_siblings(name: str, used: Mapping[str, str]) -> str | None:
    """δ^2 for delta2 where delta1 is written δ^1."""
    letters, digits = _split(name)
    for other, spelled in used.items():
        others, number = _split(other)
        if digits and number and others == letters and number in spelled:
            head, _, tail = spelled.rpartition(number)
            return f"{head}{digits}{tail}"
    return None


def _split(name: str) -> tuple[str, str]:
    parts = _PARTS.fullmatch(name)
    return (name, "") if parts is None else (parts[1], parts[2])


def _spelled(names: tuple[str, ...], typed: str) -> str | None:
    """How the first of some names for one thing that stands in the text is written there."""
    places = [match for name in names if (match := _pattern(name).search(typed)) is not None]
    return min(places, key=lambda m: (m.start(), -m.end()))[0].strip() if places else None


@lru_cache(maxsize=512)
def _pattern(name: str) -> re.Pattern[str]:
    """What a name may look like; nothing else of it may follow."""
    letters, digits = _split(name)
    heads = "|".join(_heads(letters))
    marks = "|".join(_marks(digits)) if digits else ""
    return re.compile(rf"(?:{heads})(?:{marks})(?![\w₀-₉])" if digits else rf"(?:{heads})(?![\w₀-₉])")


def _heads(letters: str) -> Iterator[str]:
    plain = rf"(?<![^\W\d_\\])(?<!\\){re.escape(letters)}"
    yield _WRAPPED % re.escape(letters)
    if letters in _GREEK:
        command = rf"\\{_COMMANDS.get(letters, letters)}(?![^\W\d_])"
        yield _WRAPPED % command
        yield command
        yield _GREEK[letters]
    yield plain


def _marks(digits: str) -> Iterator[str]:
    bracketed = rf"(?:\(\s*{digits}\s*\)|\[\s*{digits}\s*\]|{digits})"
    yield rf"\s*[_^]\s*\{{\s*{bracketed}\s*\}}"
    yield rf"\s*[_^]\s*{bracketed}"
    yield rf"\[\s*{digits}\s*\]"
    yield from (digits, digits.translate(_SUBSCRIPTS), rf"\(?{digits.translate(_SUPERSCRIPTS)}\)?")
