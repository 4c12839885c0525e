r"""The front door for LaTeX: a text in, the lines of an answer out, each with the readings it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from derive.errors import DeriveError, Position, ReadError, ShapeError
from derive.expression.nodes import Axis, Component, Expression, Product, Shorthand, Sum, Tensor, number
from derive.expression.problem import Layout, Problem
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Size
from derive.expression.traverse import walk
from derive.notation.answer import Answer, Line
from derive.notation.conforming import conforms, is_set_to_zero
from derive.notation.latex import choices as forks
from derive.notation.latex.build import LatexBuilder
from derive.notation.latex.claims import claimed_shape, kind_of, new_name, step_of
from derive.notation.latex.commands import FUNCTION_WORDS
from derive.notation.latex.conditions import condition_of
from derive.notation.latex.derivatives import written_factors
from derive.notation.latex.letters import free_script_letters, letters_in
from derive.notation.latex.macros import Macros, expand
from derive.notation.latex.parser import parse
from derive.notation.latex.prepare import prepare
from derive.notation.latex.repeated import with_sums
from derive.notation.latex.resolve import Resolver
from derive.notation.latex.spellings import Spelling, spellings_of
from derive.notation.latex.statements import Statement, split
from derive.notation.latex.sums import as_size
from derive.notation.latex.symbols import is_unknown
from derive.notation.latex.tokens import lex
from derive.notation.lexer import check_depth, too_deep
from derive.notation.limits import Limits
from derive.notation.links import by_entries
from derive.notation.names import Names
from derive.notation.source import Source
from derive.notation.syntax import Node

STANDARD = Limits()
_RATES = frozenset({"eta", "alpha", "epsilon", "gamma"})
_COMMAND = re.compile(r"\\[A-Za-z]+")


class LatexReader:
    """Reads LaTeX in one scope; `problem` says what defined names depend on and how examples stand."""

    def __init__(
        self, scope: Scope, limits: Limits = STANDARD, problem: Problem | None = None, macros: Macros | None = None
    ) -> None:
        self.scope = scope
        self.limits = limits
        self.problem = problem
        self.layout = Layout() if problem is None else problem.layout
        self.along = _along(problem)
        self.macros = dict(macros or {})
        self.words = _words(scope)
        """Names of more than one letter."""
        self._spellings: list[Spelling] | None = None

    @property
    def spellings(self) -> list[Spelling]:
        if self._spellings is None:
            self._spellings = spellings_of(self.scope, self.limits, self.words)
        return self._spellings

    def is_word(self, text: str) -> bool:
        """Whether a run of letters is one name: of the question, or of a function."""
        return text in self.words or text in FUNCTION_WORDS

    def expression(self, text: str) -> Expression:
        """One formula, in its first reading. Raises as `answer` does."""
        lines = self.answer(text).lines
        if len(lines) != 1 or lines[0].kind != "claim":
            raise ReadError("One formula is expected here, not a relation.", position=lines[0].positions[-1])
        return lines[0].expressions[0]

    def answer(self, text: str, by_lines: bool = False) -> Answer:
        """Lines of claims, relations and definitions; `by_lines`: a line break is one, as in text.

        Raises ReadError, LimitError, or ShapeError where a part that has no shape is taken apart.
        """
        source = Source(text)
        statements = self.statements(source, by_lines)
        names = Names(self.scope)
        lines: list[Line] = []
        for s in statements:
            condition = condition_of(s) if lines else None
            ruled = None if condition is None else condition.on(lines[-1], self.scope.indices)
            lines[-1:] = [*lines[-1:], *self._lines(source, names, s)] if ruled is None else [ruled]
        if not lines:
            raise ReadError("Nothing is claimed here that could be checked.", code="E-EMPTY",
                            position=source.position(statements[0].start, statements[0].end),
                            suggestion="Write a relation: left = right.")  # fmt: skip
        return Answer(tuple(lines))

    def statements(self, source: Source, by_lines: bool = False) -> list[Statement]:
        """The statements of a text, as tokens; limits are checked first."""
        text = source.text
        if len(text.encode("utf-8", "surrogatepass")) > self.limits.size:
            end = min(self.limits.size, len(text))
            raise source.limit(end - 1, end, f"The text is longer than {self.limits.size:,} bytes.",
                               "Check it in pieces.", code="E-SIZE")  # fmt: skip
        check_depth(source, self.limits)
        tokens, _ = expand(source, lex(source, self.limits, self.words, by_lines), self.macros)
        found = split(source, prepare(source, tokens))
        if not found:
            raise self._empty()
        return found

    def _empty(self) -> ReadError:
        return ReadError("There is no formula here.", code="E-EMPTY", position=Position(1, 1, 2),
                         suggestion=r"Type one, for example \delta_1 x^T.")  # fmt: skip

    def _lines(self, source: Source, names: Names, statement: Statement) -> list[Line]:
        """What a statement says: usually one line; A = B ∈ ℝ^n is two, and a remark such as i = 1, …, n none."""
        try:
            if len(statement.sides[0]) == 1 and len(statement.sides) > 1:
                # A row that begins with = goes on from something that is not here: its other sides are claims.
                statement = Statement(statement.sides[1:], statement.signs[1:], statement.remark)
            trees = [parse(source, side, self.limits, self.words) for side in statement.sides]
            reading = _Reading(self, source, names, statement, trees)
            return reading.lines()
        except RecursionError:
            raise too_deep(source, statement.start, self.limits) from None


class _Reading:
    """One statement, with the trees of its sides."""

    def __init__(
        self, reader: LatexReader, source: Source, names: Names, statement: Statement, trees: Sequence[Node]
    ) -> None:
        self.reader = reader
        self.source = source
        self.names = names
        self.statement = statement
        self.trees = trees
        self.text = source.text[statement.start : statement.end]

    def lines(self) -> list[Line]:
        kind = kind_of(self._resolver(forks.Choices()), self.statement, self.trees)
        if kind == "definition":
            return self._definition()
        if kind == "update":
            return self._update()
        if kind == "shape":
            return self._shape()
        if kind == "relation":
            return [self._relation(self.trees)]
        return []

    def _relation(self, trees: Sequence[Node]) -> Line:
        first, *others = self._readings(trees)
        if self.statement.signs[-1:] == ("=",) and is_set_to_zero(first):
            # ∇J = Xᵀ(Xw − y) = 0: at the end stands the condition for a minimum, and no claim.
            return self._relation(trees[:-1])
        kind: Literal["claim", "relation"] = "claim" if len(trees) == 1 else "relation"
        return Line(kind, first, self._spans(trees), self.text, readings=tuple(others))

    def _spans(self, trees: Sequence[Node]) -> tuple[Position, ...]:
        return tuple(self.source.position(t.start, t.end) for t in trees)

    def _definition(self) -> list[Line]:
        """A new name: it has the shape of what it is defined as, and may be used from here on."""
        left, *rest = self.trees
        name = new_name(left)
        if not name or not rest:
            self._built(self.trees[:1], forks.Choices())
            return []
        first, *others = self._readings(rest)
        if any(shape(other[0]) != shape(first[0]) for other in others):
            # The name would be one thing or another: what follows could not be read.
            raise self._ambiguous()
        target = Tensor(name, shape(first[0]))
        self.names.define(target)
        return [Line("definition", first, self._spans(rest), self.text, target, tuple(others))]

    def _update(self) -> list[Line]:
        """A step of descent, held against a name with _new, or against the gradient of the objective."""
        left, right = self.trees[0], self.trees[-1]
        self._define_rate(right)
        steps = [self._step(*built) for built in self._readings([left, right])]
        claims = list(dict.fromkeys(step for step in steps if step is not None))
        if not claims:
            return []
        return [Line("relation", claims[0], self._spans([left, right]), self.text, readings=tuple(claims[1:]))]

    def _step(self, left: Expression, right: Expression) -> tuple[Expression, Expression] | None:
        """What one reading of a step claims; None if nothing."""
        if self.statement.signs[0] in ("+=", "-="):
            change = right if self.statement.signs[0] == "+=" else Product((number(-1), right))
            right = Sum((left, change))
        declared = self._after_step(left)
        if declared is not None:
            return declared, right
        return None if self.reader.problem is None else step_of(self.reader.problem, left, right)

    def _define_rate(self, right: Node) -> None:
        """A Greek letter in a step that nothing declares is its rate, a number."""
        for letter in sorted(set(letters_in(right)) & _RATES):
            if self.names.find(letter) is None:
                self.names.define(Tensor(letter, SCALAR))

    def _after_step(self, left: Expression) -> Expression | None:
        """theta_new, or its entry, for theta."""
        if isinstance(left, Component):
            whole = self._after_step(left.operand)
            return None if whole is None else Component(whole, left.row, left.column)
        return self.names.find(f"{left.name}_new") if isinstance(left, Tensor) else None

    def _shape(self) -> list[Line]:
        """A ∈ ℝ^{n×m}; of a new name it is a declaration, which claims nothing."""
        resolver = self._resolver(forks.Choices())
        builder = self._builder(forks.Choices())
        places = {k: sign for k, sign in enumerate(self.statement.signs) if sign in ("in", "ni")}
        pairs = [(self.trees[k], self.trees[k + 1])[:: 1 if sign == "in" else -1] for k, sign in places.items()]
        sets = [last for _, last in pairs]
        members = [tree for tree in self.trees if tree not in sets]
        found = [] if len(members) < 2 else [self._relation(members)]
        for member, last in pairs:
            claimed = claimed_shape(last, lambda n: builder.size(as_size(resolver, n)))
            if claimed is None and not found:
                raise self.source.error(last.start, last.end, "Of sets, ℝ^n and ℝ^{n×m} are read.",
                                        r"Write W \in \mathbb{R}^{n \times m}.", "E-UNSUPPORTED")  # fmt: skip
            if claimed is not None and not is_unknown(resolver, member):
                is_chained = len(members) > 1
                place = members.index(member)
                built = (found[0].expressions[place],) if is_chained else self._built([member], forks.Choices())
                found.append(Line("shape", built, self._spans([member]), self.text, size=claimed))
        return found

    def _readings(self, trees: Sequence[Node], *, apart: bool = False) -> list[tuple[Expression, ...]]:
        """Every reading whose sides conform; if none does, the first that can be built.

        apart  two I need not be of one size: tried only where they cannot be
        """
        failed: DeriveError | None = None
        misfit: tuple[Expression, ...] | None = None
        found: dict[tuple[Expression, ...], int] = {}
        guesses, unread = 0, None
        for count, choices in enumerate(forks.readings(apart=apart)):
            if count >= forks.MAXIMUM:
                raise self._ambiguous()
            try:
                built = self._built(trees, choices)
            except (ReadError, ShapeError) as error:
                guesses = max(guesses, len(choices.guessed))
                unread = error if isinstance(error, ReadError) else unread
                failed = failed if failed is not None and not isinstance(failed, ReadError) else error
                continue
            guesses = max(guesses, len(choices.guessed))
            if not conforms(built):
                misfit = misfit or built
            else:
                found.setdefault(built, choices.strain)
        if found:
            least = min(found.values())
            return [built for built, strain in found.items() if strain == least]
        if guesses > 1 and not apart and (misfit is not None or isinstance(failed, ShapeError)):
            return self._readings(trees, apart=True)
        if guesses and unread is not None:
            failed, misfit = unread, None  # what does not conform is only a wrong guess
        if misfit is not None:
            return [misfit]
        assert failed is not None
        entries = self._by_entries(trees) if failed.code == "E-UNSUPPORTED" and len(trees) > 1 else ()
        if entries:
            return [entries]
        raise failed

    def _by_entries(self, trees: Sequence[Node]) -> tuple[Expression, ...]:
        """∂ŷ/∂W = ∂ŷ/∂z ∂z/∂W has no value as a matrix, but each of its entries has one; () if it is no such chain."""
        choices = forks.Choices()
        resolver, builder = self._resolver(choices), self._builder(choices)
        return by_entries([written_factors(builder, resolver.node(tree)) for tree in trees], self.reader.layout)

    def _ambiguous(self) -> ReadError:
        message = "This can be read in too many ways, or as things of different shapes."
        hint = "Write product signs and brackets out, or check it in parts."
        return self.source.error(self.statement.start, self.statement.end, message, hint, "E-AMBIGUOUS")

    def _built(self, trees: Sequence[Node], choices: forks.Choices) -> tuple[Expression, ...]:
        resolver = self._resolver(choices)
        out: dict[int, Expression] = {}
        sizes: dict[str, Size] = {}
        waiting: list[int] = []
        for place in (*range(len(trees)), *range(len(trees))):
            is_again = place in waiting
            if place in out:
                continue
            builder, tree = self._builder(choices), trees[place]
            builder.indices.know(sizes if is_again else {})
            try:
                out[place] = builder.run(resolver.node(tree))
                sizes |= builder.indices.learnt()
            except ShapeError as error:
                error.position = error.position or self.source.position(tree.start, tree.end)
                raise
            except ReadError as error:
                # ∂z_i/∂b_j = δ_ij: what i and j run over, the other side says.
                if is_again or error.code != "E-INDEX" or len(trees) == 1:
                    raise
                waiting.append(place)
        sides = tuple(out[place] for place in range(len(trees)))
        return with_sums(sides) if self.names.scope.conventions.sums == "repeated" else sides

    def _resolver(self, choices: forks.Choices) -> Resolver:
        letters = frozenset(x for tree in self.trees for x in free_script_letters(tree) if len(self.trees) > 1)
        spellings, problem = self.reader.spellings, self.reader.problem
        return Resolver(self.source, self.names, choices, spellings, problem, letters, self.trees)

    def _builder(self, choices: forks.Choices) -> LatexBuilder:
        reader = self.reader
        return LatexBuilder(self.source, self.names, reader.limits, reader.layout, choices, reader.along)


def _along(problem: Problem | None) -> Axis:
    """The axis along which the problem takes softmax of matrices, else that of one example."""
    if problem is None:
        return None
    parts = (e for d in problem.definitions for e in walk(d.value) if isinstance(e, Shorthand))
    found = {e.axis for e in parts if e.name in ("softmax", "logsumexp") and ONE not in shape(e.operands[0])}
    return found.pop() if len(found) == 1 else 1 if problem.layout.examples == "rows" else 0


def _words(scope: Scope) -> frozenset[str]:
    """Names of the scope of more than one letter, which may be written without a command; and commands that the
    question declares by writing them in a spelling."""
    names = {*scope.tensors, *scope.aliases, *scope.sizes, *scope.functions}
    commands = {c for key in scope.conventions.spellings for c in _COMMAND.findall(key)}
    words = frozenset(n for n in names if len(n) > 1 and n.isascii() and n.isalnum()) - frozenset(FUNCTION_WORDS)
    return words | commands
