"""Nothing is half added: each row of a table has what every part of the library needs of it, named if it lacks it."""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy

from derive.commands.listing import TABLES
from derive.equality import evaluate as exactly
from derive.equality.arithmetic_functions import FORMULAS
from derive.expression import text
from derive.expression.function import Function
from derive.expression.functions import FUNCTIONS
from derive.expression.nodes import NODES, Expression, scalar
from derive.expression.shapes import shape
from derive.networks.activations import ACTIVATIONS
from derive.networks.losses import LOSSES
from derive.rendering import html, json_output, latex_document, markdown, svg, terminal, tikz
from derive.rendering.document import BLOCKS
from derive.rendering.drawing import MARKS
from derive.rewriting import elementwise, lower
from derive.writing import latex, mathml, unicode
from numeric import analytic, backprop, evaluate, slopes
from numeric.real import REAL

NAMES = sorted(FUNCTIONS)

OVER_NODES = {
    "text": text._WRITERS,
    "shape": shape.rules,
    "normal form": lower._RULES,
    "exact evaluation": exactly.RULES,
    "LaTeX": latex.RULES,
    "MathML": mathml.RULES,
    "Unicode": unicode.RULES,
    "numeric evaluation": evaluate._RULES,
}

OVER_BLOCKS = {
    "terminal": terminal.RENDERERS,
    "LaTeX": latex_document.RENDERERS,
    "Markdown": markdown.RENDERERS,
    "HTML": html.RENDERERS,
    "JSON": json_output.RENDERERS,
}

OVER_MARKS = {"SVG": svg.RENDERERS, "TikZ": tikz.RENDERERS}


@pytest.mark.parametrize("operation", OVER_NODES)
def test_every_operation_has_a_rule_for_every_node(operation: str) -> None:
    assert not [node.__name__ for node in NODES if node not in OVER_NODES[operation]]


@pytest.mark.parametrize("renderer", OVER_BLOCKS)
def test_every_renderer_knows_every_block(renderer: str) -> None:
    assert not [block.__name__ for block in BLOCKS if block not in OVER_BLOCKS[renderer]]


@pytest.mark.parametrize("renderer", OVER_MARKS)
def test_every_picture_format_knows_every_mark(renderer: str) -> None:
    assert not [mark.__name__ for mark in MARKS if mark not in OVER_MARKS[renderer]]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_all_that_is_asked_of_it(name: str) -> None:
    row = FUNCTIONS[name]
    lacks = {
        "its SymPy form": row.sympy,
        "its derivative": row.derivative,
        "its stable NumPy form": row.numpy,
        "its LaTeX": row.latex,
        "a law of its normal form (derive/rewriting/elementwise.py)": name in {*elementwise.LAWS, *elementwise.KINKED},
        "a ball-arithmetic form (derive/equality/arithmetic_functions.py)": name in FORMULAS,
        "a complex form (numeric/analytic.py)": name in analytic._FUNCTIONS,
    }
    assert not [what for what, there in lacks.items() if not there]


def sample(row: Function, rng: random.Random) -> list[float]:
    """Arguments inside the domain and away from kinks."""
    low = 0.3 if row.domain in ("positive", "nonnegative") else -2.0
    return [rng.uniform(low, 2.0) for _ in row.parameters]


def value(e: Expression, arguments: dict[str, float]) -> float:
    """The number that a scalar expression is, by the numeric evaluator."""
    return float(evaluate.Evaluator(REAL, {name: np.array([[x]]) for name, x in arguments.items()}, {})(e).item())


@pytest.mark.parametrize("name", NAMES)
def test_the_numpy_form_is_the_sympy_form(name: str) -> None:
    row = FUNCTIONS[name]
    rng = random.Random(name)
    assert row.sympy is not None
    assert row.numpy is not None
    for _ in range(5):
        point = sample(row, rng)
        exact = complex(row.sympy(*(sympy.Float(x, 30) for x in point)).evalf(30))
        assert float(row.numpy(np, *(np.array(x) for x in point))) == pytest.approx(exact.real, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_is_the_slope_of_the_sympy_form(name: str) -> None:
    """A wrong row cannot pass: the law is held against a central difference of high precision."""
    row = FUNCTIONS[name]
    rng = random.Random(name)
    assert row.derivative is not None
    assert row.sympy is not None
    step = sympy.Float("1e-20", 60)
    for _ in range(5):
        point = sample(row, rng)
        first, *rest = (sympy.Float(x, 60) for x in point)
        above, below = (row.sympy(first + sign * step, *rest).evalf(60) for sign in (1, -1))
        law = row.derivative(*(scalar(parameter) for parameter in row.parameters))
        slope = float((above - below) / (2 * step))
        assert value(law, dict(zip(row.parameters, point, strict=True))) == pytest.approx(slope, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", [a for a in ACTIVATIONS if a != "softmax"])
def test_an_activation_is_a_function_whose_slope_backprop_knows(name: str) -> None:
    row = FUNCTIONS[name]
    parameters = [np.array(0.25) for _ in row.parameters[1:]]
    at = np.array([-1000.0, -2.0, -0.5, 0.5, 2.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        found, slope = slopes.value_and_slope(row, at, parameters)
    assert np.isfinite(found).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_loss_has_its_law_and_its_hand_written_gradient(name: str) -> None:
    assert LOSSES[name].law
    assert name in backprop._LOSSES, "numeric/backprop.py writes the gradient of each loss by hand"


@pytest.mark.parametrize("what", sorted(TABLES))
def test_every_row_that_is_listed_says_its_name(what: str) -> None:
    rows = TABLES[what]()
    assert rows
    assert all(row.get("name") or row["code"] for row in rows)
