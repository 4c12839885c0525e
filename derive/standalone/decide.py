"""Deciding an equation that comes without a problem: every reading that remains is checked, and all must agree."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from derive.checking.check import Checker
from derive.checking.verdicts.reading import Reading
from derive.checking.verdicts.verdict import FROM_BEST, Mistake, Verdict
from derive.errors import DeriveError, LimitError, Position, ReadError, ShapeError, UsageError
from derive.expression.problem import Problem
from derive.expression.scope import Scope
from derive.expression.sizes import Shape, size_text
from derive.notation.characters import GREEK_NAMES
from derive.notation.limits import Limits
from derive.notation.reading import is_latex
from derive.notation.source import MissingSign, Source
from derive.notation.syntax import Node, Primed, parts
from derive.notation.text_reader import TextReader
from derive.standalone import claims
from derive.standalone.latex import latex_trees
from derive.standalone.scope import reading, scopes
from derive.standalone.search import Found, Search
from derive.standalone.uses import Uses, uses
from derive.suggestions import did_you_mean

STANDARD = Limits()
READINGS = 6
"""Readings that are checked; more are as good as none."""

FAR = 8
"""A reading so far from custom that only the right side needs it is none: the equation is wrong, or cannot be read."""

_LATEX = frozenset("\\^_|‖∇∑")
"""What is no text and has none of these signs is no LaTeX, either."""

_ONE_LETTER = re.compile("[A-Za-z][0-9]*")

_CERTAIN = frozenset(("proved", "agrees"))
_RELATION = "Write left = right, or say which problem it answers."


@dataclass(frozen=True)
class Decided:
    """A reading and its verdict."""

    reading: Reading
    verdict: Verdict


def check_standalone(text: str, shapes: Mapping[str, Shape] | None = None, limits: Limits = STANDARD) -> Verdict:
    """The verdict on equations whose names have no declaration.

    shapes  the shapes of names that are insisted on

    Raises UsageError if such a name does not occur; whatever is wrong with the equations is a verdict.
    """
    began = time.perf_counter()
    try:
        verdict = _judged(text, shapes or {}, limits)
    except (ReadError, ShapeError, LimitError) as error:
        verdict = _not_understood(error, text)
    return dataclasses.replace(verdict, text=text, elapsed_ms=(time.perf_counter() - began) * 1000)


def _not_understood(error: DeriveError, text: str) -> Verdict:
    return Verdict("not understood", code=error.code, reason=str(error), position=error.position, text=text)


def _judged(text: str, shapes: Mapping[str, Shape], limits: Limits) -> Verdict:
    """The verdict; where a word may also be a product of letters, as AB in AB = BA, both must have the same."""
    text, lines = _trees(text, limits)
    runs = _runs(uses(lines)) - shapes.keys()
    if not runs:
        return _decided_lines(text, lines, shapes, limits)
    spaced = _spaced(text, runs)
    other = _decided_lines(spaced, TextReader(Scope(), limits).trees(spaced, loose=True), shapes, limits)
    try:
        verdict = _decided_lines(text, lines, shapes, limits)
    except (ReadError, ShapeError, LimitError):
        return other
    if verdict.verdict in (other.verdict, "not understood") or other.verdict in _CERTAIN:
        return other
    listed = ", ".join(sorted(runs))
    reason = f"{listed} may be one name, or a product, and the verdicts differ. Write A @ B for a product."
    return Verdict("not understood", code="E-AMBIGUOUS", reason=reason)


def _runs(used: Uses) -> frozenset[str]:
    """Words that may be products: of two or three letters, all of which are names, or stand in another such word."""
    words = [n for n in used.quantities if 1 < len(n) < 4 and n.isascii() and n.isalpha() and len(set(n)) == len(n)]
    words = [w for w in words if not w.startswith("d") and w not in GREEK_NAMES]
    singles = {n for n in used.quantities if len(n) == 1} | {"T", *("e" if used.has_euler else "")}  # x^Tx, e^xe^y
    others = [(w, {c for o in words if o != w for c in o}) for w in words]
    return frozenset(w for w, letters in others if all(c in singles | letters for c in w))


def _decided_lines(text: str, lines: list[list[Node]], shapes: Mapping[str, Shape], limits: Limits) -> Verdict:
    source = Source(text)
    for sides in lines:
        if len(sides) == 1:
            raise source.error(sides[0].start, sides[0].end, "This is a formula, and not an equation.", _RELATION)
    used = uses(lines)
    _known(shapes, used)
    _defined(source, used)
    claims.check(source, lines, used)
    search = Search(lines, used, shapes)
    found = _readings(search)
    if not found:
        return _nothing_conforms(source, search)
    decided = [d for f in found for d in _decided(f, used, text, limits) if not search.open or not _misfits(d.verdict)]
    if not decided:
        return _nothing_conforms(source, search)
    verdict = claims.about_functions(_agreed(decided), lines, used)
    if verdict.verdict in ("refuted", "conditional") and any(_has_primed(side) for sides in lines for side in sides):
        reason = "A prime may be a transpose or a derivative here. Write .T to transpose, or grad(u, t)."
        return Verdict("not understood", code="E-AMBIGUOUS", reason=reason)
    return verdict


def _has_primed(node: Node) -> bool:
    return isinstance(node, Primed) or any(_has_primed(part) for part in parts(node))


def _spaced(text: str, runs: frozenset[str]) -> str:
    """The text with spaces between the letters of words that are products."""
    words = "|".join(sorted(runs, key=len, reverse=True))
    return re.sub(rf"(?<![A-Za-z0-9_])({words})(?![A-Za-z0-9_])", lambda m: " ".join(m[0]), text) if runs else text


def _trees(text: str, limits: Limits) -> tuple[str, list[list[Node]]]:
    """The sides of each line, in either notation: what is no text is LaTeX, if it can be read as that.

    With them comes the text as it was read: where words are products, with spaces between their letters.
    """
    if is_latex(text):
        return text, latex_trees(text, limits)
    try:
        return text, TextReader(Scope(), limits).trees(text)
    except LimitError:
        raise
    except ReadError as error:
        if not (isinstance(error, MissingSign) or _LATEX & set(text)):
            return _side_by_side(text, limits, error)
        try:
            return text, latex_trees(text, limits)
        except (ReadError, ShapeError, LimitError):
            return _side_by_side(text, limits, error)


def _side_by_side(text: str, limits: Limits, error: ReadError) -> tuple[str, list[list[Node]]]:
    """The trees where factors stand side by side, if all of them are letters, or Greek; else the error."""
    reader = TextReader(Scope(), limits)
    try:
        text = _spaced(text, _runs(uses(reader.trees(text, loose=True))))
        lines = reader.trees(text, loose=True)
    except (ReadError, LimitError):
        raise error from None
    names = [*uses(lines).quantities]
    if not all(_ONE_LETTER.fullmatch(name) or name.rstrip("0123456789_") in GREEK_NAMES for name in names):
        raise error from None
    return text, lines


def _known(shapes: Mapping[str, Shape], used: Uses) -> None:
    """Names that are insisted on occur; what their sizes are called is a size in the formula, too."""
    named = {str(s) for shape in shapes.values() for side in shape for s in side.free_symbols}
    used.sizes.update(dict.fromkeys(name for name in used.quantities if name in named and name not in shapes))
    for name in shapes:
        if name not in used.free:
            raise UsageError(f"--shape {name}: the equation has no name {name}.",
                             suggestion=did_you_mean(name, used.free))  # fmt: skip


def _defined(source: Source, used: Uses) -> None:
    """Nobody can differentiate what is not given: E in dE/dx needs its formula."""
    for name, node in used.objectives.items():
        if name not in used.defined:
            raise source.error(node.start, node.end, f"Nothing here says what {name} is.",
                               f"Define it first ({name} = …; …), or differentiate its formula.", "E-NAME")  # fmt: skip


def _readings(search: Search) -> list[Found]:
    """The cheapest readings in which both sides have one shape; and those that are cheaper, but do not make them so.

    If custom does not conform and nothing is of use for vectors only, everything is a scalar: nobody means vectors by
    cosh(x)^2 - sinh(x)^2 = 1. Else, if a correction is needed for the sides alone, the equation may be wrong, and not
    the custom.
    """
    customary = search.cheapest(strict=True, dearest=0)
    if customary:
        return customary
    scalars = search.of_scalars()
    if scalars is not None:
        return [scalars]
    strict = search.cheapest(strict=True)
    loose = [f for f in search.cheapest(strict=False) if not f.agrees]
    least = strict[0].cost if strict else None
    loose = [f for f in loose if least is None or f.cost < least]
    if least is None or least < FAR:
        return loose + strict
    if loose:
        return loose if least > FAR else loose + strict
    if search.left_sides().cheapest(strict=True, dearest=0):
        return []
    return strict


def _decided(found: Found, used: Uses, text: str, limits: Limits) -> list[Decided]:
    """The verdicts of the scopes of one reading; a size is a scalar, too, so what is right of any scalar is enough."""
    decided: list[Decided] = []
    for scope in scopes(found, used):
        verdict = Checker(Problem(scope=scope), limits).check(text)
        if verdict.verdict == "not understood" and decided:
            continue
        decided.append(Decided(reading(scope, used), verdict))
        if verdict.verdict in _CERTAIN or len(decided) >= READINGS:
            break
    return decided


def _misfits(verdict: Verdict) -> bool:
    """Whether a side does not conform by itself: with shapes that were only guessed, the guess is wrong."""
    return verdict.expected is None and any(m.code == "shape" for m in verdict.mistakes)


def _agreed(decided: list[Decided]) -> Verdict:
    """The one verdict of all readings, with the first of them; or, if it matters which, a question back."""
    understood = [d for d in decided if d.verdict.verdict != "not understood"] or decided[:1]
    outcomes = {"proved" if d.verdict.verdict in _CERTAIN else d.verdict.verdict for d in understood}
    if len(outcomes) == 1 and len(understood) <= READINGS:
        told = max(understood, key=lambda d: FROM_BEST.index(d.verdict.verdict))
        return dataclasses.replace(told.verdict, reading=told.reading)
    readings = tuple((d.reading, d.verdict.verdict) for d in understood)
    return Verdict("not understood", code="E-AMBIGUOUS", reason=_ambiguous(understood), readings=readings)


def _ambiguous(decided: list[Decided]) -> str:
    """One sentence that says what the verdict depends on."""
    shapes = [dict(d.reading.shapes) for d in decided]
    kinds = [{name: tuple(side == 1 for side in shape) for name, shape in one.items()} for one in shapes]
    names = [n for n in {n: None for one in kinds for n in one} if len({one.get(n) for one in kinds}) > 1]
    which = f"what {_listed(names)} {'is' if len(names) == 1 else 'are'}" if names else "what the names are"
    return f"It depends on {which}. Insist with {_hint(decided, names)}."


def _hint(decided: list[Decided], names: list[str]) -> str:
    """How to insist: on a vector's size where a name may be that size, else on the shape of the first name."""
    for d in decided:
        for name, (rows, _) in d.reading.shapes:
            if size_text(rows) in d.reading.sizes:
                return f"--shape {name}={size_text(rows)}"
    name = names[0] if names else "x"
    return f"--shape {name}=n (a column) or --shape {name}= (a scalar)"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _nothing_conforms(source: Source, search: Search) -> Verdict:
    """No shapes of its names make an equation conform; if all were insisted on, that refutes it."""
    clash = search.clash()
    node = clash.node or search.lines[0][0]
    part = source.text[node.start : node.end]
    position: Position = source.position(node.start, node.end)
    if clash.axes:
        reason = f"{part} has more than two axes."
        reason += " Ask for an entry, by W[i,j] and W[k,l], or insist on a vector with --shape W=n."
        return Verdict("not understood", code="E-UNSUPPORTED", reason=reason, position=position)
    if not search.open:
        message = f"With these shapes {part} does not conform."
        return Verdict("refuted", mistakes=(Mistake("shape", message),), reason=message, position=position)
    reason = f"No shapes of its names make the equation conform; custom fails at {part}."
    hint = "Write .T to transpose, or insist with --shape x=n."
    return Verdict("not understood", code="E-SHAPES", reason=f"{reason} {hint}", position=position)
