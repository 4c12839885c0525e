"""Explaining a wrong answer: looked up among the answers that slips lead to, and proved before it is said."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from derive.deadline import look
from derive.differentiation.derivation import Derivation
from derive.equality.agreement import agreement
from derive.equality.claim import Claim
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import Expression, Tensor, Transpose
from derive.expression.problem import Definition, Problem
from derive.expression.specialise import size_symbols
from derive.expression.text import text
from derive.expression.traverse import substitute, tensors, walk
from derive.mistakes import slopes
from derive.mistakes.finding import Finding
from derive.mistakes.fingerprint import SMALL, Fingerprint, Fingerprints
from derive.mistakes.fit import fitted
from derive.mistakes.opened import opened
from derive.mistakes.pairs import Index, Pairs, is_nested
from derive.mistakes.repair import repaired
from derive.mistakes.row import Row
from derive.mistakes.setting import Setting
from derive.mistakes.sites import Site
from derive.mistakes.table import GENERAL
from derive.mistakes.terms import tidied
from derive.mistakes.undone import undone, undone_beside
from derive.mistakes.where import lacks_index, right_on_diagonal, right_where
from derive.mistakes.worded import has_sign, is_turned_in, worded
from derive.mistakes.wording import Words
from derive.mistakes.work import Candidate, Work

STEPS = 150_000
"""Entries computed for the answers with one slip; a count, so that a second run says the same."""

EFFORT = 8_000
"""Lines written anew for them (see `Work.effort`): of deep networks the slips near the answer are looked at."""

TOLD = 3
"""Coinciding slips that are told."""

_GIVING_WAY = frozenset({"missing-factor", "missing-term"})
_PLAIN = frozenset({"sign-in-function", "names-exchanged"})
"""Slips that stand in the answer to be seen: told rather than that something is missing."""

_NUMBERS: tuple[list[str], ...] = ([], ["wrong-factor"], ["wrong-factor-in-term"])
"""Where two slips that come to one number may say more."""

_SIGNS = frozenset({"plus-for-minus", "minus-for-plus"})

_FORGET = 25
"""Answers after which their values are forgotten."""

_PROOFS = 8
"""Proofs tried for one answer."""

_AT_SIZES = 20_000
"""Entries computed for a proof at the sizes of the question."""

_LINES = 3

_LONG, _SEARCHED = 28, 80
"""Characters of what a slip is about for which a shorter part of the answer is looked for; parts that are tried."""


class Explainer:
    """Explains wrong answers to one question; what it works out for the first it has ready for the next.

    definitions  names that formulas may use besides the problem's: deltas by their closed forms, and the like
    is_turned    answers are transposes of what is expected
    """

    def __init__(
        self, problem: Problem, expected: Expression, derivation: Derivation | None,
        definitions: Mapping[Tensor, Expression], *, is_turned: bool = False,
    ) -> None:  # fmt: skip
        self.problem = problem
        self.expected = expected
        self.is_turned = is_turned
        self._answers = 0
        self.work = Work(problem, expected, derivation)
        known = {d.target for d in problem.definitions}
        # Reversed: of a family the general definition, delta[l], comes before that of the last layer.
        own = tuple(Definition(name, definitions[name]) for name in reversed(list(definitions)) if name not in known)
        gradients = {name: of for name, of in problem.gradients.items() if name not in definitions}
        self.known = _with(problem, own, gradients)

    @cached_property
    def prints(self) -> Fingerprints:
        return Fingerprints(self.known, self.expected, self.work.facts.errors)

    @cached_property
    def small(self) -> Fingerprints:
        """Values at smaller sizes, for the many answers with two slips."""
        return Fingerprints(self.known, self.expected, self.work.facts.errors, 1, SMALL)

    @cached_property
    def higher(self) -> Fingerprints:
        """Values one layer further up, for answers that say something of a layer before the first: z[l-1] at l = 1."""
        return Fingerprints(self.known, self.expected, self.work.facts.errors, above=1)

    @cached_property
    def right(self) -> Fingerprint | None:
        return self.prints.of(self.expected)

    @cached_property
    def opened(self) -> Expression:
        """What is expected, written out if it is the name of something that is defined, or an entry of it."""
        return opened(self.expected, self.known)

    @cached_property
    def singles(self) -> Index:
        """Answers with one slip, by fingerprint."""
        found: Index = {}
        self.prints.forget()
        begun, effort = self.prints.steps, self.work.effort
        for candidate in self.work.single():
            look()
            self._note(candidate, found)
            if self.prints.steps - begun > STEPS or self.work.effort - effort > EFFORT:
                break
        for group in found.values():
            group.sort(key=lambda c: (c.slips[0][0].code in GENERAL, c.stage))
        return found

    @cached_property
    def pairs(self) -> Pairs:
        """Answers with two slips."""
        return Pairs(self.work, self.prints, self.small, self.singles)

    @cached_property
    def repeated(self) -> Index:
        """Answers with one slip about slopes wherever it can be made."""
        found: Index = {}
        for candidate in self.work.repeated(slopes.ROWS):
            look()
            self._note(candidate, found)
        return found

    def _note(self, candidate: Candidate, index: Index) -> None:
        mark = self.prints.of(candidate.answer)
        if mark is not None and mark != self.right:
            index.setdefault(mark, []).append(candidate)

    def explain(
        self, answer: Expression, prover: Prover, words: Words, *, thorough: bool = True
    ) -> tuple[Finding, ...]:
        """The mistakes that an answer is proved to have, the earliest first; () if none was found.

        Answers with two slips are many: they are looked at only if it is to be `thorough`.
        """
        if not self.prints.is_ready:
            return ()
        answer = self._turned(answer)
        self._answers += 1
        if self._answers % _FORGET == 0:
            self.prints.forget()
            self.small.forget()
        proofs = _Proofs(prover, self.known)
        found: tuple[Finding, ...] = ()
        mark = self.prints.of(answer)
        if lacks_index(answer, self.expected):
            found = right_on_diagonal(answer, self.expected, self.problem, prover.extra)
            if found:
                return found
        if mark is not None:
            found = self._single(answer, mark, proofs, words)
            if found:
                return found
            found = fitted(answer, self.opened, self.prints, proofs, words, self._is_penalty)
            if thorough and [f.code for f in found] in _NUMBERS:
                found = self._named(answer, self._telling(answer), proofs, words) or found
            found = found or self._named(answer, self.repeated.get(mark, []), proofs, words)
            found = found or self._named(answer, self.pairs.added(answer), proofs, words)
        prints = self.prints if mark is not None else self._instead(answer)
        if prints.of(answer) is not None:
            if mark is None:
                found = fitted(answer, self.opened, prints, proofs, words, self._is_penalty)
            found = found or undone(answer, self.opened, self.problem, prints, proofs, words)
            if thorough and not found:
                found = self._two(answer, proofs, words)
            found = found or repaired(answer, self.expected, self.work, prints, proofs, words)
            if found:
                return found
        return right_where(answer, self.expected, self.problem, prover.extra)

    def _single(self, answer: Expression, mark: Fingerprint, proofs: _Proofs, words: Words) -> tuple[Finding, ...]:
        """One slip of the table; before a general one, what can be undone in the answer as it stands there."""
        candidates = self.singles.get(mark, [])
        codes = {row.code for c in candidates for row, _ in c.slips}
        plain: tuple[Finding, ...] = ()
        if codes and codes <= _GIVING_WAY:
            plain = self._undone(answer, proofs, words, _PLAIN)
        elif codes and codes <= _SIGNS and not any(has_sign(c.slips[0][1].about, answer) for c in candidates):
            plain = self._undone(answer, proofs, words, _SIGNS)
        return plain or self._named(answer, candidates, proofs, words)

    def _undone(self, answer: Expression, proofs: _Proofs, words: Words, codes: Collection[str]) -> tuple[Finding, ...]:
        return undone(answer, self.opened, self.problem, self.prints, proofs, words, codes=codes)

    def slips(self, answer: Expression, prover: Prover, words: Words) -> tuple[Finding, ...]:
        """The single slips of the table that an answer is proved to have."""
        mark = self.prints.of(answer) if self.prints.is_ready else None
        proofs = _Proofs(prover, self.known)
        return () if mark is None else self._named(answer, self.singles.get(mark, []), proofs, words)

    def reshaped(self, answer: Expression, prover: Prover, words: Words) -> tuple[Finding, ...]:
        """The slip that an answer of another shape has that shape from, if it is right without it."""
        if not self.prints.is_ready:
            return ()
        answer, proofs = self._turned(answer), _Proofs(prover, self.known)
        return undone(answer, self.opened, self.problem, self.prints, proofs, words, is_shaped=False)

    def _turned(self, answer: Expression) -> Expression:
        """The answer in the layout in which the right one was derived."""
        if not self.is_turned:
            return answer
        return answer.operand if isinstance(answer, Transpose) else Transpose(answer)

    def _two(self, answer: Expression, proofs: _Proofs, words: Words) -> tuple[Finding, ...]:
        """Two slips, those at places of their own before a detour."""
        pairs = self.pairs.composed(answer)
        found: tuple[Finding, ...] = ()
        for group in (
            self.pairs.scaled(answer), [c for c in pairs if not is_nested(c)], [c for c in pairs if is_nested(c)]
        ):  # fmt: skip
            found = found or self._named(answer, group, proofs, words)

        def named(line: Expression, candidates: list[Candidate]) -> tuple[Finding, ...]:
            return self._named(line, candidates, proofs, words)

        return found or undone_beside(answer, self.opened, self.problem, self.prints, words, self.singles, named)

    def _telling(self, answer: Expression) -> list[Candidate]:
        """Pairs that say more than a factor does."""
        return [c for c in self.pairs.scaled(answer) if not any(row.code in GENERAL for row, _ in c.slips)]

    def _instead(self, answer: Expression) -> Fingerprints:
        """Points at which an answer has values that has none at the usual ones."""
        return self.higher if self.problem.scope.layers else self.prints.where_defined(answer)

    def _is_penalty(self, e: Expression) -> bool:
        return Setting(self.work.facts, None, is_output=False, is_final=True).is_penalty(e)

    def _named(
        self, answer: Expression, candidates: list[Candidate], proofs: _Proofs, words: Words
    ) -> tuple[Finding, ...]:
        found: list[Finding] = []
        for group in _by_rows(sorted(candidates, key=lambda c: not _may_stand_in(answer, c))):
            if len(found) >= TOLD or proofs.left <= 0:
                break
            if found and len(group[0].slips) > 1:
                break
            if found and all(row.code in GENERAL for row, _ in group[0].slips):
                continue
            candidate = _proved(answer, group, proofs)
            if candidate is not None:
                told = [finding(row, self._spelled(site, answer), answer, words) for row, site in _each(candidate)]
                found += [f.instead for f in told if f.code not in {g.code for g in found}] if found else told
        return tuple(found)

    def _spelled(self, site: Site, answer: Expression) -> Site:
        """What a slip is about in names that a person has, not dS; if it is long, as it stands in the answer."""
        own = {*self.problem.scope.tensors.values(), *self.problem.gradients}
        names: dict[Expression, Expression] = {
            t: value
            for t in tensors(site.about)
            if t not in own and self.problem.definition(t) is None and (value := self.known.definition(t)) is not None
        }
        about = substitute(site.about, names) if names else site.about
        parts = set(walk(answer))
        if len(text(about)) > _LONG and about not in parts and len(parts) <= _SEARCHED:
            mark = self.prints.of(about)
            alike = [p for p in parts if p != answer and mark is not None and self.prints.of(p) == mark]
            about = min(alike, key=lambda e: (len(text(e)), text(e)), default=about)
        return replace(site, about=about)


def _each(candidate: Candidate) -> list[tuple[Row, Site]]:
    """The slips of a candidate; of one part that is missing twice it is said once."""
    first, *rest = candidate.slips
    is_missing = first[0].code.startswith("missing")
    return [first, *(s for s in rest if not (is_missing and s[0].code in _GIVING_WAY and s[1].about == first[1].about))]


def _may_stand_in(answer: Expression, candidate: Candidate) -> bool:
    """Whether a difference that is said to be the wrong way round is there: not in −δ xᵀ."""
    turned = (site.about for row, site in candidate.slips if row.code == "target-minus-prediction")
    return all(is_turned_in(answer, about) for about in turned)


class _Proofs:
    """Whether two formulas are proved equal; so many proofs and no more."""

    def __init__(self, prover: Prover, problem: Problem) -> None:
        self.prover = prover
        self.problem = problem
        self.left = _PROOFS

    def __call__(self, left: Expression, right: Expression) -> bool:
        self.left -= 1
        if self.left < 0:
            return False
        for quick in (True, False):
            try:
                if self.prover.equal(left, right, quick=quick) is not None:
                    return True
            except DeriveError:
                continue
        return self._at_its_sizes(left, right)

    def _at_its_sizes(self, left: Expression, right: Expression) -> bool:
        """Where all sizes are numbers, matrices may be written out entry by entry."""
        if size_symbols(self.problem.scope) or self.problem.scope.layers:
            return False
        try:
            found = agreement(Claim(left, right, self.problem), _AT_SIZES)
        except DeriveError:
            return False
        return found is not None and found.is_proof


def finding(row: Row, site: Site, answer: Expression, words: Words) -> Finding:
    """The slip in words, with the part of the answer that it is about where that stands there as it is."""
    row = worded(row, site.about, answer)
    if site.about not in set(walk(answer)):
        site = replace(site, about=tidied(site.about))
    part = site.after if sum(1 for e in walk(answer) if e == site.after) == 1 and site.after != answer else None
    return Finding(row.code, words.message(row, site), row.hint, part)


def _by_rows(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """The candidates of each set of rows, in order."""
    groups: dict[tuple[str, ...], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(tuple(row.code for row, _ in candidate.slips), []).append(candidate)
    yield from groups.values()


def _proved(answer: Expression, group: list[Candidate], proofs: _Proofs) -> Candidate | None:
    """The candidate to tell of: one that the answer is proved to equal itself, about as little as possible.

    One line may be proved where another one is not: of each part, those that are written shortest first.
    """
    about: dict[tuple[Expression, ...], list[Candidate]] = {}
    for candidate in group:
        about.setdefault(tuple(site.about for _, site in candidate.slips), []).append(candidate)
    refused: set[Expression] = set()
    for parts in sorted(about, key=lambda parts: sum(len(text(part)) for part in parts)):
        lines = {c.answer: c for c in reversed(about[parts])}
        for line in sorted(lines, key=lambda e: (len(text(e)), text(e)))[:_LINES]:
            if line not in refused and proofs(answer, line):
                return lines[line]
            refused.add(line)
    return None


def without_own_names(answer: Expression, definitions: Mapping[Tensor, Expression]) -> Expression:
    """The answer with the names that it defines itself replaced by what they stand for."""
    values: dict[Expression, Expression] = dict(definitions.items())
    while any(name in tensors(answer) for name in definitions):
        answer = substitute(answer, values)
    return answer


def _with(problem: Problem, own: tuple[Definition, ...], gradients: Mapping[Tensor, Tensor]) -> Problem:
    return Problem(
        scope=problem.scope, definitions=problem.definitions + own, assumptions=problem.assumptions,
        layout=problem.layout, question=problem.question, objective_name=problem.objective_name, gradients=gradients,
        scales=problem.scales,
    )  # fmt: skip
