"""False identities around gates, domains and cancellations: a sample; all of them run in benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from derive.expression.text import text


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "false_identities.py"
    spec = importlib.util.spec_from_file_location("false_identities", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_none_of_a_sample_is_proved() -> None:
    benchmark = _benchmark()
    sample = list(benchmark.false_identities())[::3]
    false = [identity for identity in sample if benchmark.is_false(identity)]
    assert len(false) > 250
    for identity in false:
        assert benchmark.outcome(identity) == "not proved", f"{text(identity.left)} = {text(identity.right)}"
