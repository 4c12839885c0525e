"""Nothing depends on the hash seed or on the process: verdicts, counterexamples, normal forms, certificates."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from benchmarks.mutations import mutants
from benchmarks.problems import hand_made
from benchmarks.rewrites import rewrites
from derive.checking.certificates import certificate_of
from derive.checking.check import Checker
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.text import text
from derive.networks import Network
from tests.lowering import lowered, samples
from tests.rewrites import REWRITES, changed

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = "import json; from tests.test_hash_seed import found; print(json.dumps(found()))"


def decisions() -> list[object]:
    """What is found about answers to some of the problems, as JSON has it."""
    found = []
    for case in hand_made()[6::20]:
        checker = Checker(case.problem)
        for made in [*rewrites(case, 2, seed=5), *mutants(case, 2, seed=5)]:
            verdict = checker.check(text(made.answer))
            point = verdict.counterexample.to_json() if verdict.counterexample else None
            codes = [m.code for m in verdict.mistakes]
            found.append([text(made.answer), verdict.verdict, list(verdict.holds_when), codes, point])
    return found


def normal_forms() -> list[object]:
    """What formulas are lowered to, and what of them is proved, as text."""
    lines: list[object] = []
    rng = random.Random(77)
    for e in samples(40, 78):
        forms = lowered(e)
        found = changed(rng, e, REWRITES)
        try:
            proved = found is not None and Prover().equal(e, found[1]) is not None
        except DeriveError as error:
            proved = bool(error.code)
        lines.append(f"{None if forms is None else sorted(map(str, forms[0].items()))} {proved}")
    return lines


def found() -> list[object]:
    """All that is held against another process, as JSON has it."""
    problem = Network("n0,n1,n2", "tanh").problem("W2")
    return [*decisions(), *normal_forms(), certificate_of(problem, "((a2 - y) * (1 - a2**2)) @ a1.T")]


def test_nothing_depends_on_the_hash_seed_or_the_process() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    here = json.loads(json.dumps(found()))
    assert len(here) >= 50
    for one, other in zip(here, json.loads(run.stdout), strict=True):
        assert one == other
