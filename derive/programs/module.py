"""A derivation as a NumPy module that needs nothing of ours: forward pass, gradients as derived, and a check of them.

The formulas are those of the last lines, in the forms that floating point wants (`numeric.stable`); every intermediate
has the name that the derivation gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

import sympy

from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Expression, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape, size_text
from derive.expression.text import tensor_text, text
from derive.expression.traverse import tensors
from derive.programs.check import CHECK, JACOBIAN, SIZES_OF, example, unread
from derive.programs.functions import helpers
from derive.programs.writer import NumpyWriter
from derive.writing.names import visible
from numeric.evaluate import Definitions, definitions_of, needed
from numeric.stable import stable

_LONG = 100
Line = tuple[Tensor, Expression]


@dataclass(frozen=True)
class Gradient:
    """A gradient by its key, its variable, and its formula in the shape of the variable."""

    key: str
    variable: Tensor
    formula: Expression


@dataclass(frozen=True)
class Parts:
    """What a module is made of: the forward pass, the lines that gradients rest on, and the gradients.

    derived, posed   the formulas as they were derived, and the objective if it has no name, for the docstring
    """

    problem: Problem
    objective: Tensor
    forward: Sequence[Line]
    backward: Sequence[Line]
    gradients: Sequence[Gradient]
    derived: Sequence[str]
    posed: str = ""


def numpy_module(
    problem: Problem, objective: Expression, gradients: Sequence[Gradient], definitions: Definitions
) -> str:
    """The source of the module.

    definitions   names that the gradients use besides the problem's own: delta2, delta1 …

    Of an objective that is a vector the gradients are Jacobians; UsageError for one that is a matrix. For a network of
    any depth see `numpy_family`.
    """
    parts = _parts(problem, objective, gradients, definitions)
    w = NumpyWriter()
    passed = passed_in(parts)
    for tensor in passed:
        w.array(tensor)
    forward, backward = _forward(w, parts), _backward(w, parts)
    parameters = signature(w, passed)
    functions = formula_functions(w)
    pieces = [
        *heading(w, parts, passed, functions),
        forward.format(signature=", ".join([*parameters, *(f"{name}=0.0" for name in _moved(w, parts))])),
        backward.format(signature=", ".join(parameters)),
        *example(w, problem, passed),
        _check(w, parts),
    ]
    return "\n\n".join(pieces)


def heading(w: NumpyWriter, parts: Parts, passed: Sequence[Tensor], functions: Sequence[str]) -> list[str]:
    """What stands before the forward pass: the problem, imports, shapes, helper functions."""
    imports, helping = helpers(w.called)
    head = "".join(f"import {name}\n" for name in imports) + ("\n" if imports else "") + "import numpy as np\n"
    shapes = "\n".join(f'    "{w.array(t)}": {_shape(w, t)},' for t in passed if t.layer is None)
    table = f'SHAPES = {{\n{shapes}\n}}\n"""The shape of every array; () is a number."""\n'
    return [f"{docstring(parts)}\n\n{head}\n{table}", *helping, *functions, SIZES_OF]


def _parts(problem: Problem, objective: Expression, gradients: Sequence[Gradient], definitions: Definitions) -> Parts:
    if shape(objective)[1] != ONE:
        raise UsageError("NumPy code is written for an objective that is a number or a vector.",
                         suggestion="Ask for a column, such as Z[:,i].")  # fmt: skip
    own, posed = definitions_of(problem), ""
    if not isinstance(objective, Tensor):
        posed = f"{problem.objective_name} = {text(objective)}"
        named = Tensor(problem.objective_name, shape(objective))
        own, objective = (*own, (named, objective)), named
    every = (*own, *definitions)
    meanings = {tensor_text(target): value for target, value in every}
    formulas = [Gradient(g.key, g.variable, stable(g.formula, meanings)) for g in gradients]
    safe = {tensor_text(target): (target, stable(value, meanings)) for target, value in every}
    wanted = [g.formula for g in formulas]
    steps = needed(tuple(safe.values()), [objective, *wanted, *(g.variable for g in formulas)], ())
    names = {tensor_text(target) for target, _ in own}
    forward = [step for step in steps if tensor_text(step[0]) in names]
    last = [step for step in forward if step[0] == objective]
    forward = [step for step in forward if step[0] != objective] + last
    backward = [step for step in needed(tuple(safe.values()), wanted, ()) if tensor_text(step[0]) not in names]
    derived = [f"{text(target)} = {text(value)}" for target, value in definitions if target in dict(backward)]
    asked = "grad" if objective.shape == SCALAR else "jacobian"
    derived += [f"{asked}({text(objective)}, {text(g.variable)}) = {text(g.formula)}" for g in gradients]
    return Parts(problem, objective, forward, backward, formulas, derived, posed)


def passed_in(parts: Parts) -> list[Tensor]:
    """The arrays that are given, in order of appearance."""
    defined = {tensor_text(target) for target, _ in (*parts.forward, *parts.backward)}
    found: dict[str, Tensor] = {}
    sources = [value for _, value in (*parts.forward, *parts.backward)] + [g.formula for g in parts.gradients]
    for tensor in parts.problem.free_tensors:
        found[tensor_text(tensor)] = tensor
    used = {tensor_text(t): t for e in sources for t in sorted(tensors(e), key=tensor_text)}
    order = [*(name for name in found if name in used), *(name for name in used if name not in found)]
    return [used[name] for name in order if name not in defined]


def signature(w: NumpyWriter, passed: Sequence[Tensor]) -> list[str]:
    """The parameters: arrays, then functions, then indices, and sizes that no array has."""
    arrays, indices = [w.parameter(t) for t in passed], [w.name("index", name) for name in w.indices]
    return [*arrays, *w.unspecified.values(), *indices, *(w.name("size", str(s)) for s in unread(w, passed))]


def _moved(w: NumpyWriter, parts: Parts) -> list[str]:
    """Names of what may be added to intermediates, so that their gradients can be checked."""
    defined = {target for target, _ in parts.forward}
    return [w.name("added", f"added_{w.array(g.variable)}") for g in parts.gradients if g.variable in defined]


def _forward(w: NumpyWriter, parts: Parts) -> str:
    moved = {g.variable for g in parts.gradients}
    lines = []
    for target, value in parts.forward:
        added = w.name("added", f"added_{w.array(target)}") if target in moved else ""
        lines += _assignment(w, w.array(target), value, added)
    names = [w.array(target) for target, _ in parts.forward]
    sizes = read_sizes(w, w.sizes, parts)
    every = f"{', '.join(names[:-1])} and {names[-1]}, in this order" if len(names) > 1 else names[0]
    body = [f'"""{every}."""', *sizes, *lines, f"return {_tuple(names)}"]
    return "def forward({signature}):\n" + braced(indent("\n".join(body), "    ")) + "\n"


def _backward(w: NumpyWriter, parts: Parts) -> str:
    before = dict(w.sizes)
    w.sizes.clear()
    lines: list[str] = []
    for target, value in parts.backward:
        lines += _assignment(w, w.array(target), value)
    results = []
    for g in parts.gradients:
        known = g.formula if isinstance(g.formula, Tensor) else None
        name = w.array(known) if known is not None else w.name("gradient", f"d{w.array(g.variable)}")
        if known is None:
            lines += _assignment(w, name, g.formula)
        results.append(f'"{w.array(g.variable)}": {name}')
    own = dict(w.sizes)
    w.sizes.update(before)
    names = [w.array(target) for target, _ in parts.forward]
    used = {w.array(t) for _, value in parts.backward for t in tensors(value)}
    used |= {w.array(t) for g in parts.gradients for t in tensors(g.formula)}
    kept = [name if name in used else "_" for name in names]
    call = f"forward({', '.join(signature(w, passed_in(parts)))})"
    unpacked = [f"{_tuple(kept)} = {call}"] if set(kept) != {"_"} else []
    objective = w.array(parts.objective)
    said = f'"""The gradients of {objective}, by the names of their variables and shaped like them."""'
    if parts.objective.shape != SCALAR:
        said = (
            f'"""The Jacobians of {objective}, by the names of their variables: a row for each entry of {objective}."""'
        )
    body = [said, *read_sizes(w, own, parts), *unpacked, *lines, f"return {{{', '.join(results)}}}"]
    return "def gradients({signature}):\n" + braced(indent("\n".join(body), "    ")) + "\n"


def _tuple(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) > 1 else f"({names[0]},)"


def braced(code: str) -> str:
    """Code in which the braces are not those of a template."""
    return code.replace("{", "{{").replace("}", "}}")


def read_sizes(w: NumpyWriter, used: Mapping[sympy.Expr, None], parts: Parts) -> list[str]:
    """Reading off the sizes that the code uses."""
    names = [str(size) for size in used if size not in unread(w, passed_in(parts))]
    if not names:
        return ["sizes_of(locals())"]
    left = ", ".join(w.name("size", name) for name in names)
    keys = ", ".join(f'"{name}"' for name in map(_key, names))
    if len(names) == 1:
        return [f"{left} = sizes_of(locals())[{keys}]"]
    return [f"{left} = map(sizes_of(locals()).get, ({keys}))"]


def _key(name: str) -> str:
    return visible(name).replace("\\", "\\\\").replace('"', '\\"')


def _assignment(w: NumpyWriter, name: str, value: Expression, added: str = "") -> list[str]:
    """One line, or one for each term of a long sum; with the shape of an array behind it."""
    code = w.text(value) + (f" + {added}" if added else "")
    comment = f"  # {_dimensions(shape(value))}" if shape(value) != SCALAR else ""
    if len(code) + len(name) + len(comment) <= _LONG or not isinstance(value, Sum) or len(value.terms) < 2:
        return [f"{name} = {code}{comment}"]
    terms = [
        w.write(Sum((term,))).text if k == 0 else w.text(Sum((Sum(()), term))) for k, term in enumerate(value.terms)
    ]
    terms = [term.removeprefix("0.0 ") for term in terms] + ([f"+ {added}"] if added else [])
    return [f"{name} = ({comment}", *(f"    {term}" for term in terms), ")"]


def _dimensions(size: Shape) -> str:
    return f"{size_text(size[0])}×{size_text(size[1])}"


def _shape(w: NumpyWriter, tensor: Tensor) -> str:
    """A shape as a tuple of numbers and names of sizes; None where it is a formula, which is not compared."""
    if tensor.shape == SCALAR:
        return "()"
    sides = (str(s) if s.is_Integer else f'"{_key(str(s))}"' if s.is_Symbol else "None" for s in tensor.shape)
    return f"({', '.join(sides)})"


def formula_functions(w: NumpyWriter) -> list[str]:
    """Functions that are given by a formula."""
    written: dict[str, str] = {}
    while len(written) < len(w.formulas):
        for name, row in list(w.formulas.items()):
            if name not in written:
                assert row.formula is not None
                inner = ", ".join(w.name("array", p) for p in row.parameters)
                written[name] = f"def {name}({inner}):\n    return {w.text(stable(row.formula, {}))}\n"
    return list(written.values())[::-1]


def docstring(parts: Parts) -> str:
    """The problem and its gradients, quoted."""
    problem, wanted = parts.problem, ", ".join(g.key for g in parts.gradients)
    title = problem.title or f"The gradients of {text(parts.objective)} in {wanted}"
    given = [f"{text(d.target)} = {text(d.value)}" for d in problem.definitions]
    given += [parts.posed] if parts.posed else []
    sections = [
        ("The problem:", given),
        ("Assuming:", list(problem.assumptions.equation_texts)),
        ("Derived:", parts.derived),
    ]
    shown = "".join(
        f"\n{head}\n\n{indent(chr(10).join(map(_quoted, lines)), '    ')}\n" for head, lines in sections if lines
    )
    return (
        f'"""{_quoted(title)}\n{shown}\nWritten by derive; it needs NumPy only. `gradients` works them out, '
        '`check` holds them against finite differences.\n"""'
    )


def _quoted(line: str) -> str:
    """A line that stands in a docstring as it is."""
    return visible(line).replace("\\", "\\\\").replace('"', '\\"')


def _check(w: NumpyWriter, parts: Parts) -> str:
    defined = {target for target, _ in parts.forward}
    added = {w.array(g.variable): w.name("added", f"added_{w.array(g.variable)}")
             for g in parts.gradients if g.variable in defined}  # fmt: skip
    entries = ", ".join(f'"{key}": "{name}"' for key, name in added.items())
    code = CHECK.replace("ADDED", f"{{{entries}}}" if entries else "{}")
    if parts.objective.shape == SCALAR:
        return code
    if added:
        raise Unsupported("The Jacobian in a name that has a definition has no code.",
                          suggestion="Ask for one in a name that is given.")  # fmt: skip
    for old, new in JACOBIAN:
        code = code.replace(old, new)
    return code
