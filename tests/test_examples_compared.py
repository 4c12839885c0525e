"""Every example is shown, and every gradient of it confirmed by independent routes.

A network of any depth has no numbers of its own: it is confirmed with three layers of two, two, one and two units.
"""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

import cli
from derive.commands.compare import claims, exit_code
from derive.differentiation.gradient import gradients
from derive.networks import Network
from derive.problems import load_network
from numeric.compare import compare

FILES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.toml"))
NAMES = [file.stem for file in FILES]


def content(file: Path) -> dict[str, dict[str, object]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def is_any_depth(file: Path) -> bool:
    return "..." in str(content(file).get("network", {}).get("widths", ""))


def asks_for_a_value(file: Path) -> bool:
    return "value" in content(file).get("question", {})


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_example_is_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["show", str(file)]) == 0
    out, err = capsys.readouterr()
    assert "Result" in out
    assert err == ""


WITH_OBJECTIVE = [f for f in FILES if not is_any_depth(f) and not asks_for_a_value(f)]


@pytest.mark.parametrize("file", WITH_OBJECTIVE, ids=lambda f: f.stem)
def test_every_example_with_an_objective_is_compared(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["compare", str(file)]) == 0
    assert "✓ All routes agree on every gradient." in capsys.readouterr().out


@pytest.mark.parametrize("file", [f for f in FILES if is_any_depth(f)], ids=lambda f: f.stem)
def test_every_example_of_any_depth_is_compared_with_three_layers(file: Path) -> None:
    asked = load_network(file)
    own = content(file)["network"]
    if asked is None:
        # The file defines an objective of its own: the network's layers are the same with the squared error.
        own = {k: v for k, v in own.items() if k != "widths"}
        network = Network("2,2,1,2", **own)  # type: ignore[arg-type]
    else:
        network = dataclasses.replace(asked, widths="2,2,1,2", activations="tanh,tanh,sigmoid")
    problem = network.problem()
    found = list(gradients(problem, [network.parameters[0].name, network.parameters[-1].name]).values())
    assert exit_code(compare(network, *claims(found))) == 0
