r"""What a statement in LaTeX claims: a relation, the definition of a new name, an update, or the shape of something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from derive.expression.nodes import Component, Derivative, Expression, Number, Product, Sum, Tensor, number
from derive.expression.problem import Problem
from derive.expression.sizes import ONE, SCALAR, Shape, Size
from derive.expression.traverse import tensors, walk
from derive.notation.latex import euler
from derive.notation.latex.making import is_transpose, one_by_one, word
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.statements import Statement
from derive.notation.latex.symbols import is_unknown
from derive.notation.latex.tree import Braces, Brackets, Factors, Scripted, Symbol
from derive.notation.syntax import Node, Num, Terms, parts

Kind = Literal["relation", "definition", "update", "shape", "remark", "unchecked"]


def kind_of(r: Resolving, statement: Statement, trees: Sequence[Node]) -> Kind:
    """What kind of claim a statement is, by its signs and by what stands on its left."""
    signs = set(statement.signs)
    if "~" in signs or "->" in signs:
        return "unchecked"
    if signs & {"<-", "+=", "-="}:
        return "update"
    if signs & {"in", "ni"}:
        return "shape"
    if not signs:
        return "relation"
    if is_unknown(r, trees[0]) or euler.is_renamed(r, trees):
        return "remark" if statement.remark or _is_index_range(trees) else "definition"
    if (":=" in signs and _is_a_step(trees)) or (signs == {"="} and _begins_with_itself(r, trees)):
        return "update"
    return "relation"


def _is_index_range(trees: Sequence[Node]) -> bool:
    """i = 1, …, n: one small letter and a number."""
    left, right = trees[0], trees[1]
    return isinstance(left, Symbol) and len(left.base) == 1 and isinstance(right, Num) and right.value in (0, 1)


def _is_a_step(trees: Sequence[Node]) -> bool:
    """θ := θ − …: the name on the left stands on the right again."""
    left = trees[0]
    return any(_same_name(left, part) for part in _parts(trees[1]))


def _begins_with_itself(r: Resolving, trees: Sequence[Node]) -> bool:
    """W = W − …: as an equation it would say that what follows is zero."""
    if len(trees) != 2:
        return False
    left, right = trees
    is_name = isinstance(left, Symbol | Scripted)
    return is_name and isinstance(right, Terms) and r.written(left) == r.written(right.first)


def _same_name(a: Node, b: Node) -> bool:
    if isinstance(a, Symbol) and isinstance(b, Symbol):
        return a.name == b.name
    if isinstance(a, Scripted) and isinstance(b, Scripted):
        return _same_name(a.base, b.base) and word(one_by_one(a.below)) == word(one_by_one(b.below))
    return False


def _parts(node: Node) -> list[Node]:
    found = [node]
    for part in parts(node):
        found += _parts(part)
    return found


# ---- new names


def new_name(node: Node) -> str:
    """The name that a definition gives to what stands on its left: W_1, delta_2, yhat; "" if that is no name."""
    if isinstance(node, Braces):
        return new_name(node.inner)
    if isinstance(node, Symbol):
        return node.name
    if not isinstance(node, Scripted) or not isinstance(node.base, Symbol) or node.primes:
        return ""
    below = word(one_by_one(node.below))
    above = [m for m in node.above if not is_transpose(m)]
    if len(above) != len(node.above) or (node.below and not below) or len(above) > 1:
        return ""
    raised = word([above[0].inner]) if above else ""
    if above and not raised:
        return ""
    return "_".join(part for part in (node.base.name, below, raised) if part)


# ---- updates


def step_of(problem: Problem, left: Expression, right: Expression) -> tuple[Expression, Expression] | None:
    """For θ ← θ − η g the claim η ∇E = θ − (θ − η g); None if what is subtracted is no claim about the objective.

    η is the one scalar on the right on which the objective does not depend. A step along a gradient that is written as
    one, θ − η ∇J, is a step of descent; θ + η ∇J may be one of ascent, and claims nothing.
    """
    objective = next((d.target for d in problem.definitions if d.target.name == problem.objective_name), None)
    of = left.operand if isinstance(left, Component) else left
    if objective is None or not isinstance(of, Tensor) or left not in walk(right):
        return None
    if any(isinstance(e, Derivative) for e in walk(right)) and not _goes_down(left, right):
        return None
    known = _dependencies(problem, objective) | {objective, *problem.gradients}
    rates = [t for t in tensors(right) if t not in known and t.shape == SCALAR and problem.definition(t) is None]
    if len(rates) != 1:
        return None
    return Product((rates[0], Derivative(objective, left))), Sum((left, Product((number(-1), right))))


def _goes_down(left: Expression, right: Expression) -> bool:
    """Whether the right side is left − …"""
    if not isinstance(right, Sum) or len(right.terms) != 2 or right.terms[0] != left:
        return False
    change = right.terms[1]
    return isinstance(change, Product) and isinstance(change.factors[0], Number) and change.factors[0].value < 0


def _dependencies(problem: Problem, target: Tensor) -> frozenset[Tensor]:
    found: set[Tensor] = {target}
    for definition in reversed(problem.definitions):
        if definition.target in found:
            found |= tensors(definition.value)
    return frozenset(found)


# ---- shapes


def claimed_shape(node: Node, size: Callable[[Node], Size]) -> Shape | None:
    r"""The shape that \mathbb{R}^{n \times m}, ℝ^d, ℝ or \{0,1\}^m says; None if it says none. `size` reads a side."""
    if isinstance(node, Symbol) and node.base in ("R", "C", "Z", "N") and node.font == "double":
        return SCALAR
    if isinstance(node, Brackets) and node.kind == r"\{":
        return SCALAR
    if not isinstance(node, Scripted) or len(node.above) != 1 or node.below or node.primes:
        return None
    if claimed_shape(node.base, size) != SCALAR:
        return None
    inner = node.above[0].inner
    if isinstance(inner, Factors) and inner.signs == ("×",):
        return (size(inner.factors[0]), size(inner.factors[1]))
    return (size(inner), ONE)
