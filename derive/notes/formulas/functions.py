"""Functions in notes: f(x) = … defines one, and f′(x) = … speaks of any x."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from derive.expression.function import Function
from derive.expression.functions import ALIASES, FUNCTIONS, from_formula, works_by_entry
from derive.expression.nodes import Expression, scalar
from derive.expression.problem import Problem
from derive.expression.scope import Scope
from derive.expression.traverse import tensors
from derive.notation.characters import plain
from derive.notation.latex.commands import FONTS
from derive.notes.formulas.statements import Statement

_LETTER = r"(?:\\[A-Za-z]+|[^\W\d_])(?:_\{?\w+\}?|_\\[A-Za-z]+)?"
_NAME = rf"(?:\\(?:operatorname|mathrm|text|mathit)\s*\{{\s*\w+\s*\}}|{_LETTER}|[A-Za-z]+)"
_APPLIED = re.compile(
    rf"^\s*(?P<name>{_NAME})\s*(?P<primes>'*|\^\s*\{{?\s*(?:\\prime\s*|')+\}}?|′*)\s*"
    rf"(?:\\left|\\bigl?|\\Bigl?)?\(\s*(?P<variable>{_LETTER})\s*(?:\\right|\\bigr?|\\Bigr?)?\)\s*$"
)
_ORDINARY = re.compile(rf"\\frac\s*\{{\s*(?:d|\\mathrm\s*\{{?d\}}?|\\partial)(?![A-Za-z])[^{{}}]*\}}"
                       rf"\s*\{{\s*(?:d|\\mathrm\s*\{{?d\}}?|\\partial)\s*(?P<variable>{_LETTER})\s*\}}")  # fmt: skip
_WITH_ARGUMENTS = re.compile(rf"^\s*(?P<name>{_NAME})\s*(?P<arguments>(?:\\left)?\(.*\))\s*$", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Applied:
    """f(x), f′(x): a function and its variable, each by its plain name."""

    name: str
    variable: str
    primes: bool


def applied(written: str) -> Applied | None:
    r"""A side that is a function of one letter.

    >>> applied("f'(z)")
    Applied(name='f', variable='z', primes=True)
    """
    found = _APPLIED.match(written)
    if found is None:
        return None
    return Applied(plain_name(found["name"]), plain_name(found["variable"]), bool(found["primes"]))


def given_several_times(parts: Sequence[Statement]) -> frozenset[str]:
    """Functions that a formula says several things of, as a list of examples does: g(z) = tanh(z), g(z) = z."""
    sides = [applied(part.latex(0)) for part in parts]
    names = [side.name for side in sides if side is not None and not side.primes]
    return frozenset(name for name in names if names.count(name) > 1)


def variable_of(written: str) -> str | None:
    r"""The letter that a relation is about, which may be any number: x in f′(x) = …, or in \frac{d}{dx} …."""
    found = applied(written) or None
    if found is not None:
        return found.variable
    ordinary = _ORDINARY.search(written)
    return plain_name(ordinary["variable"]) if ordinary else None


def plain_name(written: str) -> str:
    r"""The name that a symbol of LaTeX stands for, as a context declares it; index letters below it are dropped.

    >>> plain_name(r"\\sigma_1"), plain_name(r"\\hat{y}_i"), plain_name("W_{ij}"), plain_name("W^{[2]}")
    ('sigma_1', 'yhat', 'W', 'W_2')
    """
    inside = written.replace("\\langle", "<").replace("\\rangle", ">")
    inside = _FONT.sub(lambda m: m["inside"] or m["letter"], inside)
    inside = _INDICES.sub("", _TRANSPOSED.sub("", inside))
    inside = _ACCENT.sub(lambda m: (m["inside"] or m["letter"]) + m["accent"].removeprefix("wide"), inside)
    inside = re.sub(r"[_^]\s*\{?\s*[\[(<]?\s*(\\?\w+)\s*[\])>]?\s*\}?", r"_\1", inside)
    return "".join(plain(c) or "" for c in inside)


_FONT = re.compile(
    rf"\\(?:{'|'.join(FONTS)})(?![A-Za-z])\*?\s*"
    r"(?:\{\s*(?P<inside>\\?\w+|\\(?:hat|tilde|bar|widehat|widetilde|dot|vec)\s*(?:\{\w+\}|\\?\w+))\s*\}"
    r"|(?P<letter>\\?\w+))"
)
_ACCENT = re.compile(
    r"\\(?P<accent>hat|tilde|bar|widehat|widetilde|dot|vec)\s*(?:\{\s*(?P<inside>\\?\w+)\s*\}|(?P<letter>\\?\w))"
)
_TRANSPOSED = re.compile(r"\^\s*\{?\s*(?:\\(?:top|intercal|prime|dagger)(?![A-Za-z])|T\b)\s*\}?|'+")
_INDICES = re.compile(r"_(?:\{\s*[i-npq](?:\s*,?\s*[i-npq])*\s*\}|[i-npq](?![A-Za-z]))|\^\{?\((?:[i-npq])\)\}?")


def is_lone(written: str) -> bool:
    r"""Whether a side is a name by itself, perhaps with marks: \hat{y}, W^{[1]}, z_1.

    >>> is_lone("W_1"), is_lone("W x")
    (True, False)
    """
    bare = _ACCENT.sub("a", _FONT.sub("a", written.strip()))
    return bool(re.fullmatch(r"\\?[A-Za-z]+\s*(?:[_^]\s*(?:\{[^{}]*\}|\w))*", bare)) and (
        bare.startswith("\\") or len(re.split(r"[_^]", bare)[0].strip()) == 1
    )


def is_function(name: str, scope: Scope) -> bool:
    """Whether a name is that of a function here."""
    return name in scope.functions or (name not in scope.tensors and (name in FUNCTIONS or name in ALIASES))


def with_variable(problem: Problem, name: str) -> Problem:
    """The problem in which a letter is any number."""
    scope = problem.scope
    kept = {n: t for n, t in scope.tensors.items() if n != name}
    aliases = {n: e for n, e in scope.aliases.items() if n != name}
    sizes = {n: s for n, s in scope.sizes.items() if n != name}
    scope = dataclasses.replace(scope, tensors={**kept, name: scalar(name)}, aliases=aliases, sizes=sizes)
    return dataclasses.replace(problem, scope=scope)


def defined_function(name: str, variable: str, value: Expression) -> Function | None:
    """The function name(variable) = value; None if the value has other names in it, whose values it would need, or is
    none of single entries."""
    others = {t.name for t in tensors(value)} - {variable}
    return None if others or not works_by_entry(value) else from_formula(name, variable, value)


def without_arguments(written: str) -> str | None:
    """J(θ) as J, with blanks in place of the arguments; None for a side of another form."""
    found = _WITH_ARGUMENTS.match(written)
    if found is None or found["name"].lstrip().startswith(("\\nabla", "\\partial", "\\Delta")):
        return None
    start, end = found.span("arguments")
    return written[:start] + " " * (end - start) + written[end:]
