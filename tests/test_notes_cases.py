"""Cases in notes: what a line or a remark sets as a condition rules what it is said of, and nothing after that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notes_documents import verdicts

pytestmark = pytest.mark.usefixtures("in_this_process")

HEAD = "```derive\n[shapes]\nx = ['n']\n[indices]\ns = 'n'\n[define]\no = 'softmax(x)'\nE = '-log(o[s])'\n```\n\n"
CLAIM = r"\frac{\partial E}{\partial x_i} = o_s - 1"


@pytest.mark.parametrize(
    "case",
    [
        f"#### Case 2: $i = s$\n\n$${CLAIM}$$",
        f"When $i = s$, we get\n\n$${CLAIM}$$",
        f"**If $i = s$:**\n\n$${CLAIM}$$",
        f"- $i = s$: ${CLAIM}$",
        f"* Falls $i = s$:\n\n  $${CLAIM}$$",
        f"Для случая $i = s$ имеем ${CLAIM}$",
        rf"$$\begin{{aligned}}{CLAIM} && i = s\end{{aligned}}$$",
        rf"$${CLAIM} \qquad (i = s)$$",
    ],
)
def test_a_case_rules_its_claims_alone(tmp_path: Path, case: str) -> None:
    found = verdicts(tmp_path, f"{HEAD}{case}\n\nSo that\n\n$${CLAIM}$$\n")
    assert found[-1] == "refuted"
    assert "refuted" not in found[:-1]


@pytest.mark.parametrize("words", ["and not", "rather than", "und nicht"])
def test_what_is_said_not_to_be_so_is_no_claim(tmp_path: Path, words: str) -> None:
    assert verdicts(tmp_path, f"{HEAD}It is so, {words} ${CLAIM}$.")[-1] == "not checked"


def test_a_list_of_what_a_function_may_be_defines_none(tmp_path: Path) -> None:
    head = "```derive\n[network]\nwidths = ['n0', '...', 'nL']\nactivations = ['g', 'sigmoid']\n```\n\n"
    listed = r"$$\text{tanh:}\quad g(z) = \tanh(z) \\ \text{identity:}\quad g(z) = z$$" + "\n\n"
    claims = r"$a^{[l]} = g(z^{[l]})$, $a^{[L]} = \sigma(z^{[L]})$ and $a^{[l]} = z^{[l]}$"
    assert verdicts(tmp_path, head + listed + claims)[-3:] == ["proved", "proved", "refuted"]
