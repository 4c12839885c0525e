"""The front door of the reader: texts in, expressions out, limits and errors in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from derive.errors import LimitError, Position, ReadError, ShapeError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Layout
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.notation.answer import Answer, Line
from derive.notation.conventions import in_convention
from derive.notation.lexer import Token, check_depth, lex, too_deep
from derive.notation.limits import Limits
from derive.notation.lines import split_lines, split_relation
from derive.notation.links import linked
from derive.notation.names import Names
from derive.notation.parser import Incomplete, parse
from derive.notation.reader import Builder
from derive.notation.source import Source
from derive.notation.syntax import Call, Name, Node, Subscripted, parts

STANDARD = Limits()
_DENOMINATOR = Layout()


class TextReader:
    """Reads text in one scope; what one text defines is not known in the next."""

    def __init__(self, scope: Scope, limits: Limits = STANDARD, layout: Layout = _DENOMINATOR) -> None:
        self.scope = scope
        self.limits = limits
        self.layout = layout

    def expression(self, text: str) -> Expression:
        """One formula. Raises ReadError, LimitError, or ShapeError where a component needs a shape that is none."""
        source, line = self._one_line(text)
        return self._build(source, Names(self.scope), split_relation(line), single=True)[0]

    def relation(self, text: str) -> tuple[Expression, Expression]:
        """left = right, such as an assumption `sum(y) = 1`."""
        source, line = self._one_line(text)
        sides = split_relation(line)
        if len(sides) != 2:
            raise source.error(line[0].start, line[-1].end, "One relation is expected here.", "Write left = right.")
        left, right = self._build(source, Names(self.scope), sides)
        return left, right

    def answer(self, text: str) -> Answer:
        """Lines of claims, relations and definitions; a name that is defined may be used in the lines after it."""
        source, tokens = self._lexed(text)
        names = Names(self.scope)
        return Answer(tuple(self._line(source, names, line) for line in split_lines(tokens)))

    def trees(self, text: str) -> list[list[Node]]:
        """The sides of each line as they are written, before names have a meaning."""
        source, tokens = self._lexed(text)
        with _bounded(source, tokens[0], self.limits):
            return [[parse(source, side, self.limits) for side in split_relation(line)] for line in split_lines(tokens)]

    def _line(self, source: Source, names: Names, line: list[Token]) -> Line:
        sides = split_relation(line)
        written = source.text[line[0].start : line[-1].end]
        spans = tuple(source.position(side[0].start, side[-2].end if len(side) > 1 else side[-1].end) for side in sides)
        new = _new_name(names, sides)
        if new is None:
            built, *others = self._linked(self._build(source, names, sides), spans[0])
            kind: Literal["claim", "relation"] = "claim" if len(built) == 1 else "relation"
            return Line(kind, built, spans, written, readings=tuple(others))
        built = self._linked(self._build(source, names, sides[1:]), spans[1])[0]
        with _placed(spans[1]):
            target = Tensor(new, shape(built[0]))
        names.define(target)
        return Line("definition", built, spans[1:], written, target)

    def _linked(self, sides: tuple[Expression, ...], position: Position) -> list[tuple[Expression, ...]]:
        """The sides in each of their readings: what quotients dz/dW of vectors and matrices mean."""
        with _placed(position):
            return linked(sides, self.layout)

    def _build(
        self, source: Source, names: Names, sides: Sequence[list[Token]], single: bool = False
    ) -> tuple[Expression, ...]:
        if single and len(sides) > 1:
            sign = sides[0][-1]
            raise source.error(sign.start, sign.end, "One formula is expected here, not a relation.", "Drop one side.")
        with _bounded(source, sides[0][0], self.limits):
            trees = [parse(source, side, self.limits) for side in sides]
            return tuple(_located(Builder(source, names, self.limits, self.layout), tree) for tree in trees)

    def _one_line(self, text: str) -> tuple[Source, list[Token]]:
        source, tokens = self._lexed(text)
        lines = split_lines(tokens)
        if len(lines) > 1:
            second = lines[1][0]
            raise source.error(second.start, second.end, "One formula is expected; a second one starts here.")
        return source, lines[0]

    def _lexed(self, text: str) -> tuple[Source, list[Token]]:
        """The tokens of a text, of which there is at least one; limits are checked first."""
        if len(text) > self.limits.size or len(text.encode("utf-8", "surrogatepass")) > self.limits.size:
            raise self._oversize(text)
        source = Source(text)
        check_depth(source, self.limits)
        tokens = lex(source, self.limits)
        if all(token.kind in ("newline", "end") or token.text == ";" for token in tokens):
            raise ReadError(
                "There is no formula here.",
                code="E-EMPTY",
                position=Position(1, 1, 2),
                suggestion="Type one, for example delta1 @ x.T",
            )
        return source, in_convention(source, tokens, self.scope.conventions)

    def _oversize(self, text: str) -> Exception:
        """The error for a text that is too long; what is wrong within the limit says more, and goes first."""
        head = Source(text[: self.limits.size])
        try:
            check_depth(head, self.limits)
            for line in split_lines(lex(head, self.limits)):
                for side in split_relation(line):
                    with _bounded(head, line[0], self.limits):
                        parse(head, side, self.limits)
        except Incomplete:
            pass
        except (ReadError, LimitError) as error:
            return error
        end = len(head.text)
        return head.limit(
            end - 1,
            end,
            f"The text is longer than {self.limits.size:,} bytes.",
            "Give parts of the formula names, or check it in pieces.",
            code="E-SIZE",
        )


@contextmanager
def _bounded(source: Source, first: Token, limits: Limits) -> Iterator[None]:
    """Turn running out of stack, where the caller has used much of it, into the error for nesting too deeply."""
    try:
        yield
    except RecursionError:
        raise too_deep(source, first.start, limits) from None


@contextmanager
def _placed(position: Position) -> Iterator[None]:
    """Give an error a place, if it has none."""
    try:
        yield
    except (ReadError, ShapeError) as error:
        error.position = error.position or position
        raise


def _located(builder: Builder, tree: Node) -> Expression:
    """The expression of a tree; a shape error gets the formula's place."""
    with _placed(builder.source.position(tree.start, tree.end)):
        return builder.run(tree)


def _new_name(names: Names, sides: Sequence[list[Token]]) -> str | None:
    """The name that a line defines: a lone new name on the left."""
    if len(sides) < 2 or len(sides[0]) != 2 or sides[0][0].kind != "name":
        return None
    name = sides[0][0].text
    return name if names.find(name) is None else None


def read(text: str, scope: Scope, limits: Limits = STANDARD) -> Expression:
    """One formula as text.

    >>> from derive.expression.nodes import scalar
    >>> read("2*a**2", Scope(tensors={"a": scalar("a")})) == 2 * scalar("a") ** 2
    True
    """
    return TextReader(scope, limits).expression(text)


def read_relation(text: str, scope: Scope, limits: Limits = STANDARD) -> tuple[Expression, Expression]:
    """left = right, such as an assumption `sum(y) = 1`."""
    return TextReader(scope, limits).relation(text)


def read_answer(text: str, scope: Scope, limits: Limits = STANDARD, layout: Layout = _DENOMINATOR) -> Answer:
    """Lines of claims, relations and definitions, as a person answers a question.

    In numerator layout dE/dW is the transpose of grad(E, W), which is shaped like W in every layout.
    """
    return TextReader(scope, limits, layout).answer(text)


def free_names(text: str, limits: Limits = STANDARD) -> tuple[str, ...]:
    """The names that a text uses as quantities, in order of appearance: not functions, not indices in brackets.

    >>> free_names("grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)")
    ('A', 'x', 'y')
    """
    found: dict[str, None] = {}
    for sides in TextReader(Scope(), limits).trees(text):
        for tree in sides:
            found.update(dict.fromkeys(_names(tree)))
    return tuple(found)


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.text
    elif isinstance(node, Subscripted):
        yield from _names(node.operand)
    elif isinstance(node, Call) and node.name in ("sum", "kron"):
        for argument in node.arguments[:1] if node.name == "sum" else ():
            yield from _names(argument)
    else:
        for part in parts(node):
            yield from _names(part)
