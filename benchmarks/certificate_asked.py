"""Whether the theorem of a certificate is the one that was asked, by values.

The problem and the student's answer are evaluated by `benchmarks.evaluation` (balls), the certificate's definitions,
objective and answer in NumPy, at the same sizes and values. The question is compared word by word.
"""

from __future__ import annotations

import ast
import re
from itertools import product
from typing import Any

import numpy as np
from flint import arb

from benchmarks.balls import Undefined, precision, step, unspecified
from benchmarks.certificate_truth import Point
from benchmarks.evaluation import Witness
from benchmarks.problems import Case
from derive.certifying.formulas import identifier, layered
from derive.expression.nodes import Component, Expression, Index, Tensor
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors

CLOSE = 1e-6
POINTS = 3
"""At some point floating-point numbers cancel; another theorem differs at all of them."""


class Asked(Point):
    """The names of a certificate at the values of a witness; names of gradients are given, too."""

    def __init__(self, certificate: dict[str, Any], witness: Witness, known: dict[str, Tensor]) -> None:
        self.problem = certificate["problem"]
        self.known, self.witness = known, witness
        self.sizes, self.given, self.indices = {}, {}, {}
        for name, texts in self.problem["names"].items():
            for text, side in zip(texts, known[name].shape, strict=True):
                if text.isidentifier():
                    self.sizes[text] = witness.size(side)
        for name in self.problem["names"]:
            self.given[name] = floats(witness.tensor(known[name]))
        self.base = self.values({})
        self.base = self.values({}, gradients=True)

    def name(self, name: str, values: dict[str, Any]) -> Any:
        """Names of gradients have the witness's values."""
        if name not in values and name in self.problem["gradients"] and name in self.known:
            return floats(self.witness.tensor(self.known[name]))
        return super().name(name, values)

    def function(self, name: str, order: int, arguments: list[Any]) -> Any:
        """Unspecified functions are those of the witness."""
        if name in self.problem["functions"] and self.problem["functions"][name] is None:
            return np.vectorize(lambda x: float(slope(name, order, arb(x))), otypes=[float])(arguments[0])
        return super().function(name, order, arguments)


def slope(name: str, order: int, z: arb) -> arb:
    """A derivative of an unspecified function, by differences."""
    if order == 0:
        return unspecified(name, z)
    return (slope(name, order - 1, z + step()) - slope(name, order - 1, z - step())) / (2 * step())


def floats(array: Any) -> Any:
    found = np.vectorize(float, otypes=[float])(array)
    if not np.all(np.isfinite(found)):
        raise Undefined
    return found


def names_of(case: Case, answer: Expression) -> dict[str, Tensor]:
    """All names of the problem and of the answer as certificates write them."""
    problem = case.problem
    found = {*problem.scope.tensors.values(), *problem.gradients, *problem.gradients.values(), *tensors(answer)}
    for d in problem.definitions:
        found |= {d.target, *tensors(d.value)}
    for e in (problem.question.objective, problem.question.value, problem.question.wrt):
        found |= tensors(e) if e is not None else set()
    return {identifier(layered(t)): t for t in sorted(found, key=str)}


def is_asked(case: Case, answer: Expression, certificate: dict[str, Any], seed: int = 0) -> str:
    """What differs between the theorem and what was asked; empty if nothing does."""
    problem, statement = case.problem, certificate["problem"]
    wrong = _question(case, certificate) or _assumptions(case, statement)
    if wrong or any(d.target.layer is not None for d in problem.definitions):
        return wrong
    for point in range(seed, seed + POINTS):
        with precision():
            wrong = _values(case, answer, certificate, point)
        if not wrong:
            break
    return wrong


def _question(case: Case, certificate: dict[str, Any]) -> str:
    """Is it ∂(the objective)/∂(the name that was asked for), its transpose in numerator layout, or its entry?"""
    asked, gradients = case.problem.question, certificate["problem"]["gradients"]
    if asked.value is not None:
        return ""
    wrt = asked.wrt.operand if isinstance(asked.wrt, Component) else asked.wrt
    assert isinstance(wrt, Tensor)
    head, dot = re.findall(r"^(\w+)(.*)$", certificate["question"])[0]
    if wrt in case.problem.gradients:
        return "" if head == identifier(layered(wrt)) and not dot else "the question"
    whole = asked.objective is None or shape(asked.objective) == SCALAR
    turned = case.problem.layout.gradient == "numerator" and wrt.shape != SCALAR
    expected = ".T" if turned and whole else ""
    if isinstance(asked.wrt, Component):
        row, column = (p.name if isinstance(p, Index) else ":" if p is None else str(p) for p in
                       (asked.wrt.row, asked.wrt.column))  # fmt: skip
        expected = f"[{row}, {column}]"
    same = dot == expected or not whole
    return "" if gradients.get(head) == identifier(layered(wrt)) and same else "the question"


def _assumptions(case: Case, statement: dict[str, Any]) -> str:
    facts = case.problem.assumptions
    declared = {f"{n} is {kind}" for kind in ("positive", "symmetric") for n in getattr(facts, kind)}
    said = {f"{n} is {fact}" for fact, n in statement["facts"]}
    count = len(facts.binary) + len(facts.equations)
    return "" if said <= declared and len(statement["equations"]) <= count else "an assumption"


def _values(case: Case, answer: Expression, certificate: dict[str, Any], seed: int) -> str:
    problem, statement = case.problem, certificate["problem"]
    witness = Witness(problem, case.formulas, seed)
    point = Asked(certificate, witness, names_of(case, answer))
    for name, _ in statement["definitions"]:
        if not close(point.base[name], floats(witness.tensor(point.known[name]))):
            return f"the definition of {name}"
    asked, runs = problem.question, statement["indices"]
    objective = asked.objective
    for chosen in product(*(range(point.size(size)) for size in runs.values())):
        point.indices = dict(zip(runs, chosen, strict=True))
        witness.indices = {i: k + 1 for i, k in point.indices.items()}
        pairs = [(certificate["answer"], answer)]
        pairs += [(statement["objective"], objective)] if objective is not None and statement["objective"] else []
        pairs += [(certificate["question"], asked.value)] if asked.value is not None else []
        for said, meant in pairs:
            found, expected = point.formula(said, point.base), floats(witness.value(meant))
            if objective is not None and shape(objective) != SCALAR and expected.shape != (1, 1):
                e = ast.parse(said, mode="eval").body
                expected = point.evaluate(ast.Subscript(ast.Name("whole"), e.slice), {"whole": expected})
            if not close(found, expected):
                return "the objective" if meant is objective else "the answer"
    return ""


def close(a: Any, b: Any) -> bool:
    """Whether two values agree, up to broadcasting of a zero."""
    return bool(np.all(np.abs(a - b) <= CLOSE * (1 + np.abs(b)))) and (np.shape(a) == np.shape(b) or not np.any(b))
