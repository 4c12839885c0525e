"""NumPy code that is exported runs by itself and works out the gradients: held against the witness of `numeric`."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cli
from derive.expression.functions import FUNCTIONS as KNOWN
from derive.expression.nodes import NODES
from derive.networks import Network
from derive.programs import functions as numpy_functions
from derive.programs import writer as numpy_writer
from numeric.backprop import backprop
from numeric.points import distinct_sizes, draw

RUNNER = """
import importlib, json, sys
from pathlib import Path
import numpy as np
assert not any(name.startswith(("derive", "numeric", "sympy")) for name in sys.modules)
found = {}
for name, values in json.loads(Path("values.json").read_text()).items():
    module = importlib.import_module(name)
    values = {key: float(value[0][0]) if module.SHAPES[key] == () else np.array(value) for key, value in values.items()}
    gradients = {key: np.asarray(g).tolist() for key, g in module.gradients(**values).items()}
    found[name] = {"gradients": gradients, "error": module.check()}
Path("found.json").write_text(json.dumps(found))
"""


def random_network(rng: random.Random) -> dict[str, str]:
    """Options of a network, by their names on the command line."""
    depth = rng.choice((1, 2, 2, 3))
    loss = rng.choice(("half-squared", "squared", "mse", "bce", "softmax-ce", "logistic"))
    named = rng.random() < 0.6
    widths = [f"n{k}" if named else str(rng.choice((1, 2, 3))) for k in range(depth + 1)]
    widths[-1] = "1" if loss == "logistic" else widths[-1]
    activations = [rng.choice(("sigmoid", "tanh", "relu", "leaky_relu", "silu", "gelu", "elu")) for _ in widths[1:]]
    activations[-1] = {"bce": "sigmoid", "softmax-ce": "softmax"}.get(loss, activations[-1])
    options = {"widths": ",".join(widths), "activations": ",".join(activations), "loss": loss}
    if rng.random() < 0.7:
        options["batch"] = rng.choice(("N", "4"))
    if rng.random() < 0.5:
        options["l2"] = "lam/2"
    if rng.random() < 0.3:
        options["l1"] = "1/10"
    options["layout"] = rng.choice(("column", "row"))
    return options


def test_exported_code_is_the_gradient_of_twenty_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng, expected, given = random.Random(4), {}, {}
    for k in range(20):
        options = random_network(rng)
        line = [word for key, value in options.items() for word in (f"--{key}", value)]
        assert cli.run(["export", *line, "-o", f"net{k}.py", "-q"]) == 0, line
        network = Network(**options)  # type: ignore[arg-type]
        problem = network.problem()
        point = draw(problem, distinct_sizes(problem), k)
        given[f"net{k}"] = {name: value.tolist() for name, value in point.values.items()}
        expected[f"net{k}"] = backprop(network, point.values)[1]
    Path("values.json").write_text(json.dumps(given), encoding="utf-8")
    subprocess.run([sys.executable, "-W", "error", "-I", "-c", "import sys; sys.path.insert(0, '.')\n" + RUNNER],
                   check=True, timeout=300)  # fmt: skip
    for name, found in json.loads(Path("found.json").read_text(encoding="utf-8")).items():
        assert found["error"] < 1e-6
        for variable, gradient in found["gradients"].items():
            wanted = np.asarray(expected[name][variable])
            np.testing.assert_allclose(np.reshape(gradient, wanted.shape), wanted, rtol=1e-12, atol=1e-12)


def exported(folder: Path, text: str, *options: str) -> dict[str, object]:
    """The names of a module that is exported for a problem file."""
    (folder / "question.toml").write_text(text, encoding="utf-8")
    target = folder / "code.py"
    assert cli.run(["export", str(folder / "question.toml"), *options, "-o", str(target), "-q"]) == 0
    names: dict[str, object] = {}
    source = target.read_text(encoding="utf-8")
    exec(compile(source, "code.py", "exec"), names)
    return names | {"source": source}


PROBLEMS = {
    "attention": """
[shapes]
Q = ["n","d"]
K = ["m","d"]
V = ["m","p"]
s = []
[define]
A = "softmax(Q @ K.T / s, axis=1)"
[assume]
positive = ["s"]
[question]
objective = "norm(A @ V)**2 + log(sum(exp(Q)))"
wrt = "Q"
""",
    "indices and functions": """
[shapes]
W = ["n","n"]
x = ["n"]
[functions]
g = "unspecified"
hat = "z*tanh(z) - where(z > 1, z, 0)"
[define]
z = "g(W @ x) + hat(x)"
[question]
objective = "sum(W[k,k]*z[k], k) + trace(W @ W) + x.T @ diag(x) @ z + sum(maximum(x, 1/3)**3)"
wrt = "W"
""",
    "a Jacobian": """
[shapes]
x = ["n"]
A = ["m","n"]
[define]
u = "softmax(A @ x)"
[layout]
gradient = "numerator"
[question]
objective = "u * (A @ x)"
wrt = "x"
""",
    "a value on the way": """
[shapes]
x = ["n"]
[define]
z = "x**2"
[question]
objective = "softmax(z)[i] / sqrt(mean(z))"
wrt = "z"
""",
}


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_exported_code_of_a_problem_file_passes_its_own_check(name: str, tmp_path: Path) -> None:
    module = exported(tmp_path, PROBLEMS[name])
    assert module["check"]() < 1e-6  # type: ignore[operator]


@pytest.mark.parametrize(
    "options",
    [
        ["--batch", "N", "--l2", "lam/2"],
        ["--activations", "f", "--wrt", "delta[l]"],
        ["--activations", "relu,sigmoid", "--loss", "bce", "--layout", "row", "--batch", "N", "--wrt", "b[l]"],
        ["--loss", "mse", "--wrt", "W[L]", "--gradient", "numerator"],
        ["--batch", "N", "--delta", "example"],
    ],
    ids=" ".join,
)
def test_exported_code_of_a_network_of_any_depth_loops_over_layers(options: list[str], tmp_path: Path) -> None:
    target = tmp_path / "code.py"
    assert cli.run(["export", "--widths", "n0,...,nL", *options, "-o", str(target), "-q"]) == 0
    names: dict[str, object] = {}
    exec(compile(target.read_text(encoding="utf-8"), "code.py", "exec"), names)
    assert 0 < names["check"]() < 1e-6  # type: ignore[operator]


def test_the_loops_over_layers_are_the_gradient_of_the_network_with_these_layers(tmp_path: Path) -> None:
    target = tmp_path / "code.py"
    options = {"activations": "tanh", "batch": "N", "l2": "lam/2"}
    line = [word for key, value in options.items() for word in (f"--{key}", value)]
    assert cli.run(["export", "--widths", "n0,...,nL", *line, "-o", str(target), "-q"]) == 0
    names: dict[str, Any] = {}
    exec(compile(target.read_text(encoding="utf-8"), "code.py", "exec"), names)
    values = names["example"](3)
    layers = {f"{name}{layer}": values[name][layer] for name in "Wb" for layer in values[name]}
    given = {
        **layers,
        **{name: np.reshape(values[name], np.shape(values[name]) or (1, 1)) for name in ("X", "Y", "lam")},
    }
    _, wanted = backprop(Network("3,2,4,2", **options), given)  # type: ignore[arg-type]
    for name, family in names["gradients"](**values).items():
        for layer, gradient in family.items():
            np.testing.assert_allclose(gradient, wanted[f"{name}{layer}"], rtol=1e-12, atol=1e-12)


def test_the_check_finds_a_slip(tmp_path: Path) -> None:
    module = exported(tmp_path, PROBLEMS["attention"])
    source = str(module["source"]).replace('return {"Q": dQ}', 'return {"Q": 1.001 * dQ}')
    names: dict[str, object] = {}
    exec(compile(source, "code.py", "exec"), names)
    with pytest.raises(AssertionError, match="the gradient in Q is off by"):
        names["check"]()  # type: ignore[operator]


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    module = exported(tmp_path, PROBLEMS["attention"])
    values = module["example"]()  # type: ignore[operator]
    with pytest.raises(ValueError, match="has the shape"):
        module["gradients"](**{**values, "K": values["K"][:, 1:]})  # type: ignore[operator]


@pytest.mark.parametrize("title", ['"""; import os; """', "a\\", 'ends with "', "\x00\n'''", "{x} # % \\N{DEL}"])
def test_no_title_gets_out_of_its_docstring(title: str, tmp_path: Path) -> None:
    text = f'title = {json.dumps(title)}\n[shapes]\nx = ["n"]\n[question]\nobjective = "sum(x**2)"\nwrt = "x"\n'
    module = exported(tmp_path, text)
    tree = ast.parse(str(module["source"]))
    assert [type(node).__name__ for node in tree.body] == [
        "Expr", "Import", "Assign", "Expr", *["FunctionDef"] * 5,
    ]  # fmt: skip
    assert module["check"]() < 1e-6  # type: ignore[operator]


def test_names_that_python_has_are_not_taken(tmp_path: Path) -> None:
    names = ["np", "lambda", "rng", "forward", "in", "gradients"]
    shapes = "\n".join(f'{name} = ["seed"]' for name in names)
    total = " + ".join(f"sigmoid({name})*{name}" for name in names)
    text = f'[shapes]\n{shapes}\n[question]\nobjective = "sum({total})"\nwrt = "np"\n'
    assert exported(tmp_path, text)["check"]() < 1e-6  # type: ignore[operator]


def test_every_node_and_function_has_its_code() -> None:
    assert not [node.__name__ for node in NODES if node not in numpy_writer.RULES]
    assert set(numpy_functions.FUNCTIONS) == set(KNOWN)


def test_the_code_of_a_function_is_its_row() -> None:
    at = np.array([[-30.0], [-2.0], [-0.5], [0.25], [3.0], [700.0]])
    for name, row in KNOWN.items():
        modules, sources = numpy_functions.helpers({name})
        names: dict[str, object] = {"np": np, **{m: __import__(m) for m in modules}}
        exec("\n".join(sources), names)
        points = [np.abs(at) if row.domain != "real" else at, *(at[::-1] / 7, at / 3)][: len(row.parameters)]
        values = {f"p{k}": point for k, point in enumerate(points)}
        with np.errstate(all="ignore"):
            found = eval(numpy_functions.FUNCTIONS[name].call.format(*values), {**names, **values})
            assert row.numpy is not None
            np.testing.assert_allclose(found, row.numpy(np, *points), rtol=1e-12, err_msg=name)
