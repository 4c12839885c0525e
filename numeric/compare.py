"""Comparing claimed gradients with three witnesses that know nothing of how they were found.

The gradients come in as formulas. They are compiled and evaluated at seeded points, ordinary and saturated, and held
against a backprop, complex steps and central differences there, and against SymPy entry by entry for all values at
once. How far a number may be off is not chosen: it is the rounding bound of the formula itself (see `rounding`), times
8 for the rounding of the route, and for differences the change between neighbouring steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Expression, Tensor, Transpose
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, is_scalar
from derive.expression.text import tensor_text
from derive.expression.traverse import tensors
from derive.networks.network import Network
from numeric.backprop import Parts, backprop_parts
from numeric.comparison import Comparison, Part, Row
from numeric.compile import compile_expressions
from numeric.differences import Entry, Sweep, central, complex_step, complex_step_bound
from numeric.entries import EntryVerdict, entries_route
from numeric.evaluate import Definitions, evaluate
from numeric.objective import Objective, split_objective
from numeric.points import Point, distinct_sizes, small_sizes, telling_points
from numeric.real import REAL, Floats
from numeric.rounding import ROUNDING, exactly
from numeric.sizes import Sizes, bind_sizes

SAFETY = 8.0
SAMPLE, LARGE, FEW = 60, 5000, 12
"""How many entries of a gradient are differenced, and how many if the problem has more than LARGE numbers."""

_ROUNDED = f"{SAFETY:.0f} × the rounding bound of the formula"


@dataclass(frozen=True)
class Witnesses:
    """The routes that a claim is held against; a test may put a faulty one in."""

    backprop: Callable[[Network, Mapping[str, Any]], Parts] = backprop_parts
    objective: Callable[..., Objective] = Objective
    entries: Callable[..., dict[str, EntryVerdict]] = entries_route


@dataclass(frozen=True)
class Claim:
    """A gradient to be confirmed: its variable, its formula in the shape of the variable, and what the formula is the
    gradient times (N for a per-example δ)."""

    name: str
    variable: Tensor
    formula: Expression
    scale: Expression | None = None


@dataclass
class _Work:
    """What is known while a comparison runs."""

    problem: Problem
    network: Network | None
    claims: tuple[Claim, ...]
    definitions: Definitions
    witnesses: Witnesses
    seed: int
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)


def compare(
    asked: Network | Problem,
    gradients: Mapping[str, Expression],
    definitions: Definitions = (),
    *,
    values: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
    witnesses: Witnesses | None = None,
) -> Comparison:
    """Hold gradients, by the name of their variable, against every route.

    definitions  names that the formulas use besides the problem's: delta2, delta1 …
    values       arrays by name that replace drawn ones, such as {"lam": 1e-6}; they fix sizes, too
    sizes        numbers for symbolic sizes by name; the others are small and distinct

    UsageError for an unknown name or values that do not fit; a route that cannot work leaves a row that says why.
    """
    network = asked if isinstance(asked, Network) else None
    problem = network.problem() if network is not None else asked
    assert isinstance(problem, Problem)
    _decidable(problem)
    work = _Work(problem, network, _claims(problem, gradients), definitions, witnesses or Witnesses(), seed)
    chosen = _sizes(problem, values or {}, sizes)
    _run_entries(work, small_sizes(problem, _fixed(problem, values or {}, sizes)), values or {})
    program = compile_expressions(problem, {c.name: c.formula for c in work.claims}, definitions)
    # Where a formula divides by 0 or overflows, the row says that no digits are left; a warning would add nothing.
    with np.errstate(all="ignore"):
        points = telling_points(problem, chosen, seed, values)
        for place, point in enumerate(points):
            _run_point(work, point, program, with_differences=place == 0)
    numbers = {str(s): int(n) for s, n in chosen.items()}
    labels = tuple(p.label for p in points)
    return Comparison(tuple(work.rows), numbers, seed, labels, tuple(dict.fromkeys(work.notes)), tuple(work.sweeps))


def _decidable(problem: Problem) -> None:
    if any(t.layer is not None for d in problem.definitions for t in (d.target, *tensors(d.value))):
        raise UsageError("A network of any depth has no numbers to compare.", suggestion="Give widths such as 2,3,1.")
    objective = problem.question.objective
    if objective is None or shape(objective) != SCALAR:
        raise UsageError("Only gradients of a scalar objective are compared.")


def _claims(problem: Problem, gradients: Mapping[str, Expression]) -> tuple[Claim, ...]:
    claims = []
    for name, formula in gradients.items():
        tensor = problem.scope.tensors.get(name) or next((t for t in problem.free_tensors if t.name == name), None)
        if tensor is None:
            raise UsageError(f"There is no {name} to take a gradient in.")
        variable = problem.gradients.get(tensor, tensor)
        # A gradient that has a name of its own, a delta, is shaped like its variable in every layout.
        turned = problem.layout.gradient == "numerator" and variable == tensor and not is_scalar(tensor.shape)
        scale = problem.scales.get(tensor) if variable != tensor else None
        claims.append(Claim(name, variable, Transpose(formula) if turned else formula, scale))
    return tuple(claims)


def _sizes(problem: Problem, values: Mapping[str, Any], sizes: Mapping[str, int] | None) -> Sizes:
    """Sizes that the given arrays fix, then those asked for, then small distinct ones."""
    return distinct_sizes(problem, _fixed(problem, values, sizes))


def _fixed(problem: Problem, values: Mapping[str, Any], sizes: Mapping[str, int] | None) -> dict[str, int]:
    arrays = {name: np.asarray(v, dtype=float) for name, v in values.items()}
    given = {t.name: a for t in problem.free_tensors if (a := arrays.get(t.name)) is not None and a.ndim == 2}
    fixed = {str(s): int(n) for s, n in bind_sizes(problem.free_tensors, given).items()}
    return {**(sizes or {}), **fixed}


def _run_entries(work: _Work, sizes: Sizes, values: Mapping[str, Any]) -> None:
    problem = work.problem
    names = {c.name: c.variable for c in work.claims}
    numbers = [
        {**point.values, **_defined(problem, point.values, list(names.values()))}
        for point in telling_points(problem, sizes, work.seed, values)
    ]
    claims = {c.name: (c.variable, _unscaled(c)) for c in work.claims}
    try:
        verdicts = work.witnesses.entries(problem, claims, work.definitions, sizes, numbers)
    except (Unsupported, RecursionError) as error:
        work.rows.extend(_silent(name, "entries", "any", str(error) or "too deep") for name in names)
        return
    work.rows.extend(_entry_row(name, verdict) for name, verdict in verdicts.items())


def _unscaled(claim: Claim) -> Expression:
    return claim.formula if claim.scale is None else claim.formula / claim.scale


def _entry_row(name: str, v: EntryVerdict) -> Row:
    error = 0.0 if v.equal else float(abs(v.claimed - v.found))
    size = float(max(abs(v.claimed), abs(v.found)))
    undecided = not v.equal and not v.differs
    return Row(
        name, "entries", "total", "any", (v.entry[0] + 1, v.entry[1] + 1), float(v.claimed), float(v.found), error,
        error / size if size else 0.0, 0.0, f"exact: {v.total} entries as quotients of polynomials",
        None if undecided else v.equal, "not shown equal, but the decimals agree" if undecided else "",
    )  # fmt: skip


def _silent(name: str, route: str, point: str, note: str) -> Row:
    nothing = float("nan")
    return Row(name, route, "total", point, None, nothing, nothing, nothing, nothing, nothing, "", None, note)


@dataclass(frozen=True)
class _Held:
    """A claim at a point: its values and how far rounding may have moved them."""

    claim: Claim
    value: Floats
    bound: Floats


def _run_point(
    work: _Work, point: Point, program: Callable[[Mapping[str, Any]], dict[str, Any]], *, with_differences: bool
) -> None:
    problem = work.problem
    claimed = program(point.values)
    lifted = {name: exactly(v) for name, v in point.values.items()}
    bounds = evaluate(problem, {c.name: c.formula for c in work.claims}, lifted, ROUNDING, work.definitions)
    values = {**point.values, **_defined(problem, point.values, [c.variable for c in work.claims])}
    scales = _scales(work, point)
    for claim in work.claims:
        wanted = values[tensor_text(claim.variable)].shape
        value = _shaped(np.atleast_2d(np.asarray(claimed[claim.name], dtype=float)), wanted)
        bound = _shaped(bounds[claim.name].error, wanted)
        held = _Held(claim, value / scales[claim.name], bound / scales[claim.name])
        if not np.isfinite(value).all() or not np.isfinite(bound).all():
            note = "the formula loses all digits at this point"
            work.rows.append(_silent(claim.name, "backprop", point.label, note))
            continue
        _against_backprop(work, point, held)
        _against_differences(work, point, values, held, central_too=with_differences)


def _scales(work: _Work, point: Point) -> dict[str, float]:
    factors = {c.name: c.scale for c in work.claims if c.scale is not None}
    found = evaluate(work.problem, factors, point.values, REAL)
    return {c.name: float(found[c.name].item()) if c.name in found else 1.0 for c in work.claims}


def _defined(problem: Problem, values: Mapping[str, Floats], variables: Sequence[Tensor]) -> dict[str, Floats]:
    """The values of those variables that are defined, not given."""
    missing = {tensor_text(v): v for v in variables if tensor_text(v) not in values}
    return evaluate(problem, missing, values, REAL) if missing else {}


def _shaped(a: Floats, wanted: tuple[int, ...]) -> Floats:
    """A gradient in the shape of its variable: a scalar 0 stands for zeros."""
    return np.broadcast_to(a, wanted) if a.shape == (1, 1) else a


def _against_backprop(work: _Work, point: Point, held: _Held) -> None:
    name = tensor_text(held.claim.variable)
    if work.network is None:
        return
    parts = work.witnesses.backprop(work.network, point.values)
    if name not in parts.data:
        work.rows.append(_silent(held.claim.name, "backprop", point.label, f"backprop has no gradient in {name}"))
        return
    data = parts.data[name]
    regulariser = parts.regulariser.get(name)
    everywhere = list(np.ndindex(data.shape))
    _judge(work, "backprop", point, held, everywhere, data.reshape(-1),
           None if regulariser is None else regulariser.reshape(-1), np.zeros(data.size), _ROUNDED)  # fmt: skip


def _against_differences(
    work: _Work, point: Point, values: Mapping[str, Floats], held: _Held, *, central_too: bool
) -> None:
    name = tensor_text(held.claim.variable)
    entries = _sampled(work, held.claim.name, values[name].shape, sum(v.size for v in point.values.values()))
    given = {k: v for k, v in values.items() if k in point.values or k == name}
    parameters = [c.variable for c in work.claims]
    parts = [p for p in split_objective(work.problem, parameters) if p is not None]
    objectives = [work.witnesses.objective(work.problem, part, point.sizes, given) for part in parts]
    try:
        steps = [complex_step(o, given, name, entries) for o in objectives]
    except Unsupported as error:
        work.notes.append(str(error))
        central_too = True
    else:
        own = np.full(len(entries), SAFETY * sum(complex_step_bound(o, given, name) for o in objectives))
        because = f"{_ROUNDED} and of the complex step"
        _judge(work, "complex step", point, held, entries, steps[0], _second(steps), own, because)
    if central_too:
        sweeps = [central(o, given, name, entries) for o in objectives]
        work.sweeps.extend(sweeps[:1])
        allowed = sum((4.0 * s.error for s in sweeps), np.zeros(len(entries)))
        step = float(np.nanmedian(sweeps[0].step))
        because = f"{_ROUNDED} + 4 × the change between neighbouring steps (bottom of the V at h = {step:.0e})"
        estimates = [s.estimate for s in sweeps]
        _judge(work, "central differences", point, held, entries, estimates[0], _second(estimates), allowed, because)


def _second(parts: list[Floats]) -> Floats | None:
    return parts[1] if len(parts) > 1 else None


def _sampled(work: _Work, name: str, wanted: tuple[int, ...], size: int) -> list[Entry]:
    every = [(int(i), int(j)) for i, j in np.ndindex(*wanted)]
    most = FEW if size > LARGE else SAMPLE
    if len(every) <= most:
        return every
    work.notes.append(f"{name}: differences in {most} of {len(every)} entries")
    chosen = np.random.default_rng(work.seed).choice(len(every), most, replace=False)
    return [every[k] for k in sorted(chosen)]


def _judge(
    work: _Work,
    route: str,
    point: Point,
    held: _Held,
    entries: Sequence[Entry],
    data: Floats,
    regulariser: Floats | None,
    own: Floats,
    because: str,
) -> None:
    """Rows for one route: the whole gradient, or data term and regulariser each on its own scale."""
    place = tuple(np.array(entries).T)
    claimed, bound = held.value[place], held.bound[place]
    parts: list[tuple[Part, Floats, Floats]] = [("total", claimed, data)]
    if regulariser is not None:
        parts = [("data", claimed - regulariser, data), ("regulariser", claimed - data, regulariser)]
    for part, expected, found in parts:
        rest = np.abs(claimed - expected)
        tolerance = SAFETY * (bound + np.finfo(float).eps * (np.abs(found) + rest)) + own
        error = np.abs(expected - found)
        known = np.isfinite(error) & np.isfinite(tolerance)
        if not known.any():
            note = "every step crosses a kink" if np.isnan(found).all() else "no digits are left"
            work.rows.append(_silent(held.claim.name, route, point.label, note))
            continue
        # An error of 1e-300 beside an allowance of 0 is underflow.
        excess = np.where(known, (error + 0.0) / (tolerance + 1e-290), -1.0)
        worst = int(np.argmax(excess))
        skipped = int((~known).sum())
        scale = float(np.max(np.abs(found[known])))
        work.rows.append(
            Row(
                held.claim.name, route, part, point.label, (entries[worst][0] + 1, entries[worst][1] + 1),
                float(expected[worst]), float(found[worst]), float(error[worst]),
                float(np.max(error[known])) / scale if scale else 0.0, float(tolerance[worst]), because,
                bool(excess[worst] <= 1.0), f"{skipped} entries at a kink skipped" if skipped else "",
            )
        )  # fmt: skip
