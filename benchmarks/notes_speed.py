"""How long notes of a thousand equations take: at first, again, and after one line was changed.

    python -m benchmarks.notes_speed [--equations NUMBER] [--write]

The notes are those of a network with one hidden layer, in the words of a lecture: forward pass, gradients, updates,
chains and names of their own. Each run is a process of its own, as on the command line; times are its processor time,
so that other work on the machine does not count. The same is measured of the chapters of benchmarks/notes. With --write
the tables go to benchmarks/results/notes_speed.md.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.running import RESULTS, heading, table

CONTEXT = """```derive
[network]
widths = ["n_0", "n_1", "n_2"]
activations = "sigmoid"
batch = "N"
l2 = "lam/2"
```
"""
CLAIMS = (
    r"Z_1 = W_1 X + b_1 \mathbf{1}^\top",
    r"A_1 = \sigma(Z_1)",
    r"\delta_2 = \frac{1}{N} (A_2 - Y) \odot A_2 \odot (1 - A_2)",
    r"\delta_1 = W_2^\top \delta_2 \odot A_1 \odot (1 - A_1)",
    r"\frac{\partial E}{\partial W_2} = \delta_2 A_1^\top + \lambda W_2",
    r"\frac{\partial E}{\partial W_1} = \delta_1 X^\top + \lambda W_1",
    r"\frac{\partial E}{\partial b_2} = \delta_2 \mathbf{1}",
    r"\nabla_{b_1} E = \delta_1 \mathbf{1}",
    r"\sigma'(z) = \sigma(z)(1 - \sigma(z))",
    r"W_1 \leftarrow W_1 - \eta (\delta_1 X^\top + \lambda W_1)",
    r"\delta_1 = \frac{\partial E}{\partial Z_1} = (W_2^\top \delta_2) \odot \sigma'(Z_1)"
    r" = W_2^\top \delta_2 \odot (A_1 - A_1 \odot A_1)",
    r"E = \frac{1}{2N} \|A_2 - Y\|^2 + \frac{\lambda}{2} (\|W_1\|^2 + \|W_2\|^2)",
)


PAGES = Path(__file__).parent / "notes"
CHANGED = ("two_three_four_one.md", r"= W^{[2] \top} \delta^{[2]} . $$", r"= W^{[2]} \delta^{[2]} . $$")
"""An equation of one chapter, and what becomes of it."""


def notes(equations: int, seed: int = 1) -> str:
    """Notes with so many relations."""
    chosen = random.Random(seed)
    out, count = [CONTEXT], 0
    while count < equations:
        if len(out) % 12 == 0:
            k = len(out)
            out.append(f"Let $u_{{{k}}} = W_1 X + {k} Z_1$, so that $u_{{{k}}} - Z_1 = W_1 X + {k - 1} Z_1$.\n")
            count += 2
        claim = chosen.choice(CLAIMS)
        out.append(f"Words before it.\n\n$$\n{claim}\n$$\n")
        count += claim.count("=") + claim.count("leftarrow")
    return "\n".join(out)


def seconds(paths: Sequence[Path], cache: Path) -> tuple[float, str]:
    """Processor time of one run, and its last line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "cli.py"), "notes", *map(str, paths)],
        env={**os.environ, "DERIVE_CACHE_DIR": str(cache)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used, done.stdout.strip().splitlines()[-1]


def measured(equations: int) -> list[tuple[str, str, str]]:
    """The rows of the table."""
    text = notes(equations)
    name = "u_{" + text.partition("Let $u_{")[2].partition("}")[0] + "}"
    changes = (
        ("first run", text),
        ("again", text),
        ("after words were changed", text.replace("Words before it.", "Other words.", 5)),
        ("after one equation was changed", text.replace(CLAIMS[3], CLAIMS[3].replace("(1 - A_1)", "(A_1 - 1)"), 1)),
        ("after a definition was changed", text.replace(f"Let ${name} = W_1 X", f"Let ${name} = 2 W_1 X", 1)),
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.md"
        for what, content in changes:
            path.write_text(content, encoding="utf-8")
            used, last = seconds([path], Path(folder) / "cache")
            rows.append((what, f"{used:.1f} s", last))
    return rows


def chapters() -> list[tuple[str, str, str]]:
    """The rows for the chapters of lecture notes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        pages = [Path(shutil.copy(page, folder)) for page in sorted(PAGES.iterdir())]
        changed = Path(folder) / CHANGED[0]
        for what, old, new in (
            ("first run", "", ""),
            ("again", "", ""),
            ("after one equation was changed", *CHANGED[1:]),
        ):
            text = changed.read_text(encoding="utf-8")
            assert old in text
            changed.write_text(text.replace(old, new, 1), encoding="utf-8")
            used, last = seconds(pages, Path(folder) / "cache")
            rows.append((what, f"{used:.1f} s", last))
        changed.write_text(changed.read_text(encoding="utf-8").replace(CHANGED[2], CHANGED[1], 1), encoding="utf-8")
        used, last = seconds([changed], Path(folder) / "cache")
        return [*rows, ("that chapter by itself, when it was put right", f"{used:.1f} s", last)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--equations", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    page = heading("Notes of a thousand equations")
    page += "\n" + table(("run", "processor time", "what it says"), measured(given.equations))
    page += "\nThe chapters of benchmarks/notes, all at once:\n\n"
    page += table(("run", "processor time", "what it says"), chapters())
    print(page)
    if given.write:
        (RESULTS / "notes_speed.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
