"""Names that may have come to mean something else unseen: a formula that was not understood gives them anew, or the
notes ask something of them, A = Aᵀ, and go on with that. What does not hold of them need not be wrong then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.notes.formulas.functions import applied, is_lone, plain_name, without_arguments
from derive.notes.formulas.judgement import DEFINITION, NOT_CHECKED, NOT_UNDERSTOOD, Judgement
from derive.notes.formulas.sides import at_commas
from derive.notes.formulas.statements import Statement
from derive.notes.known.knowledge import Knowledge

PROPERTY = "a property that is asked of it, not a claim"
ANOTHER = "another function by this name"
_HOLDS = ("proved", "agrees", DEFINITION)


def noted(
    knowledge: Knowledge, statement: Statement, names: Sequence[str], found: Sequence[Judgement]
) -> list[Judgement]:
    """What is said of a statement, which is remembered with the names that it leaves in doubt; `names` are those of
    the notes that stand in it."""
    out = list(found)
    if not out or statement.is_continuation or statement.relations[0] not in ("=", ":="):
        return out
    doubts = dict(_doubts(knowledge, statement, names, out))
    new = {name: reason for name, reason in doubts.items() if knowledge.doubted.get(name) != reason}
    if new:
        knowledge.doubted.update(new)
        out[0] = replace(out[0], defines=(*out[0].defines, *new))
    return out


def _doubts(
    knowledge: Knowledge, statement: Statement, names: Sequence[str], found: Sequence[Judgement]
) -> Iterator[tuple[str, str]]:
    if found[0].verdict == NOT_CHECKED and found[0].reason == PROPERTY and len(names) == 1:
        yield names[0], f"{names[0]} has a property that is asked of it before"
    if found[0].verdict == NOT_CHECKED and found[0].reason == ANOTHER:
        yield from ((name, f"{name} is another function here") for name in _given(statement))
    if found[0].verdict == NOT_UNDERSTOOD and not any(j.verdict in _HOLDS for j in found):
        for name in _given(statement):
            if name in knowledge.own_functions or name in knowledge.learned:
                yield name, f"{name} may be something else since a formula that was not understood"


def _given(statement: Statement) -> Iterator[str]:
    """The names, of quantities and functions, that stand alone on the left."""
    for side in at_commas(statement.latex(0)):
        function = applied(side)
        if function is not None and not function.primes:
            yield function.name
        plain = without_arguments(side) or side
        if is_lone(plain):
            yield plain_name(plain)
