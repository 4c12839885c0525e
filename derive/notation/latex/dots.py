r"""The dots of sums, lists and matrices, where the pattern of what they stand for can be seen."""

from __future__ import annotations

from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Brackets, Table
from derive.notation.syntax import Node, Terms


def with_dots(r: Resolving, n: Terms) -> Node:
    """a_1 + a_2 + … + a_n."""
    raise r.error(n, "The pattern of these dots is not seen.", r"Write the sum with \sum.", "E-UNSUPPORTED")


def list_with_dots(r: Resolving, n: Brackets) -> Node:
    """(a_1, …, a_n)."""
    raise r.error(n, "The pattern of these dots is not seen.", "Write the vector by its name.", "E-UNSUPPORTED")


def table_with_dots(r: Resolving, n: Table) -> Node:
    """A matrix whose middle is left out."""
    raise r.error(n, "The pattern of these dots is not seen.", "Write the matrix by its name.", "E-UNSUPPORTED")
