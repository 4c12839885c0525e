"""The work on one file as steps: contexts, headings and formulas, each with a key under which its result is kept."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from derive.checking.guard import too_nested
from derive.checking.verdicts.verdict import Verdict
from derive.errors import DeriveError, UsageError
from derive.notation import Limits
from derive.notation.names import spelling
from derive.notes.finding.pieces import Context, Formula, Heading
from derive.notes.formulas.chains import spot
from derive.notes.formulas.judgement import Judgement
from derive.notes.formulas.reading import FormulaReader
from derive.notes.formulas.statements import statements
from derive.notes.judging.either import in_either
from derive.notes.judging.judge import Judge
from derive.notes.known.context import read_toml
from derive.notes.known.knowledge import OBJECTIVES, Knowledge

Step = Context | Heading | Formula
Kept = Mapping[str, Sequence[Mapping[str, Any]]]
"""Judgements on formulas by their keys, as JSON."""


@dataclass(frozen=True)
class Result:
    """What a step came to; `key` is that of a formula, `is_new` whether it was worked out now."""

    index: int
    key: str = ""
    judgements: tuple[Judgement, ...] = ()
    is_new: bool = False

    @property
    def learns(self) -> bool:
        """Whether what comes later depends on this step."""
        return any(j.defines for j in self.judgements)

    @property
    def missing(self) -> frozenset[str]:
        """Names that it waits for, spelled as all their spellings are: not those that it would define then."""
        own = {spelling(j.would_define) for j in self.judgements if j.would_define}
        return frozenset(spelling(name) for j in self.judgements for name in j.missing) - own


PREPARATION = 10
"""How many times what a formula may take all the work before it may, when it has to be caught up with."""


NEAR = 4
"""How many steps later a name may be explained."""


def _no_clock(times: float) -> None:
    """Nobody counts the time."""


@dataclass(frozen=True)
class Known:
    """A name that the notes gave a meaning: the key of the formula that did, and its section."""

    key: str
    section: int


class Work:
    """Does the steps of a file in order. A formula whose result is kept is not even read, until a later one needs what
    it defines; one that waits for names is judged again where the next formulas say what they are."""

    def __init__(
        self, steps: Sequence[Step], reader: FormulaReader, limits: Limits, kept: Kept, fingerprint: str
    ) -> None:
        self.steps = steps
        self.kept = kept
        self.clock: Callable[[float], None] = _no_clock
        self.short: int | None = None
        """A step that is only decided: its slips are not named and nothing is corrected."""
        self._knowledge = Knowledge(limits)
        self._judge = Judge(self._knowledge, reader, limits)
        self._events: list[Result] = []
        self._learned = 0
        self._state = fingerprint
        self._names: dict[str, Known] = {}
        self._spelled: frozenset[str] = frozenset()
        """Names that stand under [notation]: any formula may speak of them."""
        self._section = 0
        self._previous = ""
        self._waiting: dict[int, frozenset[str]] = {}

    def results(self, done: Sequence[Result] = ()) -> Iterator[Result]:
        """The result of each step after those that are done; a step may have another one later, which replaces it.

        UsageError for a context that is malformed.
        """
        for result in done:
            self._note(result)
        for index in range(1 + max((r.index for r in done), default=-1), len(self.steps)):
            result = self._result(index)
            self._note(result)
            yield result
            if result.learns:
                yield from self._again()

    def key(self, formula: Formula, given: tuple[str, ...] = ()) -> str:
        """What the result of a formula depends on: the context, names it may use, and what it goes on from."""
        previous = self._previous if _goes_on(formula) else ""
        used = [f"{name} {known.key} {known.section == self._section}" for name, known in sorted(self._names.items())
                if name in OBJECTIVES or name in self._spelled
                or _may_occur(name, formula.latex) or _may_occur(name, previous)]  # fmt: skip
        return _digest(self._state, formula.latex, formula.role, *given, previous, *used)

    def _result(self, index: int) -> Result:
        step = self.steps[index]
        if not isinstance(step, Formula):
            return Result(index)
        given = _given(self.steps, index)
        key = self.key(step, given)
        kept = self.kept.get(key)
        if kept is not None:
            return Result(index, key, tuple(Judgement.from_json(dict(j)) for j in kept))
        self._learn(_goes_on(step))
        self.clock(1)
        self._judge.decider.helps = index != self.short
        judgements = self._judged(step, given)
        self._learned += 1
        return Result(index, key, judgements, is_new=self._judge.decider.helps)

    def _again(self) -> Iterator[Result]:
        """Formulas that waited for names which are known by now: x = a + b, where a = … and b = …."""
        known = {spelling(name) for name in self._names}
        now = self._events[-1].index
        for index, missing in sorted(self._waiting.items()):
            if missing <= known and index in self._waiting and now - index <= NEAR:
                result = self._result(index)
                self._note(result)
                yield result
                if result.learns and not result.missing:
                    yield from self._again()

    def _judged(self, step: Formula, given: tuple[str, ...]) -> tuple[Judgement, ...]:
        """The judgements on a formula; what goes wrong in here is undecided, and is said."""
        try:
            return tuple(in_either(self._judge, step, given))
        except RecursionError:
            return _undecided(step, too_nested())
        except MemoryError:
            raise
        except Exception as error:
            reason = f"Something went wrong inside derive ({type(error).__name__}: {error}). Please report it."
            return _undecided(step, Verdict("undecided", code="E-ERROR", reason=reason))

    def _note(self, result: Result) -> None:
        step = self.steps[result.index]
        self._events.append(result)
        self._waiting.pop(result.index, None)
        if isinstance(step, Context):
            self._learn()
            self._state = _digest(self._state, content := _content(step))
            if "notation" in content:
                self._spelled |= frozenset(re.findall(r"[^\W\d_]\w*", content))
        elif isinstance(step, Heading):
            self._section += 1
            self._waiting.clear()
        else:
            self._names.update({n: Known(result.key, self._section) for j in result.judgements for n in j.defines})
            self._previous = step.latex if result.judgements else self._previous
            if result.missing:
                self._waiting[result.index] = result.missing

    def _learn(self, goes_on: bool = False) -> None:
        """Catch up with what has been taught, and if need be with what stands just before."""
        self.clock(PREPARATION)
        for event in self._events[self._learned :]:
            step = self.steps[event.index]
            if isinstance(step, Context):
                self._take(step)
            elif isinstance(step, Heading):
                self._knowledge.section += 1
            elif event.learns or (goes_on and event is self._events[-1] and event.key):
                self._judged(step, _given(self.steps, event.index))
        self._learned = len(self._events)

    def _take(self, step: Context) -> None:
        try:
            block = step.table if step.table is not None else read_toml(step.toml)
            self._knowledge.take(block, Path(step.document.file).parent)
        except DeriveError as error:
            line = step.document.place(step.start, step.start + 1).line
            cell = "" if step.document.cell is None else f", cell {step.document.cell}"
            raise UsageError(f"{step.document.file}{cell}, the context in line {line}: {error.message}",
                             suggestion=error.suggestion) from None  # fmt: skip


def _goes_on(formula: Formula) -> bool:
    """Whether a formula begins with =, and goes on with the one before."""
    return formula.latex.lstrip("& \n\t")[:1] == "="


def _may_occur(name: str, latex: str) -> bool:
    """Whether a name may stand in a formula: its letters and its marks do, the y of yhat, the u and the 12 of u_12."""
    return all(part in latex for part in _parts(name))


@lru_cache(maxsize=10_000)
def _parts(name: str) -> tuple[str, ...]:
    letters, *marks = re.findall(r"[^\W\d_]+|\d+", name) or [""]
    return re.sub(r"(?<=.)(?:hat|tilde|bar|dot|vec)$", "", letters), *marks


def _given(steps: Sequence[Step], index: int) -> tuple[str, ...]:
    """The conditions that stand before a claim under conditions, in its sentence."""
    step = steps[index]
    found: list[str] = []
    if isinstance(step, Formula) and step.role == "conditional":
        for before in reversed(steps[:index]):
            if not isinstance(before, Formula) or before.role not in ("condition", "conditional"):
                break
            if before.role == "condition":
                found.append(before.latex)
            elif found:
                break
    return tuple(found)


def _undecided(formula: Formula, verdict: Verdict) -> tuple[Judgement, ...]:
    """The same verdict on each relation of a formula."""
    return tuple(spot(s, k).decided(verdict) for s in statements(formula.latex) for k in range(len(s.relations)))


def given_up(steps: Sequence[Step], index: int, verdict: Verdict) -> Result:
    """The result of a step that ended its process."""
    step = steps[index]
    return Result(index, "", _undecided(step, verdict) if isinstance(step, Formula) else ())


def _content(step: Context) -> str:
    """What a context says, with the files that it includes."""
    if step.table is not None:
        table: Any = step.table
    else:
        try:
            table = tomllib.loads(step.toml)
        except tomllib.TOMLDecodeError:
            return step.toml
    return json.dumps(table, sort_keys=True, default=str) + _included(table, Path(step.document.file).parent, 0)


def _included(table: Any, folder: Path, depth: int) -> str:
    names = table.get("include", []) if isinstance(table, dict) else []
    out = ""
    for name in [names] if isinstance(names, str) else names:
        try:
            written = (folder / str(name)).read_text(encoding="utf-8")
            out += written
            out += _included(tomllib.loads(written), (folder / str(name)).parent, depth + 1) if depth < 8 else ""
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
            continue
    return out


def _digest(*parts: str) -> str:
    joined = "\x00".join(parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]
