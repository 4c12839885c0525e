"""Compile the LaTeX of a set of derivations with pdflatex, and write down what came of it.

Usage: python benchmarks/compile_latex.py [--keep DIRECTORY] [--log FILE]

Needs pdflatex with amsmath (Debian and Ubuntu: texlive-latex-base, texlive-latex-recommended, texlive-latex-extra).
Exit code 1 if a document does not compile or a line sticks out into the margin.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.differentiation.gradient import gradient
from derive.differentiation.rules import RULES
from derive.networks.network import Network
from derive.rendering.derivations import derivation_document
from derive.rendering.formats import render

RESULTS = Path(__file__).parent / "results" / "latex.md"
BASE: dict[str, Any] = {"widths": ("n0", "n1", "n2"), "activations": ("sigmoid",), "batch": "N", "l2": "lam/2"}

CASES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "two layers, L2, column layout": ({}, "W1", {}),
    "two layers, L2, row layout": ({"layout": "row"}, "W1", {}),
    "numerator layout": ({"gradient": "numerator"}, "W1", {}),
    "brief": ({}, "W1", {"detail": "brief"}),
    "every step": ({}, "W1", {"detail": "every"}),
    "shapes under the factors": ({}, "W1", {"shapes": True}),
    "every step, shapes, broadcasts, numbers": (
        {}, "W1", {"detail": "every", "shapes": True, "broadcast": True, "numbered": True}
    ),
    "one example, no regulariser": ({"batch": None, "l2": None}, "b1", {}),
    "softmax and cross-entropy": ({"activations": ("tanh", "softmax"), "loss": "softmax-ce"}, "W1", {}),
    "leaky ReLU, L1": ({"activations": ("leaky_relu", "identity"), "l2": None, "l1": "lam"}, "W1", {"shapes": True}),
    "GELU": ({"activations": ("gelu", "identity")}, "W1", {"detail": "every"}),
    "unspecified f, binary cross-entropy": ({"activations": ("f", "sigmoid"), "loss": "bce"}, "W1", {}),
    "four layers": ({"widths": ("n0", "n1", "n2", "n3", "n4")}, "W1", {"numbered": True}),
    "numbers for widths": ({"widths": (2, 3, 1), "batch": 4}, "b1", {"broadcast": True}),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What pdflatex said of one document."""

    name: str
    pages: int
    warnings: int
    overfull: float
    error: str

    @property
    def good(self) -> bool:
        return not self.error and self.overfull < 1.0


def documents() -> Iterator[tuple[str, str]]:
    """Each case with its LaTeX."""
    for name, (options, wrt, how) in CASES.items():
        problem = Network(**(BASE | options)).problem(wrt)
        yield name, render(derivation_document(gradient(problem, wrt), rules=RULES, **how), "latex")


def compiled(name: str, source: str, directory: Path) -> Result:
    """Compile one document twice, as a person would, and read the log."""
    stem = re.sub(r"\W+", "-", name)
    (directory / f"{stem}.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{stem}.tex"]
    for _ in range(2):
        run = subprocess.run(command, cwd=directory, capture_output=True, text=True, errors="replace", check=False)
    log = (directory / f"{stem}.log").read_text(encoding="utf-8", errors="replace")
    errors = re.findall(r"^! (.*)$", log, re.M)
    pages = re.search(r"Output written on .* \((\d+) pages?", log)
    wide = [float(x) for x in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    error = errors[0] if errors else "" if run.returncode == 0 else f"exit code {run.returncode}"
    warnings = len(re.findall(r"(?:LaTeX|Package \w+) Warning", log))
    return Result(name, int(pages[1]) if pages else 0, warnings, max(wide, default=0.0), error)


def report(results: list[Result]) -> str:
    """The log as Markdown."""
    version = subprocess.run(["pdflatex", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[
        0
    ]
    rows = "\n".join(
        f"| {r.name} | {r.error or 'compiled'} | {r.pages} | {r.warnings} | {r.overfull:.1f} pt |" for r in results
    )
    good = sum(r.good for r in results)
    return f"""# The LaTeX of derivations compiles

Command: `python benchmarks/compile_latex.py` (each document twice with `pdflatex -halt-on-error`)

- date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}
- {version}
- Python {sys.version.split()[0]}
- {good} of {len(results)} documents compile with no line in the margin

| derivation | result | pages | warnings | widest line beyond the margin |
|---|---|---:|---:|---:|
{rows}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="keep the .tex and .pdf files in this directory")
    parser.add_argument("--log", type=Path, default=RESULTS, help="where the report goes")
    options = parser.parse_args()
    if shutil.which("pdflatex") is None:
        print("pdflatex is not installed; see the head of this file.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        results = [compiled(name, source, directory) for name, source in documents()]
    options.log.parent.mkdir(parents=True, exist_ok=True)
    options.log.write_text(report(results), encoding="utf-8")
    print(report(results))
    return 0 if all(r.good for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
