"""SymPy expressions as answers: every node that has a meaning here is mapped, anything else is refused by name.

Symbols and matrix symbols are names of the problem. A product of symbols that stand for vectors or matrices is taken
entry by entry, as SymPy's `Mul` does not keep their order; MatMul is the matrix product. Components count from 0 in
SymPy, from 1 here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement

from derive.answers.numbers import exact
from derive.answers.sympy_functions import FUNCTIONS
from derive.errors import ReadError
from derive.expression.functions import apply, unspecified
from derive.expression.nodes import (
    ZERO,
    Component,
    Constant,
    Derivative,
    Diag,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape, Size, size
from derive.expression.traverse import substitute
from derive.notation.names import Names, spelling

_NO_LAW = {"Inverse": "an inverse", "Determinant": "a determinant", "KroneckerProduct": "a Kronecker product",
           "Integral": "an integral", "Limit": "a limit", "BlockMatrix": "a block matrix"}  # fmt: skip


class SympyReader:
    """Maps SymPy expressions whose symbols are names of a scope."""

    def __init__(self, scope: Scope) -> None:
        self.names = Names(scope)
        self.indices: dict[str, Index] = dict(scope.indices)

    def expression(self, e: Any) -> Expression:
        """The expression; ReadError for what has no meaning here, by its name."""
        if isinstance(e, sympy.MatrixBase):
            return Explicit(tuple(tuple(self.expression(e[i, j]) for j in range(e.cols)) for i in range(e.rows)))
        for kind, rule in _RULES.items():
            if isinstance(e, kind):
                found: Expression = rule(self, e)
                return found
        return self.refused(e)

    def refused(self, e: Any) -> Expression:
        """The error for a class without a rule."""
        name = type(e).__name__
        raise ReadError(f"There is no law here for {_NO_LAW.get(name, f'SymPy’s {name}')}.",
                        suggestion="Write it another way.", code="E-UNSUPPORTED")  # fmt: skip

    def relation(self, e: sympy.Equality) -> tuple[Expression, Expression]:
        """Both sides of an equation."""
        return self.expression(e.lhs), self.expression(e.rhs)

    # ---- names

    def symbol(self, e: Any) -> Expression:
        name = spelling(str(e.name).removeprefix("\\").replace("{", "").replace("}", ""))
        found = self.names.find(name)
        if found is None:
            raise ReadError(f"The name {name} is not declared.", suggestion=self.names.suggestion(name), code="E-NAME")
        return found

    def matrix_symbol(self, e: Any) -> Expression:
        found = self.symbol(e)
        if [side == 1 for side in e.shape] != [side == 1 for side in shape(found)]:
            raise ReadError(f"{e.name} has another shape here.", suggestion="A column is MatrixSymbol(name, n, 1).")
        return found

    # ---- sums and products

    def product(self, e: Any) -> Expression:
        """Mul, or MatMul with its scalars in front."""
        scalars: list[Expression] = []
        rest: list[Expression] = []
        for argument in e.args:
            is_matrix = getattr(argument, "is_Matrix", False) or not argument.is_commutative
            (rest if is_matrix else scalars).append(self.expression(argument))
        product = MatMul(tuple(rest)) if len(rest) > 1 else rest[0] if rest else None
        factors = (*scalars, *(() if product is None else (product,)))
        return Product(factors) if len(factors) > 1 else factors[0]

    def power(self, e: Any) -> Expression:
        if e.base == sympy.E:
            return apply("exp", self.expression(e.exp))
        if e.exp == sympy.Rational(1, 2):
            return apply("sqrt", self.expression(e.base))
        exponent = self.expression(e.exp)
        if shape(exponent) != SCALAR:
            raise ReadError(f"The exponent {e.exp} is no scalar.", suggestion="Write exp(x*log(2)) for 2**x.")
        return Power(self.expression(e.base), exponent)

    def matrix_power(self, e: Any) -> Expression:
        if not e.exp.is_Integer or not 1 <= e.exp <= _LONGEST:
            raise ReadError(f"There is no law here for the matrix power {e.exp}.", code="E-UNSUPPORTED")
        return MatMul((self.expression(e.base),) * int(e.exp))

    # ---- functions

    def applied(self, e: Any) -> Expression:
        """A function of the problem or of the table, by its name."""
        return self.called(str(e.func), e.args, 0)

    def tabled(self, e: Any) -> Expression:
        """One of SymPy's own functions."""
        made = FUNCTIONS.get(type(e))
        return self.refused(e) if made is None else made(*map(self.expression, e.args))

    def called(self, name: str, arguments: tuple[Any, ...], order: int) -> Expression:
        known = self.names.function(name)
        if known is None:
            raise ReadError(f"The function {name} is not known.", suggestion=self.names.function_suggestion(name, ()))
        given = tuple(self.expression(a) for a in arguments)
        missing = len(known.parameters) - len(given)
        defaults = known.defaults[len(known.defaults) - missing :] if missing > 0 else ()
        if len(given) + len(defaults) != len(known.parameters):
            raise ReadError(f"{name} takes {len(known.parameters)} arguments, not {len(given)}.")
        return Elementwise(known, (*given, *map(Number, defaults)), order)

    def elementwise(self, e: Any) -> Expression:
        """ElementwiseApplyFunction(f, X): f of every entry, where f is one function or a Lambda."""
        function, operand = e.function, self.expression(e.expr)
        variable = function.variables[0]
        stand_in = Tensor(f"{variable.name}·entry", shape(operand))
        inner = SympyReader(self.names.scope)
        inner.names.define(stand_in)
        body = inner.expression(function.expr.xreplace({variable: sympy.Symbol(stand_in.name)}))
        return substitute(body, {stand_in: operand})

    def substituted(self, e: Any) -> Expression:
        """f'(u): SymPy writes it as Subs(Derivative(f(xi), xi), xi, u)."""
        inner = e.expr
        if isinstance(inner, sympy.Derivative) and isinstance(inner.expr, AppliedUndef) and len(e.point) == 1:
            order = sum(count for _, count in inner.variable_count)
            return self.called(str(inner.expr.func), tuple(e.point), int(order))
        raise ReadError(
            "There is no law here for SymPy’s Subs.", suggestion="Call .doit() first.", code="E-UNSUPPORTED"
        )

    def derivative(self, e: Any) -> Expression:
        if len(e.variable_count) == 1 and isinstance(e.expr, AppliedUndef) and e.expr.args == (e.variables[0],):
            return self.called(str(e.expr.func), e.expr.args, int(e.variable_count[0][1]))
        result = self.expression(e.expr)
        for variable, count in e.variable_count:
            for _ in range(int(count)):
                result = Derivative(result, self.expression(variable))
        return result

    # ---- components and indices

    def element(self, e: Any) -> Expression:
        operand = self.expression(e.parent)
        sides = shape(operand)
        row, column = (self.position(at, side) for at, side in zip((e.i, e.j), sides, strict=True))
        return Component(operand, row, column)

    def position(self, at: Any, side: Size) -> Index | int | None:
        """A position counted from 0 becomes one counted from 1; an axis of size 1 is kept whole."""
        if side == 1:
            return None
        if at.is_Integer:
            return int(at) + 1
        if isinstance(at, sympy.Symbol):
            return self.indices.setdefault(at.name, Index(at.name, side))
        raise ReadError(f"A position is a number or an index, not {at}.", code="E-INDEX")

    def summed(self, e: Any) -> Expression:
        """Sum(body, (i, 0, n - 1)) over all positions of an axis."""
        body = e.function
        outer = dict(self.indices)
        for variable, *_ in e.limits:
            self.indices.pop(variable.name, None)
        found = self.expression(body)
        for variable, low, high in e.limits:
            index = self.indices.get(variable.name)
            count = sympy.simplify(high - low + 1)
            if index is None or low != 0 or not _is_same_size(count, index.size):
                raise ReadError(f"The sum over {variable} must run over all positions, from 0 on.", code="E-INDEX")
            found = IndexSum(found, index)
        self.indices = outer
        return found

    def delta(self, e: Any) -> Expression:
        row, column = (self._known_index(at) for at in e.args[:2])
        return KroneckerDelta(row, column)

    def _known_index(self, at: Any) -> Index | int:
        if at.is_Integer:
            return int(at) + 1
        if at.name not in self.indices:
            raise ReadError(f"What the index {at} runs over is not known here.", code="E-INDEX")
        return self.indices[at.name]

    # ---- pieces

    def piecewise(self, e: Any) -> Expression:
        result: Expression | None = None
        for value, condition in reversed(e.args):
            if condition is sympy.true:
                result = self.expression(value)
            elif result is None:
                raise ReadError("A Piecewise needs a last piece for all other cases.", suggestion="Add (…, True).")
            else:
                result = apply("where", self.expression(condition), self.expression(value), result)
        assert result is not None
        return result

    def compared(self, e: Any) -> Expression:
        return apply(_SIGNS[type(e).__name__], self.expression(e.lhs), self.expression(e.rhs))

    def sides(self, e: Any) -> Shape:
        """The shape of a constant matrix."""
        rows, columns = (self.sized(side) for side in e.shape)
        return (rows, columns)

    def sized(self, side: Any) -> Size:
        """A size of the problem by its name, or a number."""
        return size(int(side)) if side.is_Integer else self.names.size(str(side)) or size(str(side))


_LONGEST = 8
_SIGNS = {"StrictGreaterThan": "gt", "GreaterThan": "ge", "StrictLessThan": "lt", "LessThan": "le",
          "Equality": "eq", "Unequality": "ne"}  # fmt: skip


def _is_same_size(count: Any, known: Size) -> bool:
    return str(count) == str(known)


_RULES: Mapping[Any, Callable[[SympyReader, Any], Expression]] = {
    sympy.Rational: lambda r, e: Number(Fraction(int(e.p), int(e.q))),
    sympy.Float: lambda r, e: exact(float(e)),
    type(sympy.pi): lambda r, e: Constant("pi"),
    type(sympy.E): lambda r, e: apply("exp", number(1)),
    sympy.Symbol: SympyReader.symbol,
    sympy.MatrixSymbol: SympyReader.matrix_symbol,
    sympy.Add: lambda r, e: Sum(tuple(map(r.expression, e.args))),
    sympy.MatAdd: lambda r, e: Sum(tuple(map(r.expression, e.args))),
    sympy.Mul: SympyReader.product,
    sympy.MatMul: SympyReader.product,
    sympy.Pow: SympyReader.power,
    sympy.Inverse: lambda r, e: r.refused(e),
    sympy.MatPow: SympyReader.matrix_power,
    sympy.Transpose: lambda r, e: Transpose(r.expression(e.arg)),
    sympy.HadamardProduct: lambda r, e: Product(tuple(map(r.expression, e.args))),
    sympy.HadamardPower: SympyReader.power,
    sympy.Trace: lambda r, e: Shorthand("trace", (r.expression(e.arg),)),
    sympy.Identity: lambda r, e: Identity(r.sized(e.args[0])),
    sympy.ZeroMatrix: lambda r, e: Product((ZERO, Ones(r.sides(e)))),
    sympy.OneMatrix: lambda r, e: Ones(r.sides(e)),
    DotProduct: lambda r, e: Shorthand("dot", tuple(map(r.expression, e.args))),
    DiagMatrix: lambda r, e: Diag(r.expression(e.args[0])),
    MatrixElement: SympyReader.element,
    ElementwiseApplyFunction: SympyReader.elementwise,
    sympy.KroneckerDelta: SympyReader.delta,
    sympy.Sum: SympyReader.summed,
    sympy.Piecewise: SympyReader.piecewise,
    Relational: SympyReader.compared,
    sympy.Subs: SympyReader.substituted,
    sympy.Derivative: SympyReader.derivative,
    AppliedUndef: SympyReader.applied,
    sympy.Max: SympyReader.tabled,
    sympy.Min: SympyReader.tabled,
    sympy.Function: SympyReader.tabled,
}
"""What each class of SymPy means, the more special ones first."""


def declared(*expressions: Any) -> Scope:
    """The names of SymPy expressions that come without a problem: symbols are scalars, matrix symbols have shapes."""
    tensors: dict[str, Tensor] = {}
    functions: dict[str, Any] = {}
    sizes: dict[str, Size] = {}
    for e in expressions:
        for matrix in e.atoms(sympy.MatrixSymbol):
            name = spelling(matrix.name)
            sides = tuple(_own_size(side) for side in matrix.shape)
            tensors[name] = Tensor(name, (sides[0], sides[1]))
            sizes |= {str(s): s for s in sides if s.is_Symbol}
        for applied in e.atoms(AppliedUndef):
            functions[str(applied.func)] = unspecified(str(applied.func))
    bound = [variable for e in expressions for s in e.atoms(sympy.Sum) for variable in s.variables]
    places = [at for e in expressions for element in e.atoms(MatrixElement) for at in (element.i, element.j)]
    taken = {*sizes, *(str(s) for place in (*bound, *places) for s in place.free_symbols)}
    for e in expressions:
        for symbol in e.free_symbols:
            name = spelling(symbol.name)
            if isinstance(symbol, sympy.Symbol) and name not in tensors and name not in taken:
                tensors[name] = Tensor(name, (ONE, ONE))
    return Scope(tensors=dict(sorted(tensors.items())), sizes=sizes, functions=functions)


def _own_size(side: Any) -> Size:
    if side.is_Integer or isinstance(side, sympy.Symbol):
        return size(int(side) if side.is_Integer else side.name)
    raise ReadError(f"The size {side} is no name and no number.", suggestion="Use a symbol for it.")
