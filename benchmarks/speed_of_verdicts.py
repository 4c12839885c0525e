"""How long a verdict takes: warm, one process, reading included.

    python -m benchmarks.speed_of_verdicts [--rounds 3] [--write]

1. The hand-made problems: the right answer and five wrong ones each; the wrong ones end with a counterexample.
   One Checker a problem, as grading has it: the gradient is derived once.
2. Networks of 30 layers, one for each activation, and one of residual layers; cost against depth. Nothing is kept
   between two verdicts: derivation, proof and counterexample are all in the time.
3. The same question asked of SymPy: explicit matrices of sizes 2 and 3, `simplify(answer − derivative) == 0`.

Processor time, so that other work on the machine counts little; the best of some rounds. Naming the mistake in a wrong
answer is not in the verdict's time; for 30 layers it has a column of its own. Exit code 1 if a goal is missed: median
5 ms and 95th percentile 50 ms with a counterexample, half a second for 30 layers, twice the depth at most 2.5 times the
cost.
"""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy

from benchmarks.mutations import mutants
from benchmarks.problems import ACTIVATIONS, Case, hand_made
from benchmarks.running import RESULTS, TooLong, at_most, heading, table
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.networks.network import Network
from derive.problems import from_table

MEDIAN, TAIL, DEEP, GROWTH = 5.0, 50.0, 500.0, 2.5
"""Goals in milliseconds, and how much more a network of twice the depth may cost."""

SLOWEST = 5
"""Seconds that SymPy may take for one question."""

DEPTHS = (5, 10, 20, 40)


def timed(call: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time: the best of some rounds, the one that others on the machine disturbed least."""
    call()
    found = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        found.append((time.process_time() - began) * 1000)
    return min(found)


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


# ---- the hand-made problems


def of_problems(rounds: int) -> tuple[str, bool]:
    """Right and wrong answers to every hand-made problem."""
    right: list[float] = []
    wrong: list[float] = []
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
        middle, slowest = percentile(found, 0.5), max(found)
        rows.append((case.name, f"{right[-1]:.1f}", f"{middle:.1f}", f"{slowest:.1f}"))
    summary = [
        (name, len(timings), *(f"{percentile(timings, share):.1f}" for share in (0.5, 0.95)), f"{max(timings):.1f}")
        for name, timings in (("proved", right), ("with counterexample", wrong))
    ]
    good = percentile(wrong, 0.5) <= MEDIAN and percentile(wrong, 0.95) <= TAIL
    head = ("verdict", "answers", "median ms", "95 % ms", "worst ms")
    words = (
        f"## {len(rows)} problems\n\nGoal: with a counterexample, median {MEDIAN:.0f} ms and 95th percentile "
        f"{TAIL:.0f} ms: **{'met' if good else 'missed'}**.\n\n{table(head, summary)}\n"
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
    define: dict[str, str] = {}
    for k in range(1, depth + 1):
        before = f"a{k - 1}" if k > 1 else "x"
        define |= {f"z{k}": f"W{k} @ {before}", f"a{k}": f"{before} + tanh(z{k})"}
    shapes = {"x": ["n"], "y": ["n"], **{f"W{k}": ["n", "n"] for k in range(1, depth + 1)}}
    question = {"objective": f"1/2*sum((a{depth} - y)**2)", "wrt": f"W{depth}"}
    problem = from_table({"shapes": shapes, "define": define, "question": question})
    return problem, f"((1 - tanh(z{depth})**2)*(a{depth} - y)) @ a{depth - 1}.T"


def _fresh(problem: Problem, answer: str, *, explain: bool = False) -> Verdict:
    """The verdict with nothing kept from before: deriving is in the time."""
    return Checker(problem, explain=explain).check(answer)


def of_depth(rounds: int) -> tuple[str, bool]:
    """30 layers of each activation, right and wrong; and cost against depth."""
    rows, good = [], True
    kinds = [(name, *network(name, 30)) for name in ACTIVATIONS] + [("residual tanh", *residual(30))]
    for name, problem, answer in kinds:
        doubled = f"2*({answer})"
        verdicts = _fresh(problem, answer).verdict, _fresh(problem, doubled).verdict
        right = timed(lambda p=problem, a=answer: _fresh(p, a), rounds)  # type: ignore[misc]
        wrong = timed(lambda p=problem, a=doubled: _fresh(p, a), rounds)  # type: ignore[misc]
        told = timed(lambda p=problem, a=doubled: _fresh(p, a, explain=True), 1)  # type: ignore[misc]
        good = good and verdicts == ("proved", "refuted") and max(right, wrong) <= DEEP
        rows.append((name, verdicts[0], f"{right:.0f}", verdicts[1], f"{wrong:.0f}", f"{told:.0f}"))
    words = f"## 30 layers\n\nGoal: half a second: **{'met' if good else 'missed'}**.\n\n" + table(
        ("activation", "right", "ms", "doubled", "ms", "ms with its mistake named"), rows
    )
    deep, is_linear = [], True
    for name, make in (("tanh", lambda d: network("tanh", d)), ("relu", lambda d: network("relu", d)),
                       ("residual tanh", residual)):  # fmt: skip
        for wrong_by in ("", "2*"):
            costs = [timed(lambda p=p, a=f"{wrong_by}({a})": _fresh(p, a), rounds)  # type: ignore[misc]
                     for p, a in map(make, DEPTHS)]  # fmt: skip
            is_linear = is_linear and all(b <= GROWTH * a for a, b in itertools.pairwise(costs))
            deep.append((f"{name}, {'refuted' if wrong_by else 'proved'}", *(f"{c:.0f}" for c in costs),
                         f"{costs[-1] / DEPTHS[-1]:.1f}"))  # fmt: skip
    head = ("verdict", *(f"{d} layers, ms" for d in DEPTHS), f"ms a layer of {DEPTHS[-1]}")
    linear = f"Goal: twice the depth costs at most {GROWTH} times as much: **{'met' if is_linear else 'missed'}**."
    return f"{words}\n## Cost against depth\n\n{linear}\n\n{table(head, deep)}", good and is_linear


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
    began = time.process_time()
    try:
        with at_most(SLOWEST):
            objective, answer = question.objective(*values), question.answer(*values)
            is_zero = all(sympy.simplify(sympy.diff(objective, v) - answer[k]) == 0 for k, v in enumerate(values[0]))
        said = "equal at this size" if is_zero else "not equal"
    except TooLong:
        said = f"more than {SLOWEST} s"
    return (time.process_time() - began) * 1000, said


def against_sympy(rounds: int) -> str:
    """Ours, for all sizes, against SymPy, for one size, on the same questions."""
    cases: dict[str, Case] = {case.name: case for case in hand_made()}
    rows = []
    for question in EXPLICIT:
        case = cases[question.name]
        ours = timed(lambda c=case: _fresh(c.problem, text(c.answer)), rounds)  # type: ignore[misc]
        theirs, said = of_sympy(question)
        rows.append((question.name, f"{ours:.1f}", f"{theirs:.0f}", said, f"{theirs / ours:.0f}"))
    words = (
        "## Against SymPy\n\nExplicit matrices of sizes 2 and 3, `simplify(diff(…) - answer) == 0`, one run each.\n\n"
    )
    return words + table(("right answer", "derive, all sizes, ms", "SymPy, one size, ms", "SymPy says", "ratio"), rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
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
