"""Answers as NumPy, PyTorch, MATLAB, R, Unicode and ASCII mathematics have them, right and wrong.

    python -m benchmarks.text_answers [--write]

benchmarks/corpora/text_answers.toml holds the questions, text_answers.jsonl the answers. Each was written, and its
truth settled by hand, before the program had seen it; `set` says whether it belongs to the first answers or to those
that were written after the reader had been mended on them. With --write the table goes to
benchmarks/results/text_answers.md.
"""

from __future__ import annotations

import argparse

from benchmarks.latex_answers import answers, decided, questions, report
from benchmarks.running import RESULTS

NOTES = """## First runs

Of the first answers (t) 206 are right: 124 were proved as they came, 77 not understood, and 5 refuted or conditional.
97 are wrong: 66 were refuted or conditional, 31 not understood. After the reader had been mended on them others were
written (u): of 47 right ones 37 were proved at first, 8 not understood, 2 refuted; all of 18 wrong ones were refuted or
conditional. None of the wrong ones was accepted, at first or now.

What was mended, by its causes:

- einsum, names and methods of libraries (`Z.sigmoid()`, `A.mul(B)`, `F.softmax(Z, dim=1)`, `clamp`, `t(X) %*% D`),
  `dim=` and `keepdim=`, `[:, None]`, `reshape(-1, 1)`, `X.shape[0]`, sizes in brackets of their own, `ones((1, N))`.
- Sums along an axis have one axis in NumPy: they are a column or a row where only that conforms. The last axis of a
  column is its only one.
- Beside `.*` and `'` the axes are MATLAB's, 1 and 2, and `sum(X)` of a matrix goes down its columns.
- `np.identity(n)` was the function that changes nothing, applied to n; `np.linalg.norm(x, 1)` was the norm along an
  axis: it is refused now, as are all norms but two.
- `1ᵀ(…)`, `λI`, `x ⊗ y`, `Σ_i (p_i − y_i) x_i` are read as mathematics where text has no reading that conforms; a row
  is not added to a column.

Of the right ones that are still refused, `2*D*V` and `X^T * (…)` have `*` for a matrix product, which is entry by entry
here and said to be; `X^T (A - Y) .* A .* (1 - A)` conforms in another order only; three axes, `.reduce`, `.outer` of
functions, `tensordot` and `transpose_a=` are not read.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    asked = questions("text_answers.toml")
    results = [decided(asked[a.question], a) for a in answers("text_answers.jsonl", "text")]
    text = report(results, "Answers as text, right and wrong", NOTES)
    if given.write:
        (RESULTS / "text_answers.md").write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
