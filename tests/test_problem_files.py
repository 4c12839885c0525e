"""Problem files say what the contract says they say, and whatever is malformed is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derive.errors import DeriveError, LimitError, ReadError, ShapeError, UsageError
from derive.expression.nodes import Component, Index, Tensor
from derive.expression.problem import Layout, Problem
from derive.expression.text import text
from derive.notation import read
from derive.problems import from_table, load, load_network, loads

COMPLETE = r"""
title = "L2-regularised gradient"
[shapes]
W = ["n", "m"]
A = ["m", "N"]
Delta = ["n", "N"]
v = ["n"]
lam = []
[indices]
j = "n"
[functions]
g = "unspecified"
sigma = "sigmoid"
mish = "z*tanh(softplus(z))"
[define]
Z = "W @ A"
G = "grad(E, Z)"
[assume]
positive = ["lam"]
between = { lam = [0, 1] }
equations = ["sum(v) = 1"]
[notation]
'\Delta' = "Delta"
'\delta_i' = "Delta[:,i]"
U = "W @ A"
juxtaposition = "elementwise when shapes agree"
operators = { '\otimes' = "elementwise", '*' = "matrix" }
[layout]
examples = "rows"
gradient = "numerator"
[question]
objective = "1/N * sum(Delta * Z) + lam/2 * sum(W**2)"
wrt = "W[i,k]"
[marking]
conditional = 0.5
missing-mean = 0.7
"""


@pytest.fixture(scope="module")
def complete() -> Problem:
    return loads(COMPLETE)


def lines(problem: Problem) -> dict[str, str]:
    return {text(d.target): text(d.value) for d in problem.definitions}


def test_definitions_are_in_order_and_the_objective_is_called_e(complete: Problem) -> None:
    assert lines(complete) == {"Z": "W @ A", "E": "1/N*sum(Delta*Z) + lam/2*sum(W**2)"}
    assert complete.title == "L2-regularised gradient"


def test_a_name_for_a_gradient_is_one_of_the_named_gradients(complete: Problem) -> None:
    assert {text(k): text(v) for k, v in complete.gradients.items()} == {"G": "Z"}
    assert complete.shown_gradients == {"G"}


def test_indices_of_the_question_are_declared_by_their_position(complete: Problem) -> None:
    wrt = complete.question.wrt
    assert isinstance(wrt, Component)
    sizes = {name: str(index.size) for name, index in complete.scope.indices.items()}
    assert sizes == {"j": "n", "i": "n", "k": "m"}


def test_functions_are_unspecified_known_or_formulas(complete: Problem) -> None:
    functions = complete.scope.functions
    assert functions["g"].kind == "unspecified"
    assert functions["sigma"].name == "sigmoid"
    assert text(functions["mish"].formula) == "z*tanh(softplus(z))"


def test_assumptions_are_declared(complete: Problem) -> None:
    assumed = complete.assumptions
    assert assumed.positive == {"lam"}
    assert assumed.between == (("lam", 0, 1),)
    assert assumed.equation_texts == ("sum(v) = 1",)
    assert [(text(a), text(b)) for a, b in assumed.equations] == [("sum(v)", "1")]


def test_notation_is_kept_for_the_reader(complete: Problem) -> None:
    conventions = complete.scope.conventions
    assert {key: text(e) for key, e in conventions.spellings.items()} == {r"\Delta": "Delta", r"\delta_i": "Delta[:,i]"}
    assert conventions.juxtaposition == "elementwise"
    assert conventions.operators == {r"\otimes": "elementwise", "*": "matrix"}
    assert text(read("U", complete.scope)) == "W @ A"


def test_the_pattern_variable_of_a_spelling_is_no_index_of_the_problem() -> None:
    problem = loads("[shapes]\nD = ['n', 'N']\n[notation]\n'\\delta_i' = 'D[:,i]'\n")
    assert not problem.scope.indices


def test_layout_and_marking(complete: Problem) -> None:
    assert complete.layout == Layout("rows", "numerator")
    assert complete.marking == {"conditional": 0.5, "missing-mean": 0.7}


def test_a_column_may_be_declared_with_one_size_or_two() -> None:
    one, two = (loads(f"[shapes]\nx = {shape}\n") for shape in ('["n"]', '["n", 1]'))
    assert one.scope.tensors == two.scope.tensors


def test_greek_letters_are_names() -> None:
    problem = loads("[shapes]\n'δ' = ['n']\n[question]\nobjective = 'sum(δ**2)'\nwrt = '\\delta'\n")
    assert problem.question.wrt == problem.scope.tensors["delta"]


def test_the_same_structure_may_come_from_json() -> None:
    table = {"shapes": {"w": ["n"]}, "question": {"objective": "sum(w**2)", "wrt": "w"}}
    assert lines(from_table(json.loads(json.dumps(table)))) == {"E": "sum(w**2)"}


def test_a_value_is_a_question_too() -> None:
    problem = loads('[shapes]\nz = []\n[question]\nvalue = "sigmoid\'(z)"\n')
    assert problem.question.value is not None
    assert text(problem.question.value) == "sigmoid'(z)"


@pytest.mark.parametrize("objective", ["softmax(z)[i]", "softmax(z)"])
def test_components_and_vectors_are_not_called_e(objective: str) -> None:
    problem = loads(f"[shapes]\nz = ['n']\n[question]\nobjective = '{objective}'\nwrt = 'z'\n")
    assert problem.question.objective == read(objective, problem.scope)
    assert not problem.definitions


def test_an_objective_may_have_its_own_name() -> None:
    problem = loads("[shapes]\nw = ['n']\n[define]\nJ = 'sum(w**2)'\n[question]\nobjective = 'J'\nwrt = 'w'\n")
    assert problem.objective_name == "J"
    assert lines(problem) == {"J": "sum(w**2)"}


def test_wrt_may_be_replaced() -> None:
    file = "[shapes]\nw = ['n']\nx = ['n']\n[question]\nobjective = 'sum(w*x)'\nwrt = 'w'\n"
    assert loads(file, "x[k]").question.wrt == Component(
        loads(file).scope.tensors["x"], Index("k", loads(file).scope.sizes["n"]), None
    )


NETWORK = """
[network]
widths = ["n0", 3, "n2"]
activations = ["f", "identity"]
batch = "N"
l2 = "lam/2"
"""


def test_a_network_in_a_file_is_the_network_of_the_options() -> None:
    problem = loads(NETWORK + "[question]\nwrt = 'delta1'\n")
    assert isinstance(problem.question.wrt, Tensor)
    assert problem.question.wrt.name == "Z1"
    assert lines(problem)["E"] == "1/(2*N)*sum((A2 - Y)**2) + lam/2*(sum(W1**2) + sum(W2**2))"


def test_a_network_may_have_other_names_beside_its_own() -> None:
    problem = loads(NETWORK + "[shapes]\nV = ['n0', 'n2']\n[define]\nS = 'V @ Z2'\n")
    assert lines(problem)["S"] == "V @ Z2"


def test_an_objective_of_its_own_replaces_that_of_the_network() -> None:
    problem = loads(NETWORK + "[define]\nE = 'sqrt(sum((yhat - Y)**2))'\n[question]\nwrt = 'W1'\n")
    assert lines(problem)["E"] == "sqrt(sum((A2 - Y)**2))"
    assert list(problem.gradients)


def test_a_network_is_only_handed_out_with_its_own_objective(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text(NETWORK, encoding="utf-8")
    assert load_network(file) is not None
    file.write_text(NETWORK + "[define]\nE = 'sum(yhat)'\n", encoding="utf-8")
    assert load_network(file) is None
    file.write_text("[shapes]\nx = []\n", encoding="utf-8")
    assert load_network(file) is None


def test_layouts_may_stand_in_their_own_section() -> None:
    problem = loads(NETWORK + "[layout]\nexamples = 'rows'\ngradient = 'numerator'\n")
    assert problem.layout == Layout("rows", "numerator")
    assert lines(problem)["Z1"] == "X @ W1 + b1"


def test_the_regulariser_of_any_depth_follows_the_question() -> None:
    family = "[network]\nwidths = 'n0,...,nL'\nactivations = 'f'\nl2 = 'lam/2'\n[question]\nwrt = 'W[l]'\n"
    assert lines(loads(family))["E"].endswith("sum(W[l]**2)")
    assert lines(loads(family, "W[L]"))["E"].endswith("sum(W[L]**2)")


SHAPES = "[shapes]\nW = ['n', 'm']\nx = ['m']\ns = []\n"

WRONG: tuple[tuple[str, type[DeriveError], str, str], ...] = (
    ("[shape]\n", UsageError, "'shape'", "shapes"),
    ("shapes = 3\n", UsageError, "[shapes]", "name = value"),
    ("x = \n", UsageError, "TOML", "quotes"),
    ("title = 3\n", UsageError, "title", '"3"'),
    ("[shapes]\nW = 'n'\n", UsageError, "[shapes] W", "…"),
    ("[shapes]\nW = ['n', 'm', 'k']\n", UsageError, "3 axes", '["n", "m"]'),
    ("[shapes]\nW = [0]\n", UsageError, "0", ""),
    ("[shapes]\nW = [1.5]\n", UsageError, "[shapes] W", '"n" or 3'),
    ("[shapes]\nW = [true]\n", UsageError, "[shapes] W", '"n" or 3'),
    ("[shapes]\nW = ['n+1']\n", UsageError, "'n+1'", ""),
    ("[shapes]\n'W-1' = []\n", UsageError, "'W-1'", "letter"),
    ("[shapes]\nexp = []\n", UsageError, "'exp'", "another name"),
    ("[shapes]\nn = ['n']\n", UsageError, "n", "another name"),
    ("[shapes]\nW1 = []\nW_1 = []\n", UsageError, "'W_1'", "another name"),
    (SHAPES + "[indices]\nx = 'n'\n", UsageError, "'x'", "another name"),
    (SHAPES + "[indices]\ni = ['n']\n", UsageError, "[indices] i", '"n" or 3'),
    (SHAPES + "[functions]\nf = 'sigmiod'\n", UsageError, "'sigmiod'", "sigmoid"),
    (SHAPES + "[functions]\nf = 'a*b'\n", UsageError, "a, b", "mish"),
    (SHAPES + "[functions]\nf = 'z/norm(z)'\n", UsageError, "entry by entry", "softmax"),
    (SHAPES + "[functions]\nf = 3\n", UsageError, "[functions] f", '"3"'),
    (SHAPES + "[define]\nz = 'W @ q'\n", ReadError, "[define] z", ""),
    (SHAPES + "[define]\nz = 'W @ '\n", ReadError, "[define] z", ""),
    (SHAPES + "[define]\nz = 'x @ W'\n", ShapeError, "[define] z", ""),
    (SHAPES + "[define]\nW = 'x'\n", UsageError, "'W'", "another name"),
    (SHAPES + "[assume]\npositiv = ['s']\n", UsageError, "'positiv'", "positive"),
    (SHAPES + "[assume]\npositive = 's'\n", UsageError, "list", "["),
    (SHAPES + "[assume]\npositive = ['S2']\n", UsageError, "'S2'", ""),
    (SHAPES + "[assume]\nsymmetric = ['W']\n", UsageError, "W is n×m", ""),
    (SHAPES + "[assume]\nbetween = { s = [1, 0] }\n", UsageError, "1 is not below 0", "lower"),
    (SHAPES + "[assume]\nbetween = { s = [0] }\n", UsageError, "two whole numbers", "[0, 1]"),
    (SHAPES + "[assume]\nequations = ['sum(x)']\n", UsageError, "one sign =", "sum(y) = 1"),
    (SHAPES + "[notation]\n'\\x' = 'q'\n", ReadError, "[notation]", ""),
    (SHAPES + "[notation]\njuxtaposition = 'hadamard'\n", UsageError, "'hadamard'", ""),
    (SHAPES + "[notation]\noperators = { '*' = 'matrices' }\n", UsageError, "'matrices'", "matrix"),
    (SHAPES + "[layout]\nexamples = 'row'\n", UsageError, "'row'", "rows"),
    (SHAPES + "[layout]\nexample = 'rows'\n", UsageError, "'example'", "examples"),
    (SHAPES + "[question]\nwrt = 'W'\n", UsageError, "no objective", "objective ="),
    (SHAPES + "[question]\nobjectiv = 's'\n", UsageError, "'objectiv'", "objective"),
    (SHAPES + "[question]\nobjective = 's'\nvalue = 's'\n", UsageError, "neither", "one or the other"),
    (SHAPES + "[question]\nobjective = 'sum(x)'\nwrt = 'x + x'\n", UsageError, "'x + x'", "W[i,j]"),
    (SHAPES + "[question]\nobjective = 'sum(x)'\nwrt = 3\n", UsageError, "wrt", '"3"'),
    (SHAPES + "[marking]\nconditional = 2\n", UsageError, "0 to 1", "0.5"),
    (SHAPES + "[marking]\nconditional = 'half'\n", UsageError, "0 to 1", "0.5"),
    ("[network]\nwidth = [2, 3]\n", UsageError, "'width'", "widths"),
    ("[network]\nactivations = ['f']\n", UsageError, "widths", "2,3,1"),
    ("[network]\nwidths = [2, 3]\nlayout = 'row'\n[layout]\nexamples = 'columns'\n", UsageError, "contradicts", "one"),
    ("[network]\nwidths = [2, 3]\nsum = 1\n", UsageError, "sum", ""),
    ("[network]\nwidths = [2, 3]\n[shapes]\nW1 = ['n']\n", UsageError, "'W1'", "another name"),
    ("[network]\nwidths = 5\n", UsageError, "5", ""),
    ("[network]\nwidths = [2, 3]\nl2 = inf\n", UsageError, "inf", "string"),
    ("[network]\nwidths = [2, 3]\n[question]\nwrt = 3\n", UsageError, "wrt", '"3"'),
    ("x = " + "[" * 3000 + "]" * 3000, LimitError, "nested", ""),
    ("#" + "x" * 200_000, LimitError, "100000", ""),
    ("[shapes]\n" + "\n".join(f"x{k} = []" for k in range(600)), LimitError, "600", ""),
)


@pytest.mark.parametrize(("file", "error", "what", "instead"), WRONG, ids=[repr(row[0])[-60:] for row in WRONG])
def test_what_is_malformed_is_refused_in_a_sentence(
    file: str, error: type[DeriveError], what: str, instead: str
) -> None:
    with pytest.raises(DeriveError) as caught:
        loads(file)
    assert isinstance(caught.value, error)
    assert what in caught.value.message
    assert instead in caught.value.suggestion


def test_a_missing_file_is_named_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "network.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "netwrok.toml")
    assert caught.value.message.startswith("netwrok.toml")
    assert "network.toml" in caught.value.suggestion


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        load(tmp_path / "binary.toml")


def test_errors_of_a_file_begin_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[define]\nz = 'q'\n", encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        load(tmp_path / "bad.toml")
    assert caught.value.message.startswith("bad.toml: [define] z:")
    assert caught.value.position is not None
