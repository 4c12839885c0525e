"""The front door of the reader: texts in, expressions out, limits and errors in between."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

from derive.errors import LimitError, Position, ReadError, ShapeError
from derive.expression.nodes import Elementwise, Expression, Shorthand, Tensor
from derive.expression.problem import Layout, Problem
from derive.expression.scope import Scope
from derive.expression.shapes import known_shape, shape
from derive.expression.sizes import ONE, SCALAR
from derive.notation.answer import Answer, Line
from derive.notation.conforming import conforms, is_set_to_zero
from derive.notation.conventions import has_array_calls, in_convention
from derive.notation.latex.choices import MAXIMUM, Choices, readings
from derive.notation.lexer import Token, check_depth, lex, too_deep
from derive.notation.limits import Limits
from derive.notation.lines import split_lines, split_relation
from derive.notation.links import linked
from derive.notation.names import Names
from derive.notation.parser import Incomplete, parse
from derive.notation.reader import Builder
from derive.notation.source import Source
from derive.notation.steps import Steps, claimed, goes_on, stepped, with_arrow, written_sign
from derive.notation.syntax import Call, Name, Node, Subscripted, parts
from derive.notation.words import Words, apart, is_defined_by

STANDARD = Limits()
_DENOMINATOR = Layout()


class TextReader:
    """Reads text in one scope; what one text defines is not known in the next."""

    def __init__(
        self,
        scope: Scope,
        limits: Limits = STANDARD,
        layout: Layout = _DENOMINATOR,
        problem: Problem | None = None,
    ) -> None:
        self.scope = scope
        self.limits = limits
        self.layout = layout
        self.problem = problem
        defined = () if problem is None else problem.definitions
        self.values: dict[Expression, Expression] = {d.target: d.value for d in defined}

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

    def trees(self, text: str, loose: bool = False) -> list[list[Node]]:
        """The sides of each line as they are written, before names have a meaning; `loose`: factors may stand side by
        side, of which nobody knows where a word of several letters ends."""
        source, tokens = self._lexed(text)
        words = Words(None, loose)
        with _bounded(source, tokens[0], self.limits):
            lines = [split_relation(line) for line in split_lines(tokens)]
            return [[parse(source, side, self.limits, words) for side in sides] for sides in lines]

    def _line(self, source: Source, names: Names, line: list[Token]) -> Line:
        keyword = line[0].text in ("return", "let") and len(line) > 1 and names.find(line[0].text) is None
        sides = split_relation(with_arrow(line[1:] if keyword else line))
        if len(sides) > 1 and len(sides[0]) == 1:
            # A line that begins with = goes on from what was asked.
            sides = sides[1:]
        written = source.text[line[0].start : line[-1].end]
        spans = tuple(source.position(side[0].start, side[-2].end if len(side) > 1 else side[-1].end) for side in sides)
        new = _new_name(names, sides)
        step = None if self.problem is None else Steps(self.problem, names).target(source, sides)
        stepped_line = None if step is None else self._step(source, names, sides, step)
        if stepped_line is not None:
            return stepped_line
        if new is None:
            built, *others = self._readings(source, names, sides, spans[0])
            if is_set_to_zero(built):
                built, *others = self._readings(source, names, sides[:-1], spans[0])
                spans = spans[:-1]
            kind: Literal["claim", "relation"] = "claim" if len(built) == 1 else "relation"
            return Line(kind, built, spans, written, readings=tuple(others))
        built, *others = self._readings(source, names, sides[1:], spans[1])
        if not is_defined_by(new, built[0]):
            raise source.error(sides[0][0].start, sides[0][0].end, f"The indices of {new} are not those of its value.",
                               "Write delta_i = … with i on both sides.", "E-INDEX")  # fmt: skip
        with _placed(spans[1]):
            target = Tensor(new, shape(built[0]))
            # A name has one shape: two columns side by side are their product entry by entry, not a number.
            others = [other for other in others if shape(other[0]) == target.shape]
        names.define(target)
        return Line("definition", built, spans[1:], written, target, tuple(others))

    def _step(self, source: Source, names: Names, sides: Sequence[list[Token]], left: Tensor) -> Line | None:
        """W := W - eta*delta: what W becomes, where that is asked for; else what it says about the gradient.

        None if it is an equation, and no step.
        """
        assert self.problem is not None
        position = source.position(sides[1][0].start, sides[1][-1].start)
        written = source.text[sides[0][0].start : sides[1][-1].start]
        values = [built[0] for built in self._readings(source, names, sides[1:], position)]
        values = [stepped(written_sign(source, sides), left, value) for value in values]
        claims = list(dict.fromkeys(claimed(self.problem, left, value) for value in values))
        if written_sign(source, sides) == "=" and not (claims[0] and all(goes_on(left, value) for value in values)):
            return None
        if not claims[0]:
            raise source.error(sides[0][0].start, sides[0][-1].end, "A step claims nothing that could be checked here.",
                               "Write the gradient: dE/dW1 = ….")  # fmt: skip
        kind: Literal["claim", "relation"] = "claim" if len(claims[0]) == 1 else "relation"
        return Line(kind, claims[0], (position,) * len(claims[0]), written, readings=tuple(claims[1:]))

    def _readings(
        self, source: Source, names: Names, sides: Sequence[list[Token]], position: Position
    ) -> list[tuple[Expression, ...]]:
        """The sides in each of their readings; if none conforms, the first that can be built."""
        trees = self._parsed(source, names, sides)
        failed: ReadError | ShapeError | None = None
        misfit: list[tuple[Expression, ...]] = []
        found: dict[tuple[Expression, ...], int] = {}
        for count, choices in enumerate(readings()):
            if count >= MAXIMUM:
                raise self._ambiguous(source, [token for side in sides for token in side])
            try:
                each = self._linked(self._made(source, names, trees, choices), position)
            except (ReadError, ShapeError) as error:
                failed = failed or error
                continue
            for built in each:
                if conforms(built):
                    found.setdefault(built, choices.strain)
                else:
                    misfit.append(built)
        found = self._as_asked(found) or found
        least = min(found.values(), default=0)
        ways = [built for built, strain in found.items() if strain == least] or misfit
        if not ways:
            assert failed is not None
            raise failed
        return ways if found else ways[:1]

    def _as_asked(self, found: Mapping[tuple[Expression, ...], int]) -> dict[tuple[Expression, ...], int]:
        """The readings of an answer that have the shape of what is asked."""
        question = None if self.problem is None else self.problem.question
        asked = None if question is None else question.value or question.wrt
        if asked is None or (question is not None and question.value is None and self.layout.gradient == "numerator"):
            return {}
        wanted = known_shape(asked)
        return {built: strain for built, strain in found.items() if len(built) == 1 and shape(built[0]) == wanted}

    def _ambiguous(self, source: Source, tokens: Sequence[Token]) -> ReadError:
        return source.error(tokens[0].start, tokens[-1].end, "This can be read in too many ways.",
                            "Write product signs and brackets out.", "E-AMBIGUOUS")  # fmt: skip

    def _linked(self, sides: tuple[Expression, ...], position: Position) -> list[tuple[Expression, ...]]:
        """The sides in each of their readings: what quotients dz/dW of vectors and matrices mean."""
        with _placed(position):
            return linked(sides, self.layout)

    def _build(
        self, source: Source, names: Names, sides: Sequence[list[Token]], single: bool = False
    ) -> tuple[Expression, ...]:
        """The sides in their first reading."""
        if single and len(sides) > 1:
            sign = sides[0][-1]
            raise source.error(sign.start, sign.end, "One formula is expected here, not a relation.", "Drop one side.")
        return self._made(source, names, self._parsed(source, names, sides), Choices())

    def _parsed(self, source: Source, names: Names, sides: Sequence[list[Token]]) -> list[Node]:
        words = Words(names)
        with _bounded(source, sides[0][0], self.limits):
            return [parse(source, apart(source, side, words), self.limits, words) for side in sides]

    def _made(self, source: Source, names: Names, trees: Sequence[Node], choices: Choices) -> tuple[Expression, ...]:
        with _bounded(source, trees[0], self.limits):
            builders = [_TextBuilder(source, names, self.limits, self.layout, choices, self.values) for _ in trees]
            return tuple(_located(builder, tree) for builder, tree in zip(builders, trees, strict=True))

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


class _TextBuilder(Builder):
    """Builds one reading of one tree."""

    columns_beside = True

    @property
    def is_array_code(self) -> bool:
        return has_array_calls(self.source.text)

    def __init__(
        self, source: Source, names: Names, limits: Limits, layout: Layout, choices: Choices,
        values: Mapping[Expression, Expression],
    ) -> None:  # fmt: skip
        super().__init__(source, names, limits, layout)
        self.choices = choices
        self.values = values
        self._known: dict[int, tuple[Node, Expression]] = {}

    def build(self, node: Node) -> Expression:
        """Each part is built once: a divisor is looked at before it is known what it divides by."""
        known = self._known.get(id(node))
        if known is None:
            known = (node, self._built(node))
            self._known[id(node)] = known
        return known[1]

    def _built(self, node: Node) -> Expression:
        e = super().build(node)
        size = known_shape(e)
        if not isinstance(node, Call) or self.source.text[node.start] != "|" or size in (None, SCALAR):
            return e
        if ONE not in (size or ()):
            raise self.error(node, "Bars around a matrix may mean its determinant.",
                             "Write abs(W) entry by entry, or norm(W).", "E-UNSUPPORTED")  # fmt: skip
        assert isinstance(e, Elementwise)
        return e if self.pick("bars", 2) == 0 else Shorthand("norm", e.arguments)

    def pick(self, fork: Hashable, ways: int) -> int:
        return self.choices.pick(fork, ways)

    def prefer(self, fork: Hashable, ways: int) -> int:
        return self.choices.prefer(fork, ways)


@contextmanager
def _bounded(source: Source, first: Token | Node, limits: Limits) -> Iterator[None]:
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


def read_answer(
    text: str,
    scope: Scope,
    limits: Limits = STANDARD,
    layout: Layout = _DENOMINATOR,
    problem: Problem | None = None,
) -> Answer:
    """Lines of claims, relations and definitions, as a person answers a question.

    In numerator layout dE/dW is the transpose of grad(E, W), which is shaped like W in every layout.
    """
    return TextReader(scope, limits, layout, problem).answer(text)


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
