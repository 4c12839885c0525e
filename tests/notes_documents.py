"""Notes for tests: written to files, checked without results of earlier runs."""

from __future__ import annotations

from pathlib import Path

from derive.notes.check import Settings, check_notes
from derive.notes.reporting.report import Entry, Report

NETWORK = """```derive
[network]
widths = ["n_0", "n_1", "n_2"]
activations = "sigmoid"
batch = "N"
l2 = "lam/2"
```
"""

RIGHT = (
    r"Z_1 = W_1 X + b_1",
    r"A_1 = \sigma(Z_1)",
    r"\delta_2 = \frac{1}{N} (A_2 - Y) \odot A_2 \odot (1 - A_2)",
    r"\delta_1 = W_2^\top \delta_2 \odot A_1 \odot (1 - A_1)",
    r"\frac{\partial E}{\partial W_2} = \delta_2 A_1^\top + \lambda W_2",
    r"\nabla_{W_1} E = \delta_1 X^\top + \lambda W_1",
    r"\frac{\partial E}{\partial b_2} = \delta_2 \mathbf{1}",
    r"\sigma'(z) = \sigma(z) (1 - \sigma(z))",
)
"""Right in NETWORK."""

WRONG = (
    (r"\frac{\partial E}{\partial W_2} = \delta_2 A_1^\top + 2 \lambda W_2", "factor-in-regulariser"),
    (r"\delta_1 = W_2^\top \delta_2 \odot A_1", "function-for-derivative"),
    (r"\delta_2 = \frac{1}{N} (Y - A_2) \odot A_2 \odot (1 - A_2)", "target-minus-prediction"),
    (r"\frac{\partial E}{\partial W_1} = X^\top \delta_1", "shape"),
    (r"\delta_2 = (A_2 - Y) \odot A_2 \odot (1 - A_2)", "missing-mean"),
)
"""Wrong in NETWORK, with the code of the mistake."""

FRESH = Settings(keep=False)


def written(folder: Path, text: str, name: str = "notes.md") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def checked(folder: Path, text: str, name: str = "notes.md") -> Report:
    return check_notes(written(folder, text, name), settings=FRESH)


def entries(folder: Path, text: str, name: str = "notes.md") -> list[Entry]:
    return [entry for file in checked(folder, text, name).files for entry in file.entries]


def verdicts(folder: Path, text: str, name: str = "notes.md") -> list[str]:
    return [entry.verdict for entry in entries(folder, text, name)]
