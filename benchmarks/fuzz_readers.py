"""Coverage-guided fuzzing of the two readers: no crash, no hang, no limit exceeded.

    python -m benchmarks.fuzz_readers text|latex [--minutes 10] [--seed 1] [--write]

Inputs are mutated (cut, doubled, spliced, tokens put in, characters changed) from equations as people write them. An
input that reaches a line of the readers that none before it reached is kept and mutated further. A finding is anything
but a reading or an error of ours: another exception, more than two seconds of processor time, more than 512 MB, or an
error whose position lies outside the text. With --write a row goes to benchmarks/results/fuzzing_KIND.md.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.running import RESULTS, heading, table
from derive.errors import DeriveError
from derive.networks.network import Network
from derive.notation import read_answer
from derive.notation.latex import LatexReader

CORPORA = Path(__file__).parent / "corpora"
SECONDS = 2.0
MEGABYTES = 512
NOTATION = str(Path("derive") / "notation")

PROBLEMS = (
    Network(widths=("n0", "n1", "n2"), activations="sigmoid", loss="half-squared", batch="N", l2="lam/2").problem("W1"),
    Network(widths="n0,...,nL", activations="f", loss="half-squared").problem("W[l]"),
)

TEXTS = (
    "delta2 @ A1.T + lam*W2", "dE/dW1 = delta1 @ X.T + lam*W1", "sum(W1[j,k]*X[k,i], k)", "where(Z1 > 0, Z1, 0)",
    "f'(z[l])*(W[l+1].T @ delta[l+1])",
    "g = A2 - Y\n1/N*g*A2*(1 - A2)", "grad(norm(A2 - Y)**2, W1)", "[[1, 2], [3, 4]]", "kron(i,j)*sum(X, axis=0)",
    "W^{(1)}.T @ δ2 ⊙ σ'(Z1)",
    "∂E/∂W1 = ∂E/∂Z1 * X.T", "1[Z1 > 0]*Z1", "1/2*sum((A2-Y)**2)/N", "-(Y - A2)", "W[l] - eta*dW[l]",
    "softmax(Z2, axis=0)", "2e10*x - .5",
)  # fmt: skip
PIECES = {
    "text": ["(", ")", "[", "]", ",", ";", "\n", "=", "+", "-", "*", "/", "@", "**", "^", ".T", "'", "sum(",
    "grad(", "W1", "X", "N", "lam", "delta1",
             "k", "1", "0", "∂", "⊙", "ᵀ", "{", "}", "where(", "1..", ">", "==", "W[l]", "l+1", "999999999", "e",
             "\x00", "é", "½"],
    "latex": ["{", "}", "^", "_", "\\frac", "\\partial", "\\left(", "\\right)", "(", ")", "[", "]", "\\sum_",
    "\\begin{cases}", "\\end{cases}", "&",
              "\\\\", "\\begin{pmatrix}", "\\end{pmatrix}", "\\odot", "\\cdot", "=", "W", "\\delta", "^{l+1}",
              "^T", "'", "\\nabla_", "\\text{if}",
              "\\newcommand{\\q}[1]{#1}", "\\q", "\\mathbf", "|", "\\|", "\\dots", ",", "1", "0", "\\sqrt",
              "\\hat", "\\in", "\\mathbb{R}", ":=",
              "\\leftarrow", "\\underbrace", "\\operatorname{diag}", "\\mathbb{1}", "\\def\\a{\\a}", "\\quad",
              "e^{", "\\tag{1}", "$", "%", "~", "é"],
}  # fmt: skip


class Coverage:
    """Lines of the readers that have run, counted by tracing."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.new = False

    def _global(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._local if NOTATION in frame.f_code.co_filename else None

    def _local(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if place not in self.seen:
            self.seen.add(place)
            self.new = True
        return self._local

    def run(self, action: Callable[[], None]) -> bool:
        """Whether an action reached a line that none before it reached."""
        self.new = False
        sys.settrace(self._global)
        try:
            action()
        finally:
            sys.settrace(None)
        return self.new


def mutated(rng: random.Random, corpus: list[str], pieces: list[str]) -> str:
    """A text of the corpus after one to five random changes."""
    text = rng.choice(corpus)
    for _ in range(rng.randint(1, 5)):
        at, to = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        change = rng.randrange(7)
        if change == 0:
            text = text[:at] + text[to:]
        elif change == 1:
            text = text[:at] + rng.choice(pieces) + text[at:]
        elif change == 2:
            text = text[:to] + text[at:to] + text[to:]
        elif change == 3:
            other = rng.choice(corpus)
            cut = rng.randint(0, len(other))
            text = text[:at] + other[cut:]
        elif change == 4 and text:
            text = text[: at - 1] + chr(rng.choice((rng.randint(32, 126), rng.randint(0, 0x2FFF)))) + text[at:]
        elif change == 5:
            text = text[:at] + (text[at:to] or rng.choice(pieces)) * rng.choice((2, 3, 50)) + text[to:]
        else:
            text = text[:at] + rng.choice(pieces) * rng.choice((1, 2, 300)) + text[at:]
    return text[:20_000]


def attempt(kind: str, text: str, number: int) -> None:
    """Read a text; errors of ours are what a reader may answer, if they point into the text."""
    problem = PROBLEMS[number % len(PROBLEMS)]
    try:
        if kind == "text":
            read_answer(text, problem.scope, layout=problem.layout)
        else:
            LatexReader(problem.scope, problem=problem).answer(text)
    except DeriveError as error:
        lines = text.split("\n")
        place = error.position
        if place is not None and not (
            1 <= place.line <= len(lines) and 1 <= place.column <= len(lines[place.line - 1]) + 2
        ):
            raise AssertionError(f"the position {place} lies outside the text") from error


def seeds(kind: str) -> list[str]:
    """Texts to start from."""
    if kind == "text":
        return list(TEXTS)
    return [json.loads(line)["latex"] for line in (CORPORA / "books.jsonl").read_text(encoding="utf-8").splitlines()]


def campaign(kind: str, minutes: float, seed: int) -> tuple[int, int, int, list[str]]:
    """Inputs tried, inputs kept, lines reached, and findings."""
    rng, coverage = random.Random(seed), Coverage()
    corpus, findings = seeds(kind), []
    for number, text in enumerate(corpus * 2):
        coverage.run(lambda text=text, number=number: attempt(kind, text, number))  # type: ignore[misc]
    end, tried = time.monotonic() + 60 * minutes, 0
    while time.monotonic() < end:
        text = mutated(rng, corpus, PIECES[kind])
        tried += 1
        began = time.process_time()
        try:
            # Tracing is slow; most inputs are run without it, for speed and for honest times.
            if tried % 4 == 0:
                if coverage.run(lambda text=text, number=tried: attempt(kind, text, number)):  # type: ignore[misc]
                    corpus.append(text)
            else:
                attempt(kind, text, tried)
                if time.process_time() - began > SECONDS:
                    findings.append(f"{time.process_time() - began:.1f} s: {text[:300]!r} ({len(text)} characters)")
        except Exception as error:
            findings.append(f"{type(error).__name__}: {error}: {text[:300]!r} ({len(text)} characters)")
        if len(findings) >= 20:
            break
    return tried, len(corpus), len(coverage.seen), findings


def main() -> int:
    """Fuzz one reader; exit 1 if there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["text", "latex"])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, ((MEGABYTES + 512) * 2**20,) * 2)
    tried, kept, lines, findings = campaign(options.kind, options.minutes, options.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    row = [options.kind, options.minutes, tried, kept, lines, f"{peak} MB", len(findings)]
    head = ["reader", "minutes", "inputs", "kept for new lines", "lines reached", "peak memory", "findings"]
    report = f"{heading(f'Fuzzing the reader of {options.kind}')}\n{table(head, [row])}\n"
    report += "".join(f"- {finding}\n" for finding in findings)
    print(report)
    if options.write:
        (RESULTS / f"fuzzing_{options.kind}.md").write_text(report, encoding="utf-8")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
