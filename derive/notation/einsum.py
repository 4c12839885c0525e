"""np.einsum('ni,nj->ij', X, D): sums over the letters that the result does not have.

Two factors at a time become a matrix product, an outer product or a product entry by entry where they can; what is
left is written as sums over indices, with unit vectors where the result has axes. The letters that the arrow leaves
out are those that stand once, in alphabetical order, as NumPy has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from derive.errors import ShapeError
from derive.expression.nodes import (
    Component,
    Expression,
    Identity,
    Index,
    IndexSum,
    MatMul,
    Product,
    Reduce,
    Shorthand,
    Transpose,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, Size
from derive.notation.context import Context
from derive.notation.entries import Fresh, component
from derive.notation.syntax import Call, Node, Quoted

Operand = tuple[str, Expression]
"""Letters, and a value whose axes they name: none for a number, one for a column, two for a matrix."""


def build_einsum(context: Context, call: Call) -> Expression:
    """The value of einsum(pattern, operands…).

    Raises ReadError where the pattern is none, or does not fit the operands.
    """
    pattern, *rest = call.arguments or (call,)
    if not isinstance(pattern, Quoted):
        raise context.error(pattern, "einsum begins with its pattern.", "Write einsum('ij,jk->ik', A, B).")
    inputs, result = _letters(context, pattern)
    if len(inputs) != len(rest):
        message = f"The pattern has {len(inputs)} operands, and {len(rest)} follow."
        raise context.error(pattern, message, "Write einsum('ij,jk->ik', A, B).")
    sizes: dict[str, Size] = {}
    operands = [_operand(context, letters, node, sizes) for letters, node in zip(inputs, rest, strict=True)]
    unknown = [letter for letter in result if letter not in sizes]
    if unknown or len(result) > 2 or len(set(result)) < len(result):
        raise context.error(pattern, f"The result {result} is no vector or matrix of these operands.",
                            "Its letters are one or two of theirs.")  # fmt: skip
    found = _contracted(_paired(operands, result), result, sizes)
    return Transpose(found) if len(result) == 1 and context.prefer("flat", 2) else found


def _letters(context: Context, pattern: Quoted) -> tuple[list[str], str]:
    """ni,nj->ij: the letters of the operands, and those of the result."""
    written = pattern.text.replace(" ", "")
    left, arrow, result = written.partition("->")
    inputs = left.split(",")
    if not all(letters.isalpha() or not letters for letters in [*inputs, result]) or "." in written:
        raise context.error(pattern, "This is no pattern of einsum.", "Write letters, as in 'ij,jk->ik'.")
    if not arrow:
        counts = Counter("".join(inputs))
        result = "".join(sorted(letter for letter, count in counts.items() if count == 1))
    return inputs, result


def _operand(context: Context, letters: str, node: Node, sizes: dict[str, Size]) -> Operand:
    """A column for one letter, a matrix for two; the letters' sizes are noted."""
    value = context.build(node)
    sides = shape(value)
    if len(letters) == 1 and sides[0] == ONE and sides[1] != ONE:
        value, sides = Transpose(value), (sides[1], ONE)
    axes = sides if len(letters) == 2 else sides[:1] if len(letters) == 1 else ()
    fits = len(letters) <= 2 and all(side == ONE for side in sides[len(axes) :])
    if not fits:
        raise context.error(node, f"The pattern {letters} does not fit what it stands for.",
                            "One letter for a vector, two for a matrix.")  # fmt: skip
    for letter, side in zip(letters, axes, strict=True):
        if sizes.setdefault(letter, side) != side:
            message = f"In einsum the letter {letter} runs over {sizes[letter]} and over {side}."
            raise ShapeError(message, position=context.source.position(node.start, node.end))
    if len(letters) == 2 and letters[0] == letters[1]:
        return letters[0], Reduce(Product((value, Identity(sides[0]))), 1)
    return letters, value


# ---- two factors at a time


def _paired(operands: Sequence[Operand], result: str) -> list[Operand]:
    """Fewer operands, joined where two of them make a product that we have."""
    left = list(operands)
    joined = True
    while joined:
        joined = False
        for i in range(len(left)):
            for j in range(i + 1, len(left)):
                others = result + "".join(letters for k, (letters, _) in enumerate(left) if k not in (i, j))
                made = _joined(left[i], left[j], set(others))
                if made is not None:
                    left[i : j + 1] = [made, *left[i + 1 : j]]
                    joined = True
                    break
            if joined:
                break
    return left


def _joined(a: Operand, b: Operand, needed: set[str]) -> Operand | None:
    """One operand for two, if it is a product entry by entry, a matrix product, or of numbers."""
    first, second = a[0], b[0]
    if not first or not second:
        return first + second, Product((a[1], b[1]))
    if set(first) == set(second):
        return first, Product((a[1], b[1] if first == second else Transpose(b[1])))
    shared = set(first) & set(second)
    if not shared and len(first) == len(second) == 1:
        return first + second, Shorthand("outer", (a[1], b[1]))
    if len(shared) != 1 or shared & needed:
        return None
    letter = shared.pop()
    rows, columns = first.replace(letter, ""), second.replace(letter, "")
    left, right = _ending(a, letter), _beginning(b, letter)
    if not rows:  # a vector from the left: turned, so that the result is a column
        return columns, MatMul((_turned(right), a[1]))
    return rows + columns, MatMul((left, right))


def _ending(a: Operand, letter: str) -> Expression:
    """The matrix with `letter` along its columns."""
    return a[1] if a[0][-1] == letter else _turned(a[1])


def _beginning(b: Operand, letter: str) -> Expression:
    """The column or matrix with `letter` along its rows."""
    return b[1] if b[0][0] == letter else _turned(b[1])


def _turned(e: Expression) -> Expression:
    return e.operand if isinstance(e, Transpose) else Transpose(e)


# ---- what is left


def _contracted(operands: Sequence[Operand], result: str, sizes: Mapping[str, Size]) -> Expression:
    if len(operands) == 1:
        simple = _reduced(operands[0], result)
        if simple is not None:
            return simple
    fresh = Fresh([e for _, e in operands])
    indices = {letter: fresh.along((size, ONE))[0] for letter, size in sizes.items()}
    factors = [_entry(letters, value, indices) for letters, value in operands]
    axes = [_unit(sizes[letter], indices[letter]) for letter in result]
    if len(axes) == 2:
        axes = [MatMul((axes[0], Transpose(axes[1])))]
    body: Expression = Product((*factors, *axes)) if len(factors) + len(axes) > 1 else (*factors, *axes)[0]
    for index in indices.values():
        body = body if index is None else IndexSum(body, index)
    return body


def _reduced(operand: Operand, result: str) -> Expression | None:
    """One operand: itself, turned, or summed."""
    letters, value = operand
    if set(letters) == set(result):
        return value if letters == result else _turned(value)
    if not result:
        return Reduce(value, None)
    if len(letters) == 2 and len(result) == 1 and result in letters:
        return Reduce(value, 1) if result == letters[0] else _turned(Reduce(value, 0))
    return None


def _entry(letters: str, value: Expression, indices: Mapping[str, Index | None]) -> Expression:
    positions = [indices[letter] for letter in letters]
    if len(positions) == 2:
        return component(value, positions[0], positions[1])
    return component(value, positions[0], None) if positions else value


def _unit(size: Size, index: Index | None) -> Expression:
    identity = Identity(size)
    return identity if index is None else Component(identity, None, index)
