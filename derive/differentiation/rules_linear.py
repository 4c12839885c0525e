"""Laws for the linear nodes: sums, products with constants, matrix products, transposes, reductions, components."""

from __future__ import annotations

from derive.differentiation.rule import (
    Context,
    Redex,
    Registrar,
    Rule,
    derivative,
    flipped,
    mentions,
    pulled,
)
from derive.differentiation.terms import conforms, matmul, ones_like, plus, times
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.shapes import is_dot, shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import rebuild, walk

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "derivative")


@rule("constant", "a constant", Number, Constant, Dimension, KroneckerDelta, Tensor, Ones, Identity, Sum, Product,
      MatMul, Transpose, Reduce, Component, IndexSum, Diag, Explicit, Shorthand, Derivative,
      condition="v does not occur", level="every")  # fmt: skip
def constant(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, C⟩/∂v = 0 if v does not occur in C"""
    return None if mentions(redex.of, redex.wrt) else ZERO


@rule("cotangent", "gradient of an inner product", Tensor, level="every")
def cotangent(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, v⟩/∂v = G"""
    return pulled(redex, (), redex.of, context) if redex.of == redex.wrt else None


@rule("linearity", "linearity", Sum)
def linearity(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, U + C⟩/∂v = ∂⟨G, U⟩/∂v if v does not occur in C; the derivative of a sum is the sum of derivatives"""
    terms = [t for t in redex.of.terms if mentions(t, redex.wrt)]  # type: ignore[attr-defined]
    if not terms or any(shape(t) != shape(redex.of) for t in terms):
        return None
    return plus(*(pulled(redex, (), t, context) for t in terms))


@rule("broadcast", "a broadcast term meets every column (row)", Sum, condition="a term with v is broadcast")
def broadcast(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, U + b 1ᵀ⟩/∂b = G 1: the gradient of a broadcast term is G summed over the broadcast axis"""
    terms = [t for t in redex.of.terms if mentions(t, redex.wrt)]  # type: ignore[attr-defined]
    if not terms or all(shape(t) == shape(redex.of) for t in terms):
        return None
    return plus(*(pulled(redex, (), t, context) for t in terms))


@rule("scalar_factor", "a constant factor stands in front", Product, condition="the factor is a scalar without v")
def scalar_factor(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, c U⟩/∂v = c ∂⟨G, U⟩/∂v if v does not occur in the scalar c"""
    return _constant_factors(redex, context, scalars=True)


@rule("hadamard", "an elementwise factor moves to the other side", Product, condition="v does not occur in the factor")
def hadamard(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, C ⊙ U⟩/∂v = ∂⟨G ⊙ C, U⟩/∂v if v does not occur in C"""
    return _constant_factors(redex, context, scalars=False)


def _constant_factors(redex: Redex, context: Context, scalars: bool) -> Expression | None:
    factors = [f for f in redex.of.factors if f != UNIT]  # type: ignore[attr-defined]
    moving = [f for f in factors if not mentions(f, redex.wrt) and (not scalars or shape(f) == SCALAR)]
    staying = [f for f in factors if mentions(f, redex.wrt) or (scalars and shape(f) != SCALAR)]
    if not moving or not staying:
        return None
    return pulled(redex, tuple(moving), times(*staying), context)


@rule("product_rule", "product rule", Product, condition="v occurs in several factors")
def product_rule(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, U ⊙ V⟩/∂v = ∂⟨G ⊙ V, U⟩/∂v + ∂⟨G ⊙ U, V⟩/∂v, where the cotangents are held fixed"""
    factors = redex.of.factors  # type: ignore[attr-defined]
    if len(factors) == 1:
        return derivative(redex.cotangent, factors[0], redex.wrt, context)
    terms = []
    for k, factor in enumerate(factors):
        if mentions(factor, redex.wrt):
            terms.append(pulled(redex, factors[:k] + factors[k + 1 :], factor, context))
    return plus(*terms)


@rule("scalar_matmul", "a scalar factor of a matrix product", MatMul, level="every",
      condition="a factor is a scalar that does not conform as a matrix")  # fmt: skip
def scalar_matmul(redex: Redex, context: Context) -> Expression | None:
    """s @ A = s · A for a scalar s"""
    left, right = _halves(redex.of)
    a, b = shape(left), shape(right)
    if conforms((left, right)) or SCALAR not in (a, b):
        return None
    return derivative(redex.cotangent, Product((left, right)), redex.wrt, context)


@rule("dot_product", "a product of two columns", MatMul, condition="both sides are columns", level="every")
def dot_product(redex: Redex, context: Context) -> Expression | None:
    """u @ v = sum(u ⊙ v) for columns u, v"""
    left, right = _halves(redex.of)
    if conforms((left, right)) or not is_dot(shape(left), shape(right)):
        return None
    return derivative(redex.cotangent, Reduce(Product((left, right)), None), redex.wrt, context)


@rule("inner_matmul", "gradient through a matrix product", MatMul, condition="the factors conform as matrices")
def inner_matmul(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, A B⟩/∂B = Aᵀ G and ∂⟨G, A B⟩/∂A = G Bᵀ; between: ∂⟨G, A V B⟩/∂v = ∂⟨Aᵀ G Bᵀ, V⟩/∂v"""
    factors = redex.of.factors  # type: ignore[attr-defined]
    if not conforms(factors):
        # u @ v @ A of columns u, v is (u @ v) A: the product of what is on the left with the last factor may conform.
        factors = _halves(redex.of)
        if not conforms(factors):
            return None
    g = redex.cotangent if redex.cotangent is not None else ones_like(redex.of)
    middle = () if shape(redex.of) == SCALAR else (g,)
    front = redex.weights if shape(redex.of) == SCALAR else ()
    terms = []
    for k, factor in enumerate(factors):
        if not mentions(factor, redex.wrt):
            continue
        before = tuple(flipped(f) for f in reversed(factors[:k]))
        after = tuple(flipped(f) for f in reversed(factors[k + 1 :]))
        around = (*before, *middle, *after)
        terms.append(pulled(Redex(matmul(*around) if around else UNIT, factor, redex.wrt), front, factor, context))
    return plus(*terms)


def _halves(e: Expression) -> tuple[Expression, Expression]:
    """A product as what is on the left of the last factor, and that."""
    factors = e.factors  # type: ignore[attr-defined]
    return (factors[0] if len(factors) == 2 else MatMul(factors[:-1])), factors[-1]


@rule("inner_transpose", "gradient through a transpose", Transpose)
def inner_transpose(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, Uᵀ⟩/∂v = ∂⟨Gᵀ, U⟩/∂v"""
    operand = redex.of.operand  # type: ignore[attr-defined]
    g = None if redex.cotangent is None else flipped(redex.cotangent)
    return pulled(Redex(g, operand, redex.wrt), (), operand, context)


@rule("reduce", "gradient through a sum over entries", Reduce)
def reduce(redex: Redex, context: Context) -> Expression | None:
    """∂⟨g, sum(U)⟩/∂v = ∂⟨g 1, U⟩/∂v: the gradient of a sum over an axis is spread over that axis"""
    operand = redex.of.operand  # type: ignore[attr-defined]
    if shape(operand) == shape(redex.of):
        return derivative(redex.cotangent, operand, redex.wrt, context)
    return pulled(Redex(None, operand, redex.wrt), redex.weights, operand, context)


@rule("component", "gradient of a component", Component)
def component(redex: Redex, context: Context) -> Expression | None:
    """∂⟨g, U[i,j]⟩/∂v = ∂⟨e_i g e_jᵀ, U⟩/∂v with unit vectors e; likewise rows and columns"""
    operand = redex.of.operand  # type: ignore[attr-defined]
    rows, columns = shape(operand)
    left = [] if _whole(redex.of.row, rows) else [unit(rows, redex.of.row)]  # type: ignore[attr-defined]
    right = [] if _whole(redex.of.column, columns) else [Transpose(unit(columns, redex.of.column))]  # type: ignore[attr-defined]
    g = redex.cotangent if redex.cotangent is not None else ones_like(redex.of)
    middle: list[Expression] = [] if shape(redex.of) == SCALAR else [g]
    front = redex.weights if shape(redex.of) == SCALAR else ()
    around = [*left, *middle, *right]
    return pulled(Redex(matmul(*around) if around else None, operand, redex.wrt), front, operand, context)


def _whole(position: Index | int | None, size: object) -> bool:
    return position is None or size == ONE


def unit(size: object, position: Index | int) -> Expression:
    """The unit vector e_i as a column of the identity matrix."""
    return Component(Identity(size), None, position)


@rule("index_sum", "linearity of an index sum", IndexSum)
def index_sum(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, Σ_k U_k⟩/∂v = Σ_k ∂⟨G, U_k⟩/∂v"""
    body, index = redex.of.body, redex.of.index  # type: ignore[attr-defined]
    if redex.cotangent is not None:
        # What a held name stands for may use the letter too.
        used = _letters(context.released(redex.cotangent))
        if index.name in used:
            used |= _letters(body)
            name = index.name
            while name in used:
                name += "_"
            fresh = Index(name, index.size)
            body, index = renamed(body, index, fresh), fresh
    return IndexSum(derivative(redex.cotangent, body, redex.wrt, context), index)


def _letters(e: Expression) -> set[str]:
    """The names of the indices in an expression, free or bound."""
    found: set[str] = set()
    for part in walk(e):
        if isinstance(part, (Component, KroneckerDelta)):
            found |= {p.name for p in (part.row, part.column) if isinstance(p, Index)}
        elif isinstance(part, IndexSum):
            found.add(part.index.name)
    return found


def renamed(e: Expression, old: Index, new: Index) -> Expression:
    """`e` with the free index `old` called `new`."""
    if isinstance(e, IndexSum) and e.index == old:
        return e
    e = rebuild(e, lambda child: renamed(child, old, new))
    if isinstance(e, Component):
        row, column = (new if p == old else p for p in (e.row, e.column))
        return Component(e.operand, row, column) if (row, column) != (e.row, e.column) else e
    if isinstance(e, KroneckerDelta):
        return KroneckerDelta(new if e.row == old else e.row, new if e.column == old else e.column)
    return e


@rule("inner_diag", "gradient through diag", Diag)
def inner_diag(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, diag(u)⟩/∂v = ∂⟨diagonal of G, u⟩/∂v, the diagonal being (G ⊙ I) 1"""
    operand = redex.of.operand  # type: ignore[attr-defined]
    if shape(operand) == SCALAR:
        return derivative(redex.cotangent, operand, redex.wrt, context)
    if redex.cotangent is None:
        return pulled(Redex(None, operand, redex.wrt), (), operand, context)
    axis = 1 if shape(operand)[1] == ONE else 0
    diagonal = Reduce(times(redex.cotangent, Identity(shape(redex.of)[0])), axis)  # type: ignore[arg-type]
    return pulled(Redex(diagonal, operand, redex.wrt), (), operand, context)


@rule("explicit_entries", "entry by entry", Explicit)
def explicit_entries(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, [u_ij]⟩/∂v = Σ_ij G_ij ∂u_ij/∂v"""
    terms = []
    for i, row in enumerate(redex.of.rows, start=1):  # type: ignore[attr-defined]
        for j, entry in enumerate(row, start=1):
            if not mentions(entry, redex.wrt):
                continue
            g = redex.cotangent
            weight = None if g is None else g if shape(g) == SCALAR else Component(g, i, j)
            terms.append(derivative(weight, entry, redex.wrt, context))
    return plus(*terms)
