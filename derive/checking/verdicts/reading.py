"""How the names of an equation were understood that came without a problem."""

from __future__ import annotations

from dataclasses import dataclass

from derive.expression.sizes import Shape, shape_list, shape_text


@dataclass(frozen=True)
class Reading:
    """The shape of every name, what its functions are, and which letters are indices and sizes.

    shapes     names in order of appearance, with their shapes
    functions  functions that are not in the table, or stand for one that is: `f` unspecified, `sigma` sigmoid
    indices    index letters, and what each runs over
    sizes      names that stand for sizes: the n of sum(x)/n
    """

    shapes: tuple[tuple[str, Shape], ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    indices: tuple[tuple[str, str], ...] = ()
    sizes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line: `A is n×m, x is m×1, lam is a scalar; f is any function`."""
        names = [f"{name} is {_words(shape)}" for name, shape in self.shapes]
        names += [f"{name} is a size" for name in self.sizes]
        functions = [f"{name} is {'any function' if of == 'unspecified' else of}" for name, of in self.functions]
        return "; ".join(filter(None, (", ".join(names), ", ".join(functions))))

    def to_json(self) -> dict[str, dict[str, list[str] | str] | list[str]]:
        """The same as an object, shapes as problem files write them."""
        return {
            "shapes": {name: shape_list(shape) for name, shape in self.shapes},
            "functions": dict(self.functions),
            "indices": dict(self.indices),
            "sizes": list(self.sizes),
        }


def _words(shape: Shape) -> str:
    written = shape_text(shape)
    return "a scalar" if written == "scalar" else written
