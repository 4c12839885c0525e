"""What LaTeX says, before any name has a meaning: the parts that the text notation does not have.

Numbers, sums, comparisons and matrices are the nodes of `derive.notation.syntax`; these are added to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.notation.syntax import Node


@dataclass(frozen=True, slots=True)
class Symbol(Node):
    """A letter or a word with its accents and font: `hat` and W; `is_word` if it was written as a word."""

    base: str
    accent: str = ""
    font: str = ""
    is_word: bool = False

    @property
    def name(self) -> str:
        return self.base + self.accent


@dataclass(frozen=True, slots=True)
class Mark(Node):
    """One mark of a script: what stands in it, and in which brackets (`(`, `[`, `<` or none).

    A subscript has one mark for each part between commas; a superscript one for each part that stands side by side,
    as in ^{(l)T}.
    """

    inner: Node
    bracket: str = ""


@dataclass(frozen=True, slots=True)
class Scripted(Node):
    """base with subscripts, superscripts and primes."""

    base: Node
    below: tuple[Mark, ...] = ()
    above: tuple[Mark, ...] = ()
    primes: int = 0


@dataclass(frozen=True, slots=True)
class TransposeSign(Node):
    """T, ⊤ or ⊺ in a superscript."""


@dataclass(frozen=True, slots=True)
class ProductSign(Node):
    """⊙ in front of an exponent: an elementwise power."""


@dataclass(frozen=True, slots=True)
class Factors(Node):
    """Factors side by side; `signs[k]` stands before factor k + 1, and is "" where nothing is written."""

    factors: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brackets(Node):
    """Parts in brackets, between commas (or semicolons); `kind` is `(`, `[`, `\\{` or `⟨`."""

    kind: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Braces(Node):
    """{…}: a group that is not seen."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Bars(Node):
    """|…| or ‖…‖."""

    kind: str
    inner: Node


@dataclass(frozen=True, slots=True)
class Fraction(Node):
    above: Node
    below: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    inner: Node
    degree: Node | None


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """∂ or d in front of what is differentiated; alone (`operand` None) it is half of an operator."""

    operand: Node | None
    order: Node | None = None


@dataclass(frozen=True, slots=True)
class Nabla(Node):
    """∇ or ∇², with what stands below it (if anything does), in front of what is differentiated."""

    wrt: tuple[Node, ...]
    operand: Node
    order: int = 1


@dataclass(frozen=True, slots=True)
class BigSum(Node):
    """Σ with what stands below and above it, in front of its summand."""

    below: Node | None
    above: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Applied(Node):
    """A function in front of an argument without brackets: log p, tanh² z."""

    function: Node
    argument: Node


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Values and their conditions; None for `otherwise`."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A matrix; None stands for an empty entry, Dots for dots."""

    rows: tuple[tuple[Node | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Dots(Node):
    """…, in a sum, a list or a matrix."""


@dataclass(frozen=True, slots=True)
class Words(Node):
    """Prose inside a formula."""

    text: str


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """A relation inside brackets or below a sum: j ≠ i, i = 1, y_i = k."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Colon(Node):
    """A colon in a subscript."""
