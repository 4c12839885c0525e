r"""Quotients of differentials, of first and of higher order: ∂E/∂W, ∂²E/∂w_i∂w_j, d²y/dx², ∂/∂w ∂E/∂w, ∇²E."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.expression.nodes import Tensor
from derive.notation.latex.arguments import argument_names
from derive.notation.latex.making import call, is_transpose, name, symbol_of, transposed
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Braces, Factors, Fraction, Nabla, Partial, Scripted, Symbol
from derive.notation.syntax import Group, Node, Num, Quotient, Repeated, height

_HIGHEST = 9
"""Derivatives of a higher order are not read."""


def derivative(r: Resolving, n: Fraction) -> Node:
    """∂E/∂W; both halves must be there."""
    above = n.above
    if not isinstance(above, Partial) or not isinstance(n.below, Partial) or n.below.operand is None:
        raise r.error(n, "Only one half of this quotient is a differential.", r"Write \frac{\partial E}{\partial W}.")
    if above.operand is None:
        raise r.error(n, "Nothing is differentiated here.", r"Write \frac{\partial}{\partial x} f.")
    return operator(r, n, above.operand)


def operator(r: Resolving, n: Fraction, body: Node) -> Node:
    """∂/∂W in front of what it differentiates."""
    if not isinstance(n.above, Partial) or not isinstance(n.below, Partial):
        raise r.error(n, "Only one half of this quotient is a differential.", r"Write \frac{\partial E}{\partial W}.")
    order = 1 if n.above.order is None else _order(r, n.above.order)
    variables = _variables(r, n, n.below, order)
    return _again(n, r.node(_without_arguments(r, body, variables)), [r.node(v) for v in variables])


def _again(n: Node, of: Node, wrt: Sequence[Node]) -> Node:
    """The derivative of a formula that may be a derivative itself."""
    inner = of
    while isinstance(inner, Group):
        inner = inner.inner
    if isinstance(inner, Quotient):
        of, wrt = inner.of, [*wrt, inner.wrt]
    elif isinstance(inner, Repeated):
        of, wrt = inner.of, [*wrt, *inner.wrt]
    if len(wrt) == 1:
        return Quotient(n.start, n.end, n.depth, of, wrt[0])
    return Repeated(n.start, n.end, height(of, *wrt), of, tuple(wrt))


def _order(r: Resolving, n: Node) -> int:
    inner = n.inner if isinstance(n, Braces) else n
    if not isinstance(inner, Num) or not inner.whole or not 1 <= inner.value <= _HIGHEST:
        raise r.error(n, "The order of a derivative is a number.", r"Write \frac{\partial^2 E}{\partial w^2}.")
    return int(inner.value)


# ---- what one differentiates by


def _variables(r: Resolving, n: Fraction, below: Partial, order: int) -> list[Node]:
    """The variables of a lower half, each as often as it stands there: w and w for ∂w² below ∂²."""
    if below.operand is None:
        raise r.error(n, "By what is differentiated here is not said.", r"Write \frac{\partial}{\partial x} f.")
    found = list(_parts(below.operand, order))
    if below.order is not None and len(found) == 1:
        found *= _order(r, below.order)
    if len(found) < order:
        found = [v for part in found for v in _powered(part)]
    if len(found) != order:
        raise r.error(n, f"This derivative has order {order} above, but not below.",
                      r"Write \frac{\partial^2 E}{\partial w^2}, or \partial w_i \partial w_j.")  # fmt: skip
    return found


def _parts(operand: Node, order: int) -> Iterator[Node]:
    """w_j and w_k of ∂w_j ∂w_k; x and y of dx dy."""
    if not isinstance(operand, Factors) or not (order > 1 or any(isinstance(f, Partial) for f in operand.factors)):
        yield operand
        return
    for part in operand.factors:
        if isinstance(part, Partial):
            yield part.operand or part
        elif not (isinstance(part, Symbol) and part.name == "d"):
            yield part


def _powered(part: Node) -> list[Node]:
    """w and w for w²."""
    if not isinstance(part, Scripted) or not part.above or part.primes:
        return [part]
    *marks, last = part.above
    if last.bracket or not isinstance(last.inner, Num) or not last.inner.whole or not 1 <= last.inner.value <= _HIGHEST:
        return [part]
    base = part.base
    if marks or part.below:
        base = Scripted(part.start, part.end, part.depth, part.base, part.below, tuple(marks))
    return [base] * int(last.inner.value)


# ---- ∇


def nabla(r: Resolving, n: Nabla) -> Node:
    """∇_W E is the gradient; ∇²_w E, and ∇_u ∇_vᵀ E, the matrix of second derivatives."""
    variables = [r.node(v) for v in n.wrt] or [_unsaid(r, n)]
    if n.order == 2 and len(variables) == 1:
        variables *= 2
    of = n.operand
    inner, turned = _inner_nabla(of)
    if inner is not None and n.order == inner.order == 1:
        second = r.node(inner.wrt[0]) if inner.wrt else _unsaid(r, inner)
        variables.append(transposed(inner, second) if turned else second)
        of = inner.operand
    found = r.node(_without_arguments(r, of, n.wrt))
    if len(variables) == 1:
        return call(n, "grad", found, variables[0])
    return Repeated(n.start, n.end, n.depth + 1, found, tuple(variables))


def _without_arguments(r: Resolving, of: Node, wrt: Sequence[Node]) -> Node:
    """E for E(w), which in a derivative by w says on what E depends: nobody differentiates a product so written."""
    arguments = {_letter(item) for item in argument_names(of)}
    first = of.factors[0] if isinstance(of, Factors) and arguments else None
    symbol = None if first is None else symbol_of(first)
    if first is None or symbol is None or not isinstance(r.names.find(symbol.name), Tensor):
        return of
    if not {_letter(v) for v in wrt} <= arguments:
        if r.problem is None and len(arguments) == 1:
            raise r.error(of, f"{r.written(of)} may be a value at another point, or a product.",
                          "Differentiate E, and put the point in.", "E-AMBIGUOUS")  # fmt: skip
        return of
    spelled = r.spelled(of.factors, of.signs) if isinstance(of, Factors) else None  # J^{(j)}(θ) under [notation]
    is_whole = spelled is not None and spelled.length > 1
    return of if is_whole or symbol.name in r.names.scope.functions else first


def _inner_nabla(n: Node) -> tuple[Nabla | None, bool]:
    """∇ in front of ∇, and whether the second one is turned."""
    if isinstance(n, Scripted) and not n.below and not n.primes and all(is_transpose(m) for m in n.above):
        return (n.base if isinstance(n.base, Nabla) else None), True
    return (n if isinstance(n, Nabla) else None), False


def _letter(node: Node) -> str:
    symbol = symbol_of(node)
    return "" if symbol is None else symbol.name


def _unsaid(r: Resolving, n: Nabla) -> Node:
    """What ∇ without a variable below it differentiates by: what E is a function of, or what the question asks."""
    listed = argument_names(n.operand.inner if isinstance(n.operand, Braces) else n.operand)
    if len(listed) == 1:
        return r.node(listed[0])
    asked = None if r.problem is None else r.problem.question.wrt
    if not isinstance(asked, Tensor) or asked.layer is not None:
        raise r.error(n, "By what ∇ differentiates is not said.", r"Write \nabla_{W} E.")
    return name(n, asked.name)
