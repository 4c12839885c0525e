"""The sections of a problem file, one function each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

from derive.errors import UsageError
from derive.expression.function import Function
from derive.expression.nodes import Component, Derivative, Expression, Index, Tensor
from derive.expression.problem import Assumptions, Definition, Layout, Question
from derive.expression.scope import Conventions
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape, Size, shape_text
from derive.expression.traverse import tensors
from derive.networks import Network
from derive.networks.questions import differentiated
from derive.networks.widths import read_size
from derive.notation.names import Names
from derive.problems import families, options
from derive.problems.draft import Draft
from derive.problems.positions import free_indices
from derive.problems.tables import Table, as_flag, as_list, as_table, as_text, check_keys, choice, kind, within
from derive.suggestions import did_you_mean

EXAMPLES = {"columns": "columns", "rows": "rows"}
GRADIENTS = {"denominator": "denominator", "numerator": "numerator"}
SIGNS = {"elementwise": "elementwise", "matrix": "matrix", "outer": "outer"}
SUMS = {"written": "written", "over repeated indices": "repeated"}
JUXTAPOSITION = {
    "matrix product": "matrix",
    "matrix": "matrix",
    "elementwise when shapes agree": "elementwise",
    "elementwise": "elementwise",
}
NAME_LISTS = ("positive", "nonzero", "integer", "binary", "symmetric")
_LAYOUTS = {"columns": "column", "rows": "row"}
_NAME = re.compile(r"^[^\W\d]\w*$")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_EQUALS = re.compile(r"(?<![<>=!:])(?<!axis)=(?!=)")


def network(table: Table, layout: Table, functions: Mapping[str, Function], title: str) -> Network:
    """[network]: the options of the command line; [layout] may give its layouts."""
    given: dict[str, Any] = dict(table)
    for key, name, words in (("examples", "layout", _LAYOUTS), ("gradient", "gradient", GRADIENTS)):
        if key in layout:
            wanted = words[choice(layout[key], f"[layout] {key}", EXAMPLES if key == "examples" else GRADIENTS)]
            if given.setdefault(name, wanted) != wanted:
                raise UsageError(f"[network] {name} = {given[name]!r} contradicts [layout] {key} = {layout[key]!r}.",
                                 suggestion="Give one of them.")  # fmt: skip
    with within("[network]"):
        return options.network(given, functions, title)


def shapes(draft: Draft, table: Table) -> None:
    """[shapes]: every free name, with the sizes of its axes."""
    for name, value in table.items():
        where = f"[shapes] {name}"
        family = families.member(draft, name, where)
        found = _shape(draft, value, where)
        if family is not None:
            families.declare(draft, *family, found, where)
            continue
        name = draft.declare(name, "[shapes]")
        if name in draft.scope.sizes:
            raise UsageError(f"{where}: {name} is a size already.", suggestion="Choose another name.")
        draft.extend(tensors={name: Tensor(name, found)})


def _shape(draft: Draft, value: object, where: str) -> Shape:
    """One or two sizes, whose names become known."""
    sizes = as_list(value, where)
    if len(sizes) > 2:
        raise UsageError(f"{where} has {len(sizes)} axes; there are at most two.",
                         suggestion='Write [] for a scalar, ["n"] for a column, ["n", "m"] for a matrix.')  # fmt: skip
    with within(where):
        rows, columns = ([_size(draft, part) for part in sizes] + [ONE, ONE])[:2]
    return (rows, columns)


def _size(draft: Draft, given: object) -> Size:
    """A size: a number, a name, or the width n[l] of a layer; names become known."""
    if not isinstance(given, (str, int)) or isinstance(given, bool):
        told = str(given) if isinstance(given, float) else kind(given)
        raise UsageError(f"A size is a name or a whole number, not {told}.", suggestion='Write "n" or 3.')
    found = families.width(draft, given, "size") if isinstance(given, str) else None
    if found is None:
        found = read_size(given, "size")
        draft.size_name(found)
    return found


def indices(draft: Draft, table: Table) -> None:
    """[indices]: names and what they run over."""
    for name, value in table.items():
        with within(f"[indices] {name}"):
            size = _size(draft, value)
        name = draft.declare(name, "[indices]")
        draft.extend(indices={name: Index(name, size)})


def functions(draft: Draft, table: Table) -> None:
    """[functions]: unspecified, known, or given by a formula."""
    for name, value in table.items():
        text = as_text(value, f"[functions] {name}")
        name = draft.declare(name, "[functions]")
        with within(f"[functions] {name}"):
            draft.extend(functions={name: options.function(name, text, draft.scope)})


def objective_name(draft: Draft, table: Table) -> None:
    """The objective is E, unless the question names one that is defined; definitions may speak of it early."""
    asked = table.get("objective")
    if isinstance(asked, str) and _NAME.match(asked.strip()) and asked.strip() not in draft.scope.tensors:
        draft.change(objective_name=asked.strip())


def define(draft: Draft, table: Table) -> None:
    """[define]: names for expressions, in order. With a network, E = … replaces the network's objective."""
    for name, value in table.items():
        where = f"[define] {name}"
        if name == draft.problem.objective_name and name in draft.scope.tensors:
            replace_objective(draft, draft.read(value, where))
            continue
        family = families.member(draft, name, where)
        if family is not None:
            _define_member(draft, *family, value, where)
            continue
        name = draft.declare(name, "[define]")
        if name in draft.scope.sizes:
            raise UsageError(f"{where}: {name} is a size already.", suggestion="Choose another name.")
        _promise_if_named(draft, value, where)
        draft.define(name, draft.read(value, where))


def _promise_if_named(draft: Draft, value: object, where: str) -> None:
    """A definition may speak of the objective before it is known."""
    speaks_of_objective = re.search(rf"\b{re.escape(draft.problem.objective_name)}\b", as_text(value, where))
    if speaks_of_objective and draft.problem.objective_name not in draft.scope.tensors:
        draft.promise_objective()


def _define_member(draft: Draft, name: str, layer: Size, value: object, where: str) -> None:
    """'z[l]' = "W[l] @ a[l-1]": a definition for every layer, or for one."""
    _promise_if_named(draft, value, where)
    found = draft.read(value, where)
    target = families.target(draft, name, layer, shape(found), where)
    if shape(found) != target.shape:
        raise UsageError(f"{where} is {shape_text(shape(found))}, but [shapes] says {shape_text(target.shape)}.")
    draft.define_target(target, found)


def replace_objective(draft: Draft, value: Expression) -> None:
    """E = value in place of what E was, or as the last definition."""
    name = draft.problem.objective_name
    target = draft.promise_objective()
    value = draft.scalar(value, f"The objective {name}")
    kept = tuple(d for d in draft.problem.definitions if d.target != target)
    definitions = _before_use(kept, Definition(target, value))
    draft.change(definitions=definitions, assumptions=Assumptions(), notes=())


def assume(draft: Draft, table: Table) -> None:
    """[assume]: what a proof may use."""
    check_keys("[assume]", table, [*NAME_LISTS, "between", "equations"])
    before = draft.problem.assumptions
    lists = {key: _names(draft, table.get(key, []), key) | getattr(before, key) for key in NAME_LISTS}
    for name in lists["symmetric"]:
        found = draft.scope.tensors[name].shape
        if found[0] != found[1]:
            raise UsageError(f"[assume] symmetric: {name} is {shape_text(found)}, not square.")
    between = tuple(_between(draft, name, value) for name, value in
                    as_table(table.get("between", {}), "[assume] between").items())  # fmt: skip
    equations, texts = list(before.equations), list(before.equation_texts)
    for written in as_list(table.get("equations", []), "[assume] equations"):
        text = as_text(written, "[assume] equations").strip()
        equations.append(_equation(draft, text))
        texts.append(text)
    draft.change(
        assumptions=Assumptions(
            **lists, between=before.between + between, equations=tuple(equations), equation_texts=tuple(texts)
        )
    )


def _names(draft: Draft, value: object, key: str) -> frozenset[str]:
    found = [as_text(name, f"[assume] {key}") for name in as_list(value, f"[assume] {key}")]
    return frozenset(_known(draft, name, f"[assume] {key}") for name in found)


def _known(draft: Draft, name: str, where: str) -> str:
    """The canonical name of a declared quantity."""
    alias = draft.scope.aliases.get(name)
    if name not in draft.scope.tensors and isinstance(alias, Tensor):
        return alias.name
    if name not in draft.scope.tensors:
        raise UsageError(f"{where}: nothing is called {name!r}.", suggestion=did_you_mean(name, draft.scope.tensors))
    return name


def _between(draft: Draft, name: str, value: object) -> tuple[str, int, int]:
    where = f"[assume] between {name}"
    ends = as_list(value, where)
    if len(ends) != 2 or not all(isinstance(end, int) and not isinstance(end, bool) for end in ends):
        raise UsageError(f"{where} must be two whole numbers.", suggestion="Write alpha = [0, 1].")
    if ends[0] >= ends[1]:
        raise UsageError(f"{where}: {ends[0]} is not below {ends[1]}.", suggestion="Write the lower end first.")
    return (_known(draft, name, where), ends[0], ends[1])


def _equation(draft: Draft, text: str) -> tuple[Expression, Expression]:
    where = f"[assume] equations {text!r}"
    sides = _EQUALS.split(text)
    if len(sides) != 2:
        raise UsageError(f"{where} must have one sign =.", suggestion='Write "sum(y) = 1".')
    left, right = (draft.read(side.strip(), where) for side in sides)
    return (left, right)


def notation(draft: Draft, table: Table) -> Conventions:
    """[notation]: other names, which are declared at once, and how the author writes things."""
    spellings: dict[str, Expression] = {}
    for key, value in table.items():
        if key in ("juxtaposition", "operators", "sums"):
            continue
        if _names_a_function(draft, key, value):
            continue
        meant, is_pattern = _meaning(draft, key, value)
        if _NAME.match(key) and not is_pattern and Names(draft.scope).find(key) == meant:
            continue  # it says what is known
        if _NAME.match(key) and not is_pattern:
            draft.declare(key, "[notation]")
            draft.extend(aliases={key: meant})
        if free_indices(meant) or not _NAME.match(key):
            spellings[key] = meant
    juxtaposition = choice(table.get("juxtaposition", "matrix"), "[notation] juxtaposition", JUXTAPOSITION)
    sums = choice(table.get("sums", "written"), "[notation] sums", SUMS)
    signs = as_table(table.get("operators", {}), "[notation] operators")
    operators = {sign: choice(word, f"[notation] operators {sign}", SIGNS) for sign, word in signs.items()}
    return Conventions(
        cast(Literal["matrix", "elementwise"], juxtaposition),
        cast("dict[str, Literal['elementwise', 'matrix', 'outer']]", operators),
        spellings,
        cast(Literal["written", "repeated"], sums),
    )


def _names_a_function(draft: Draft, key: str, value: object) -> bool:
    """Whether a spelling is another name of a function, as '\\phi' = "f"; then it is declared."""
    letter = key.strip().removeprefix("\\")
    function = draft.scope.functions.get(value.strip()) if isinstance(value, str) else None
    if function is None or not _NAME.match(letter):
        return False
    draft.extend(functions={"phi" if letter == "varphi" else letter: function})
    return True


def _meaning(draft: Draft, key: str, value: object) -> tuple[Expression, bool]:
    """What a spelling means, and whether index letters of its key are pattern variables, known here only."""
    before = draft.scope.indices
    letters = set(_COMMAND.sub(" ", key.replace(r"\ell", "l ")))
    draft.keep_indices({name for name in before if name not in letters})
    meant = draft.read(value, f"[notation] {key}", declares=True)
    draft.extend(indices=before)
    draft.keep_indices(set(before))
    return meant, bool(letters & set(free_indices(meant)))


def layout(draft: Draft, table: Table, found: Network | None) -> None:
    """[layout]: how examples and gradients stand."""
    check_keys("[layout]", table, ["examples", "gradient"])
    if found is not None:
        return
    examples = choice(table.get("examples", "columns"), "[layout] examples", EXAMPLES)
    gradient = choice(table.get("gradient", "denominator"), "[layout] gradient", GRADIENTS)
    draft.change(
        layout=Layout(cast(Literal["columns", "rows"], examples), cast(Literal["denominator", "numerator"], gradient))
    )


def question(draft: Draft, table: Table, wrt: str | None) -> None:
    """[question]: objective and wrt, or value; closed, if the answer must be worked out."""
    check_keys("[question]", table, ["objective", "wrt", "value", "closed"])
    closed = as_flag(table.get("closed", False), "[question] closed")
    if "value" in table:
        if "objective" in table or "wrt" in table or wrt is not None:
            raise UsageError("[question] has a value, and so neither objective nor wrt.",
                             suggestion="Give one or the other.")  # fmt: skip
        value = draft.read(table["value"], "[question] value", declares=True)
        draft.change(question=Question(value=value, closed=closed))
        return
    asked = table.get("wrt") if wrt is None else wrt
    if "objective" in table:
        objective = _objective(draft, table["objective"])
    else:
        known = draft.scope.tensors.get(draft.problem.objective_name)
        if known is None or draft.problem.definition(known) is None:
            if asked is not None or draft.problem.gradients:
                raise UsageError("[question] has no objective.", suggestion='Write objective = "sum((a - y)**2)".')
            return
        objective = known
    objective, asked = _differentiated(draft, objective, asked)
    target = draft.problem.question.wrt if asked is None else _variable(draft, asked)
    draft.change(question=Question(objective=objective, wrt=target, closed=closed))


def _differentiated(draft: Draft, objective: Expression, asked: object) -> tuple[Expression, object]:
    """Of wrt = ["w", "w"] the gradient in the first, to be differentiated by the second."""
    if not isinstance(asked, list):
        return objective, asked
    if not asked:
        raise UsageError("[question] wrt is empty.", suggestion='Write wrt = "w", or ["w", "w"] for both derivatives.')
    *first, last = asked
    for given in first:
        variable = _variable(draft, given)
        if ONE not in shape(variable) or (shape(objective) != SCALAR and shape(variable) != SCALAR):
            raise UsageError("The second derivative that [question] asks for has more than two axes.",
                             suggestion='Ask for an entry: wrt = ["W[i,j]", "W[k,l]"].')  # fmt: skip
        objective = Derivative(objective, variable, "gradient" if shape(objective) == SCALAR else "jacobian")
    return objective, last


def _objective(draft: Draft, value: object) -> Expression:
    """The objective; a scalar formula is called E, if that name is free, so that answers may speak of dE/dW."""
    found = draft.read(value, "[question] objective", declares=True)
    name = draft.problem.objective_name
    taken = draft.problem.definition(draft.scope.tensors[name]) if name in draft.scope.tensors else None
    if isinstance(found, Tensor) or shape(found) != SCALAR or free_indices(found) or taken is not None:
        return found
    if name in draft.named or name in draft.scope.sizes:
        return found
    target = draft.promise_objective()
    draft.change(definitions=_before_use(draft.problem.definitions, Definition(target, found)))
    return target


def _before_use(definitions: tuple[Definition, ...], new: Definition) -> tuple[Definition, ...]:
    """The definitions with a new one, before the first that speaks of it."""
    for position, definition in enumerate(definitions):
        if new.target in tensors(definition.value):
            return (*definitions[:position], new, *definitions[position:])
    return (*definitions, new)


def _variable(draft: Draft, given: object) -> Expression:
    """What is differentiated by: a name, or a component of one."""
    found = differentiated(draft.problem, draft.read(given, "[question] wrt", declares=True))
    if isinstance(found, Tensor):
        return found
    operand = found.operand if isinstance(found, Component) else None
    if not isinstance(operand, Tensor):
        raise UsageError(f"[question] wrt must be a name or a component of one, not {given!r}.",
                         suggestion='Write wrt = "W" or wrt = "W[i,j]".')  # fmt: skip
    return found


def marking(draft: Draft, table: Table) -> None:
    """[marking]: the share of the points for an answer that is not quite right."""
    found: dict[str, float] = {}
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise UsageError(f"[marking] {name} must be a number from 0 to 1.", suggestion=f"Write {name} = 0.5.")
        found[name] = float(value)
    draft.change(marking=found)
