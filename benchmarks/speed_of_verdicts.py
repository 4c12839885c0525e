"""How long a verdict takes: warm, one process, reading included.

    python -m benchmarks.speed_of_verdicts [--rounds 7] [--write]

1. The hand-made problems: the right answer and five wrong ones each; the wrong ones end with a counterexample.
   One Checker a problem, as grading has it: the gradient is derived once.
2. Networks of 30 layers, one for each activation, and one of residual layers; cost against depth. Nothing is kept
   between two verdicts: derivation, proof and counterexample are all in the time.
3. The same question asked of SymPy: explicit matrices of sizes 2 and 3, `simplify(answer − derivative) == 0`.

Wall-clock medians; on a machine that others use too, processor time is given next to it. Exit code 1 if a goal is
missed: median 5 ms and 95th percentile 50 ms with a counterexample, half a second for 30 layers.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy

from benchmarks.mutations import mutants
from benchmarks.problems import ACTIVATIONS, Case, hand_made
from benchmarks.running import RESULTS, TooLong, at_most, heading, table
from derive.checking.check import Checker, check
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.networks.network import Network
from derive.problems import from_table

MEDIAN, TAIL, DEEP = 5.0, 50.0, 500.0
"""Goals in milliseconds."""

DEPTHS = (2, 5, 10, 20, 30, 60)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one verdict: on the wall, and of the processor."""

    wall: float
    cpu: float


def timed(call: Callable[[], object], rounds: int) -> Timing:
    """The median of some rounds, after one to warm up."""
    call()
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return Timing(sorted(walls)[rounds // 2], sorted(cpus)[rounds // 2])


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


# ---- the hand-made problems


def of_problems(rounds: int) -> tuple[str, bool]:
    """Right and wrong answers to every hand-made problem."""
    right: list[Timing] = []
    wrong: list[Timing] = []
    rows = []
    for case in hand_made():
        answer, checker = text(case.answer), Checker(case.problem, explain=False)
        right.append(timed(lambda c=checker, a=answer: c.check(a), rounds))  # type: ignore[misc]
        found = []
        for made in mutants(case, 5, seed=1):
            words = text(made.answer)
            if checker.check(words).counterexample is not None:
                found.append(timed(lambda c=checker, a=words: c.check(a), rounds))  # type: ignore[misc]
        wrong += found
        slowest = max((t.wall for t in found), default=0.0)
        middle = percentile([t.wall for t in found], 0.5) if found else 0.0
        rows.append((case.name, f"{right[-1].wall:.1f}", f"{middle:.1f}", f"{slowest:.1f}"))
    summary = [
        (name, len(timings), *(f"{percentile([getattr(t, clock) for t in timings], share):.1f}"
                               for clock in ("wall", "cpu") for share in (0.5, 0.95)))
        for name, timings in (("proved", right), ("with counterexample", wrong))
    ]  # fmt: skip
    good = percentile([t.wall for t in wrong], 0.5) <= MEDIAN and percentile([t.wall for t in wrong], 0.95) <= TAIL
    head = ("verdict", "answers", "median ms", "95 % ms", "median ms (processor)", "95 % ms (processor)")
    words = (
        f"## {len(rows)} problems\n\nGoal: with a counterexample, median {MEDIAN:.0f} ms and 95th percentile "
        f"{TAIL:.0f} ms.\n\n{table(head, summary)}\n"
    )
    return words + table(("problem", "proved, ms", "refuted, median ms", "refuted, worst ms"), rows), good


# ---- depth


def network(activation: str, depth: int) -> tuple[Problem, str]:
    """A network of many layers and the right answer for its first weights, in names of deltas."""
    problem = Network(
        widths=tuple(f"n{k}" for k in range(depth + 1)), activations=(activation,) * (depth - 1) + ("identity",),
        batch="N", l2="lam/2",
    ).problem("W1")  # fmt: skip
    return problem, "lam*W1 + delta1 @ X.T"


def residual(depth: int) -> tuple[Problem, str]:
    """Residual layers a_k = a_{k−1} + tanh(W_k a_{k−1}); the gradient in the last weights."""
    define = {}
    for k in range(1, depth + 1):
        before = f"a{k - 1}" if k > 1 else "x"
        define |= {f"z{k}": f"W{k} @ {before}", f"a{k}": f"{before} + tanh(z{k})"}
    shapes = {"x": ["n"], "y": ["n"], **{f"W{k}": ["n", "n"] for k in range(1, depth + 1)}}
    question = {"objective": f"1/2*sum((a{depth} - y)**2)", "wrt": f"W{depth}"}
    problem = from_table({"shapes": shapes, "define": define, "question": question})
    return problem, f"((1 - tanh(z{depth})**2)*(a{depth} - y)) @ a{depth - 1}.T"


def of_depth(rounds: int) -> tuple[str, bool]:
    """30 layers of each activation, right and wrong; and cost against depth."""
    rows, good = [], True
    kinds = [(name, *network(name, 30)) for name in ACTIVATIONS] + [("residual tanh", *residual(30))]
    for name, problem, answer in kinds:
        verdict = check(problem, answer).verdict
        right = timed(lambda p=problem, a=answer: check(p, a), rounds)  # type: ignore[misc]
        wrong = timed(lambda p=problem, a=f"2*({answer})": check(p, a), rounds)  # type: ignore[misc]
        refuted = check(problem, f"2*({answer})").verdict
        good = good and verdict == "proved" and refuted == "refuted" and max(right.wall, wrong.wall) <= DEEP
        rows.append(
            (name, verdict, f"{right.wall:.0f}", f"{right.cpu:.0f}", refuted, f"{wrong.wall:.0f}", f"{wrong.cpu:.0f}")
        )
    words = "## 30 layers\n\nGoal: half a second.\n\n" + table(
        ("activation", "right", "ms", "processor", "doubled", "ms", "processor"), rows
    )
    deep = []
    for depth in DEPTHS:
        problem, answer = network("tanh", depth)
        cost = timed(lambda p=problem, a=answer: check(p, a), rounds)  # type: ignore[misc]
        deep.append((depth, f"{cost.wall:.1f}", f"{cost.wall / depth:.2f}"))
    return f"{words}\n## Cost against depth (tanh)\n\n{table(('layers', 'ms', 'ms a layer'), deep)}", good


# ---- SymPy


@dataclass(frozen=True)
class Explicit:
    """A question on entries: the objective and the answer as functions of matrices, and what to differentiate by."""

    name: str
    objective: Callable[..., sympy.Expr]
    answer: Callable[..., sympy.Matrix]
    shapes: tuple[tuple[int, int], ...]


def _sigmoid(z: sympy.Matrix) -> sympy.Matrix:
    return z.applyfunc(lambda x: 1 / (1 + sympy.exp(-x)))


def _softmax(z: sympy.Matrix) -> sympy.Matrix:
    e = z.applyfunc(sympy.exp)
    return e / sum(e)


def _cross_entropy_answer(z: sympy.Matrix, y: sympy.Matrix) -> sympy.Matrix:
    return sum(y) * _softmax(z) - y


EXPLICIT: tuple[Explicit, ...] = (
    Explicit("quadratic form", lambda x, a: (x.T * a * x)[0], lambda x, a: (a + a.T) * x, ((3, 1), (3, 3))),
    Explicit("squared norm of a residual", lambda x, a, y: ((a * x - y).T * (a * x - y))[0],
             lambda x, a, y: 2 * a.T * (a * x - y), ((3, 1), (2, 3), (2, 1))),
    Explicit("matrix factorisation", lambda u, a, v: sum(x**2 for x in a - u * v),
             lambda u, a, v: -2 * (a - u * v) * v.T, ((2, 2), (2, 3), (2, 3))),
    Explicit("softmax and cross-entropy, any weights y",
             lambda z, y: -sum(t * sympy.log(p) for t, p in zip(y, _softmax(z), strict=True)), _cross_entropy_answer,
             ((3, 1), (3, 1))),
    Explicit("logistic, y in {0, 1}", lambda w, x: sympy.log(1 + sympy.exp((w.T * x)[0])),
             lambda w, x: _sigmoid(w.T * x)[0] * x, ((3, 1), (3, 1))),
    Explicit("residual layer, weights", lambda w, x, y: sum(t**2 for t in x + (w * x).applyfunc(sympy.tanh) - y) / 2,
             lambda w, x, y: (x + (w * x).applyfunc(sympy.tanh) - y).multiply_elementwise(
                 (w * x).applyfunc(lambda t: 1 - sympy.tanh(t) ** 2)) * x.T, ((2, 2), (2, 1), (2, 1))),
)  # fmt: skip


def of_sympy(question: Explicit) -> tuple[float, str]:
    """Milliseconds that SymPy takes for a right answer at one size, and what it says."""
    values = [sympy.Matrix(r, c, lambda i, j, k=k: sympy.Symbol(f"m{k}_{i}_{j}", real=True))  # type: ignore[misc]
              for k, (r, c) in enumerate(question.shapes)]  # fmt: skip
    began = time.perf_counter()
    try:
        with at_most(30):
            objective, answer = question.objective(*values), question.answer(*values)
            is_zero = all(sympy.simplify(sympy.diff(objective, v) - answer[k]) == 0 for k, v in enumerate(values[0]))
        said = "equal at this size" if is_zero else "not equal"
    except TooLong:
        said = "more than 30 s"
    return (time.perf_counter() - began) * 1000, said


def against_sympy(rounds: int) -> str:
    """Ours, for all sizes, against SymPy, for one size, on the same questions."""
    cases: dict[str, Case] = {case.name: case for case in hand_made()}
    rows = []
    for question in EXPLICIT:
        case = cases[question.name]
        ours = timed(lambda c=case: check(c.problem, text(c.answer)), rounds)  # type: ignore[misc]
        theirs, said = of_sympy(question)
        rows.append((question.name, f"{ours.wall:.1f}", f"{theirs:.0f}", said, f"{theirs / ours.wall:.0f}"))
    words = (
        "## Against SymPy\n\nExplicit matrices of sizes 2 and 3, `simplify(diff(…) - answer) == 0`, one run each.\n\n"
    )
    return words + table(("right answer", "derive, all sizes, ms", "SymPy, one size, ms", "SymPy says", "ratio"), rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    problems, fast = of_problems(given.rounds)
    depth, deep = of_depth(given.rounds)
    words = "\n".join((heading("Speed of verdicts"), problems, depth, against_sympy(given.rounds)))
    if given.write:
        (RESULTS / "speed_of_verdicts.md").write_text(words, encoding="utf-8")
    print(words)
    return 0 if fast and deep else 1


if __name__ == "__main__":
    sys.exit(main())
