"""Walking and rebuilding expressions: children, substitution, the names that occur."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import sympy

from derive.expression.nodes import Elementwise, Expression, Index, Tensor


def children(e: Expression) -> tuple[Expression, ...]:
    """The immediate subexpressions, left to right."""
    kept = e.__dict__
    if "_children" not in kept:
        kept["_children"] = tuple(_expressions(e._fields))
    return kept["_children"]  # type: ignore[no-any-return]


def _expressions(values: tuple[object, ...]) -> Iterator[Expression]:
    for value in values:
        if isinstance(value, Expression):
            yield value
        elif isinstance(value, tuple):
            yield from _expressions(value)


def rebuild(e: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The same node with `change` applied to each immediate subexpression; the node itself if nothing changed."""
    return made_of(e, [_changed(value, change) for value in e._fields]) if children(e) else e


def made_of(e: Expression, values: Sequence[object]) -> Expression:
    """A node of the same class made of other values; the node itself if they are its own."""
    if all(new is old for new, old in zip(values, e._fields, strict=True)):
        return e
    return type(e)(*values)


def _changed(value: object, change: Callable[[Expression], Expression]) -> object:
    if isinstance(value, Expression):
        return change(value)
    if isinstance(value, tuple):
        new = tuple(_changed(item, change) for item in value)
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    return value


def walk(e: Expression) -> Iterator[Expression]:
    """Every subexpression once for each occurrence, parents first."""
    pending = [e]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def tensors(e: Expression) -> frozenset[Tensor]:
    """The named tensors that occur in an expression."""
    kept = e.__dict__
    if "_tensors" not in kept:
        own = frozenset((e,)) if isinstance(e, Tensor) else frozenset()
        kept["_tensors"] = own.union(*(tensors(child) for child in children(e)))
    return kept["_tensors"]  # type: ignore[no-any-return]


def in_order(names: Iterable[Tensor]) -> list[Tensor]:
    """Names in a fixed order: by name, then by layer."""
    return sorted(names, key=_order)


def _order(name: Tensor) -> tuple[str, str]:
    kept = name.__dict__
    if "_order" not in kept:
        kept["_order"] = (name.name, "" if name.layer is None else str(name.layer))
    return kept["_order"]  # type: ignore[no-any-return]


def substitute(e: Expression, replacements: Mapping[Expression, Expression]) -> Expression:
    """Replace subexpressions, outermost first; replaced parts are not searched again."""
    if e in replacements:
        return replacements[e]
    return rebuild(e, lambda child: substitute(child, replacements))


def depth(e: Expression) -> int:
    """The height of the expression tree; a leaf has depth 1."""
    kept = e.__dict__
    if "_depth" not in kept:
        kept["_depth"] = 1 + max((depth(child) for child in children(e)), default=0)
    return kept["_depth"]  # type: ignore[no-any-return]


def substitute_layer(e: Expression, layers: Mapping[sympy.Expr, sympy.Expr]) -> Expression:
    """The same formula at another layer: every subscript and every width n(l) is shifted."""
    if isinstance(e, Tensor):
        rows, columns = (side.xreplace(dict(layers)) for side in e.shape)
        layer = None if e.layer is None else e.layer.xreplace(dict(layers))
        return e if (layer, rows, columns) == (e.layer, *e.shape) else Tensor(e.name, (rows, columns), layer)
    return made_of(e, [_shifted(value, layers) for value in e._fields])


def _shifted(value: object, layers: Mapping[sympy.Expr, sympy.Expr]) -> object:
    if isinstance(value, Expression):
        return substitute_layer(value, layers)
    if isinstance(value, sympy.Basic):
        new = value.xreplace(dict(layers))
        return value if new == value else new
    if isinstance(value, Index):
        new = value.size.xreplace(dict(layers))
        return value if new == value.size else Index(value.name, new)
    if isinstance(value, tuple):
        items = tuple(_shifted(item, layers) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def captured(e: Expression) -> frozenset[str]:
    """The names that formulas of functions in an expression speak of, besides their parameters: c of f(z) = c z²."""
    formulas = [(n.function.formula, n.function.parameters) for n in walk(e) if isinstance(n, Elementwise)]
    found = (t.name for formula, own in formulas if formula is not None for t in tensors(formula) if t.name not in own)
    inner = (captured(formula) for formula, _ in formulas if formula is not None)
    return frozenset(found).union(*inner)
