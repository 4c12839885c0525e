"""A sample of the campaign: derived gradients agree with all four routes on networks of every kind."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load() -> ModuleType:
    path = Path(__file__).parent.parent / "benchmarks" / "four_routes.py"
    spec = importlib.util.spec_from_file_location("four_routes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["four_routes"] = module
    spec.loader.exec_module(module)
    return module


CAMPAIGN = load()
NETWORKS = list({CAMPAIGN.name_of(o): o for o in CAMPAIGN.networks()}.values())
SAMPLE = random.Random(1862).sample(NETWORKS, 12)
"""A sample that meets every option, as a test below says, with few networks of three layers, which take long."""


@pytest.mark.parametrize("options", SAMPLE, ids=CAMPAIGN.name_of)
def test_all_routes_agree(options: dict[str, object]) -> None:
    result = CAMPAIGN.run(options)
    assert result["failing"] == []
    assert result["agrees"]
    assert result["undecided"] == 0
    assert result["rows"] >= 12


def test_the_sample_meets_every_option() -> None:
    assert {o["loss"] for o in SAMPLE} == {loss for loss, _ in CAMPAIGN.LOSSES}
    assert {o["layout"] for o in SAMPLE} == {"column", "row"}
    assert {o["bias"] for o in SAMPLE} == {True, False}
    assert {("l1" in o, "l2" in o) for o in SAMPLE} == {(False, False), (True, False), (False, True)}
    assert {o["widths"].count(",") for o in SAMPLE} == {1, 2, 3}
    assert len({o["activations"].split(",")[0] for o in SAMPLE if o["widths"].count(",") > 1}) >= 8


def test_the_product_is_whole() -> None:
    assert len(list(CAMPAIGN.networks())) == 9 * 7 * 2 * 3 * 2 * 3
    hidden = {o["activations"].split(",")[0] for o in NETWORKS if o["widths"].count(",") == 3}
    assert hidden == set(CAMPAIGN.HIDDEN)
