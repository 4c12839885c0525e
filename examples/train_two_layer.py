"""Train one unit in each of two layers on y = 2x + 1: feed forward, go back, update. The loss falls.

The gradients are the formulas that derive finds, compiled to NumPy; nobody wrote a backward pass here.
"""

from __future__ import annotations

import numpy as np

from derive import Network
from derive.differentiation.gradient import gradient_definitions, gradients
from derive.expression.text import text
from numeric.compile import compile_expressions

PARAMETERS = ("W1", "b1", "W2", "b2")
LEARNING_RATE = 0.1
STEPS = 400


def main() -> list[float]:
    """Print the formulas and the loss, and return the loss before each step."""
    problem = Network(widths=(1, 1, 1), activations=("tanh", "identity"), batch="N").problem()
    derivations = gradients(problem, PARAMETERS)
    deltas = dict(pair for d in derivations.values() for pair in gradient_definitions(d))
    formulas = {name: d.result for name, d in derivations.items()}
    for name, formula in [*((text(delta), value) for delta, value in deltas.items()), *formulas.items()]:
        print(f"{name if name.startswith('delta') else 'dE/d' + name} = {text(formula)}")

    run = compile_expressions(problem, {"E": problem.scope.tensors["E"]} | formulas, tuple(deltas.items()))
    X = np.linspace(-1, 1, 21).reshape(1, -1)
    values = {"X": X, "Y": 2 * X + 1, "W1": 0.5, "b1": 0.0, "W2": 0.5, "b2": 0.0}
    losses = []
    for step in range(STEPS + 1):
        found = run(values)
        losses.append(found["E"])
        if step % 50 == 0:
            print(f"step {step:3}  loss {losses[-1]:.6f}")
        for name in PARAMETERS:
            values[name] = values[name] - LEARNING_RATE * found[name]
    return losses


if __name__ == "__main__":
    main()
