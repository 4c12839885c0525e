r"""The front door for LaTeX: a text in, the lines of an answer out, each with the readings it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.errors import DeriveError, Position, ReadError, ShapeError
from derive.expression.nodes import Expression
from derive.expression.problem import Layout, Problem
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.notation.answer import Answer, Line
from derive.notation.latex import choices as forks
from derive.notation.latex.build import LatexBuilder
from derive.notation.latex.commands import FUNCTION_WORDS
from derive.notation.latex.macros import Macros, expand
from derive.notation.latex.parser import parse
from derive.notation.latex.prepare import prepare
from derive.notation.latex.resolve import Resolver
from derive.notation.latex.spellings import Spelling, spellings_of
from derive.notation.latex.statements import Statement, split
from derive.notation.latex.tokens import lex
from derive.notation.latex.tree import Mark, Scripted, Symbol
from derive.notation.lexer import check_depth, too_deep
from derive.notation.limits import Limits
from derive.notation.names import Names
from derive.notation.source import Source
from derive.notation.syntax import Node, parts

STANDARD = Limits()


class LatexReader:
    """Reads LaTeX in one scope; `problem` says what defined names depend on and how examples stand."""

    def __init__(
        self, scope: Scope, limits: Limits = STANDARD, problem: Problem | None = None, macros: Macros | None = None
    ) -> None:
        self.scope = scope
        self.limits = limits
        self.problem = problem
        self.layout = Layout() if problem is None else problem.layout
        self.macros = dict(macros or {})
        self._words = _words(scope)
        self._spellings: list[Spelling] | None = None

    @property
    def spellings(self) -> list[Spelling]:
        if self._spellings is None:
            self._spellings = spellings_of(self.scope, self.limits, self._words)
        return self._spellings

    def expression(self, text: str) -> Expression:
        """One formula, in its first reading. Raises as `answer` does."""
        lines = self.answer(text).lines
        if len(lines) != 1 or lines[0].kind != "claim":
            raise ReadError("One formula is expected here, not a relation.", position=lines[0].positions[-1])
        return lines[0].expressions[0]

    def answer(self, text: str) -> Answer:
        """Lines of claims, relations and definitions.

        Raises ReadError, LimitError, or ShapeError where a part that has no shape is taken apart.
        """
        source = Source(text)
        statements = self.statements(source)
        names = Names(self.scope)
        lines = [line for s in statements if (line := self._line(source, names, s)) is not None]
        if not lines:
            raise self._empty()
        return Answer(tuple(lines))

    def statements(self, source: Source) -> list[Statement]:
        """The statements of a text, as tokens; limits are checked first."""
        text = source.text
        if len(text.encode("utf-8", "surrogatepass")) > self.limits.size:
            end = self.limits.size
            raise source.limit(end - 1, end, f"The text is longer than {self.limits.size:,} bytes.",
                               "Check it in pieces.", code="E-SIZE")  # fmt: skip
        check_depth(source, self.limits)
        tokens, _ = expand(source, lex(source, self.limits, self._words), self.macros)
        found = split(prepare(source, tokens))
        if not found:
            raise self._empty()
        return found

    def _empty(self) -> ReadError:
        return ReadError("There is no formula here.", code="E-EMPTY", position=Position(1, 1, 2),
                         suggestion=r"Type one, for example \delta_1 x^T.")  # fmt: skip

    def _line(self, source: Source, names: Names, statement: Statement) -> Line | None:
        try:
            trees = [parse(source, side, self.limits, self._words) for side in statement.sides if len(side) > 1]
            return self._read(source, names, statement, trees)
        except RecursionError:
            raise too_deep(source, statement.start, self.limits) from None

    def _read(self, source: Source, names: Names, statement: Statement, trees: Sequence[Node]) -> Line | None:
        spans = tuple(source.position(t.start, t.end) for t in trees)
        written = source.text[statement.start : statement.end]
        found = list(self._readings(source, names, trees))
        first, *others = found
        kind = "claim" if len(trees) == 1 else "relation"
        return Line(kind, first, spans, written, readings=tuple(others))  # type: ignore[arg-type]

    def _readings(self, source: Source, names: Names, trees: Sequence[Node]) -> Iterator[tuple[Expression, ...]]:
        """Every reading whose sides conform; if none does, the first."""
        letters = frozenset(_script_letters(trees[0])) if len(trees) > 1 else frozenset()
        failed: DeriveError | None = None
        misfit: tuple[Expression, ...] | None = None
        found: list[tuple[Expression, ...]] = []
        for count, choices in enumerate(forks.readings()):
            if count >= forks.MAXIMUM:
                break
            try:
                built = self._built(source, names, trees, choices, letters)
            except (ReadError, ShapeError) as error:
                failed = failed or error
                continue
            if _conforms(built):
                if built not in found:
                    found.append(built)
            elif misfit is None:
                misfit = built
        if found:
            yield from found
        elif misfit is not None:
            yield misfit
        elif failed is not None:
            raise failed

    def _built(
        self, source: Source, names: Names, trees: Sequence[Node], choices: forks.Choices, letters: frozenset[str]
    ) -> tuple[Expression, ...]:
        resolver = Resolver(source, names, choices, self.spellings, self.problem, letters)
        out = []
        for tree in trees:
            try:
                out.append(LatexBuilder(source, names, self.limits, self.layout, choices).run(resolver.node(tree)))
            except ShapeError as error:
                error.position = error.position or source.position(tree.start, tree.end)
                raise
        return tuple(out)


def _conforms(built: Sequence[Expression]) -> bool:
    try:
        shapes = {shape(e) for e in built}
    except ShapeError:
        return False
    return len(shapes) == 1


def _words(scope: Scope) -> frozenset[str]:
    """Names of the scope of more than one letter, which may be written without a command."""
    names = {*scope.tensors, *scope.aliases, *scope.sizes, *scope.functions}
    return frozenset(n for n in names if len(n) > 1 and n.isascii() and n.isalnum()) - frozenset(FUNCTION_WORDS)


def _script_letters(node: Node) -> Iterator[str]:
    """The letters that stand in scripts."""
    if isinstance(node, Scripted):
        for mark in (*node.below, *node.above):
            yield from _letters(mark)
        yield from _script_letters(node.base)
        return
    for part in parts(node):
        yield from _script_letters(part)


def _letters(mark: Mark) -> Iterator[str]:
    pending: list[Node] = [mark.inner]
    while pending:
        node = pending.pop()
        if isinstance(node, Symbol):
            yield node.name
        pending.extend(parts(node))
