"""Right notes are never called wrong: examples in rows where nobody says so, e as a name, spellings of later names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notes_documents import checked, verdicts

pytestmark = pytest.mark.usefixtures("in_this_process")


def _context(*lines: str) -> str:
    return "```derive\n" + "\n".join(lines) + "\n```\n\n"


def _lines(*formulas: str) -> str:
    return "\n\n".join(f"$$ {formula} $$" for formula in formulas)


_ROWS = _context("[shapes]", 'X = ["N", "n"]', 'W = ["n", "m"]', 'w = ["n"]', 'b = [1, "m"]', 'y = ["N"]')
_COLUMNS = _context("[shapes]", 'X = ["n", "N"]', 'W = ["m", "n"]', 'b = ["m"]')
_BARE = _context("[shapes]", 'Z = ["N", "m"]')
_ENTRY = r"P_{ik} = \frac{e^{Z_{ik}}}{\sum_j e^{Z_{%s}}}"


def test_the_layer_shows_along_which_axis_softmax_goes(tmp_path: Path) -> None:
    """Z = X W + b is of rows, Z = W X + b of columns: the other form is wrong there, as it is where one is declared."""
    for context, layer, right, wrong in ((_ROWS, "X W + b", "ij", "jk"), (_COLUMNS, "W X + b", "jk", "ij")):
        text = _lines(f"Z = {layer}", r"P = \operatorname{softmax}(Z)", _ENTRY % right, _ENTRY % wrong)
        assert verdicts(tmp_path, context + text) == ["definition", "definition", "proved", "refuted"]


def test_what_is_right_in_one_layout_of_examples_is_not_wrong(tmp_path: Path) -> None:
    """Where nothing shows how they stand, either form may be meant; what is wrong in both is wrong."""
    text = _lines(r"P = \operatorname{softmax}(Z)", _ENTRY % "ij", _ENTRY % "jk", "2 " + _ENTRY % "ij")
    assert verdicts(tmp_path, _BARE + text) == ["definition", "not understood", "proved", "refuted"]
    rows = _lines(r"\hat{y} = X w", r"\hat{y}_i = w^T x^{(i)}", r"L = \sum_i (\hat{y}_i - y_i)^2",
                  r"\nabla_w L = 2 \sum_i (\hat{y}_i - y_i) x^{(i)}")  # fmt: skip
    assert verdicts(tmp_path, _ROWS + rows) == ["definition", "proved", "definition", "proved"]


def test_e_is_what_the_notes_call_so_and_its_powers_stay_exponentials(tmp_path: Path) -> None:
    head = _context("[shapes]", 'y = ["N"]', 'X = ["N", "n"]', 'w = ["n"]')
    text = _lines("e = y - X w", "L = e^T e", "L = \\sum_i e_i^2", r"\nabla_w L = -2 X^T e",
                  r"\sigma(z) = \frac{1}{1 + e^{-z}}", r"\nabla_w L = 2 X^T e")  # fmt: skip
    assert verdicts(tmp_path, head + text) == ["definition"] * 2 + ["proved"] * 3 + ["refuted"]
    scalar = _context("[shapes]", "y = []", 'x = ["n"]', 'w = ["n"]')
    text = _lines(r"L = \frac12 e^2", "e = y - w^T x", r"\nabla_w L = -(y - w^T x) x", r"\nabla_w L = e x")
    assert verdicts(tmp_path, scalar + text) == ["definition"] * 2 + ["proved", "refuted"]


def test_a_spelling_holds_from_where_its_name_has_a_meaning(tmp_path: Path) -> None:
    """One of a name that nothing defines is told of, and the rest is checked all the same."""
    head = _COLUMNS + _context("[notation]", r"'z_j^{(i)}' = 'Z[j,i]'", r"'\zeta' = 'nothing'")
    text = _lines("Z = W X + b", r"z_j^{(i)} = \sum_k W_{jk} X_{ki} + b_j", r"z_j^{(i)} = \sum_k W_{jk} X_{ki}")
    assert verdicts(tmp_path, head + text) == ["definition", "proved", "refuted"]
    (found,) = checked(tmp_path, head + text).files
    assert [warning.message.partition(": ")[0] for warning in found.warnings] == [r"[notation] \zeta"]


def test_two_digits_at_a_row_of_weights_are_its_row_and_column(tmp_path: Path) -> None:
    """w_{12}^{[2]} is an entry of the 1×3 matrix of an output; it has no entry 12."""
    head = _context("[network]", "widths = [2, 3, 1]", "activations = ['relu', 'sigmoid']")
    delta = r"\delta_2^{[1]} = w_{1%s}^{[2]} \delta_1^{[2]} \mathbb{1}[z_2^{[1]} > 0]"
    text = _lines(delta % "2", r"z_1^{[2]} = \sum_{j=1}^{3} w_{1j}^{[2]} \max(0, z_j^{[1]}) + b_1^{[2]}", delta % "3")
    assert verdicts(tmp_path, head + text) == ["proved", "proved", "refuted"]


def test_what_a_function_of_the_notes_says_of_itself_is_a_claim(tmp_path: Path) -> None:
    """σ_1 may be the identity to its author; s(z) = 1 − s(−z) does not define s anew."""
    text = _lines(r"\sigma_1(t) = t", r"\sigma_1'(t) = 1", r"s(t) = \frac{1}{1 + e^{-t}}", "s(t) = 1 - s(-t)",
                  "s'(t) = s(t) s(-t)", "s'(t) = s(t) (1 + s(t))")  # fmt: skip
    found = ["definition", "proved", "definition", "proved", "proved", "refuted"]
    assert verdicts(tmp_path, _BARE + text) == found
