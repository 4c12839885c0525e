"""The gradients of a question as claims in the shapes of their variables, and what differences say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.commands.compare import claims, whole
from derive.commands.question import Asked
from derive.commands.working import derivations, objective
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import subject
from derive.expression.nodes import Expression, Tensor, Transpose
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.rendering.differences_picture import Claim, differences_document
from derive.rendering.document import Document
from numeric.evaluate import Definitions


@dataclass(frozen=True)
class Claimed:
    """The problem asked for whole gradients, what is differentiated, the gradients, and the names that they use."""

    problem: Problem
    objective: Expression
    claims: tuple[Claim, ...]
    definitions: Definitions


def claimed(asked: Asked) -> Claimed:
    """What is asked, in whole matrices."""
    problem = whole(asked.problem)
    found = derivations(replace(asked, problem=problem))
    _, definitions = claims(found)
    asked_of = objective(found[0])
    turned = problem.layout.gradient == "numerator" and shape(asked_of) == SCALAR
    return Claimed(problem, asked_of, tuple(_claim(problem, d, turned) for d in found), definitions)


def _claim(problem: Problem, derivation: Derivation, turned: bool) -> Claim:
    """A gradient in the shape of its variable: of a multiple, such as a δ of one example, without the factor."""
    wrt, formula = derivation.wrt, derivation.result
    variable = subject(problem, wrt)
    scale = problem.scales.get(wrt) if isinstance(wrt, Tensor) and wrt != variable else None
    if scale is not None:
        return Claim(variable, formula / scale)
    turned = turned and variable == wrt and variable.shape != SCALAR
    return Claim(variable, Transpose(formula) if turned else formula)


def differences(asked: Asked) -> Document:
    """The picture of differences for what is asked."""
    found = claimed(asked)
    return differences_document(found.problem, found.objective, found.claims, found.definitions)
