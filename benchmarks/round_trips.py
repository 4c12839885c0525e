"""Random expressions written as text and as LaTeX, and read back.

    python -m benchmarks.round_trips [--count 3000] [--write]

Text must be read back as the same expression. LaTeX must be read back as the same expression or as one that is proved
equal to it for all sizes (brackets that only group are not written, and a fraction may move within its product); a
reading that is ambiguous counts as a failure. Every node class occurs. With --write the table goes to
benchmarks/results/round_trips.md.
"""

from __future__ import annotations

import argparse
import collections
import time

from benchmarks.running import RESULTS, heading, table
from derive.expression.text import text
from derive.notation import read
from derive.writing.latex import latex
from tests.expressions import SCOPE
from tests.round_trips import latex_back, samples


def main() -> int:
    """Run the campaign; exit 1 if an expression was read back as something else."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    found = samples(options.count, 20261122)
    as_text = collections.Counter("same" if read(text(e), SCOPE) == e else "differs" for e in found)
    as_latex: collections.Counter[str] = collections.Counter()
    failures = []
    for e in found:
        outcome = latex_back(e)
        as_latex[outcome.split(":")[0]] += 1
        if outcome not in ("same", "equal"):
            failures.append([f"`{text(e)[:90]}`", f"`{latex(e)[:120]}`", outcome])
    rows = [
        [way, word, number]
        for way, counts in (("text", as_text), ("LaTeX", as_latex))
        for word, number in counts.items()
    ]
    parts = [
        heading("Round trips"),
        table(["written as", "read back as", "expressions"], rows),
        f"Processor time: {time.process_time() - began:.0f} s.",
    ]
    if failures:
        parts += ["Not read back:", table(["expression", "LaTeX", "what became of it"], failures)]
    report = "\n\n".join(str(p) for p in parts) + "\n"
    print(report)
    if options.write:
        (RESULTS / "round_trips.md").write_text(report, encoding="utf-8")
    return 1 if failures or as_text["differs"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
