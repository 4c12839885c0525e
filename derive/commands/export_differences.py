"""The gradients of a question as claims that finite differences can be held against."""

from __future__ import annotations

from dataclasses import replace

from derive.commands.compare import claims, whole
from derive.commands.question import Asked
from derive.commands.working import derivations, objective
from derive.differentiation.gradient import subject
from derive.expression.nodes import Expression, Transpose
from derive.expression.sizes import SCALAR
from derive.rendering.differences_picture import Claim, differences_document
from derive.rendering.document import Document


def differences(asked: Asked) -> Document:
    """The picture of differences for what is asked, in whole matrices."""
    problem = whole(asked.problem)
    found = derivations(replace(asked, problem=problem))
    _, definitions = claims(found)
    held = []
    for derivation in found:
        variable = subject(problem, derivation.wrt)
        formula: Expression = derivation.result
        scale = problem.scales.get(derivation.wrt) if derivation.wrt != variable else None  # type: ignore[call-overload]
        if scale is not None:
            formula = formula / scale
        elif problem.layout.gradient == "numerator" and variable == derivation.wrt and variable.shape != SCALAR:
            formula = Transpose(formula)
        held.append(Claim(variable, formula))
    return differences_document(problem, objective(found[0]), held, definitions)
