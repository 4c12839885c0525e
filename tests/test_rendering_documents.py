"""Laws of documents: every block in every format, hostile text has no power, lines are broken but never lost."""

from __future__ import annotations

import itertools
import json
import random
import re

import pytest

from derive.differentiation.derivation import Derivation, Stage, Step
from derive.errors import UsageError
from derive.expression.functions import apply
from derive.expression.nodes import Derivative, Product, Reduce, Shorthand, Sum, Tensor, Transpose, number, scalar
from derive.expression.problem import Definition, Problem, Question
from derive.expression.sizes import column, matrix
from derive.rendering import html, json_output, latex_document, markdown, terminal
from derive.rendering.derivations import derivation_document
from derive.rendering.document import (
    BLOCKS,
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Line,
    Member,
    Paragraph,
    Picture,
    ShapeOf,
    Table,
    Verbatim,
)
from derive.rendering.drawing import Area, Box, Curve, Dot, Drawing, Label
from derive.rendering.formats import FORMATS, render
from derive.rendering.lines import breaks
from derive.rendering.measure import print_width
from derive.rendering.tables import table
from derive.writing.names import display_width, escape_latex, latex_name, split_name, unicode_name

W, x = Tensor("W1", matrix("n", "m")), Tensor("x", column("m"))
y, b, z, delta = (Tensor(name, column("n")) for name in ("y", "b", "z1", "delta1"))
E, lam = scalar("E"), scalar("lam")

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "[bold]loud[/bold] [link=x]",
    "\\end{document}\\input{/etc/passwd}",
    "$$ \\evil $$",
    "a_b^c ~ # % & {",
    "<script>alert(1)</script>",
    "| pipe | `code` **bold** _it_ ![i](u)",
    "bidi \u202e tfel",
    "bell \x07 null \x00 \x9b31m",
    "line\nbreak\r\n\n\nagain",
    "```\nfence",
    "日本語 é ∂ σ₂ ℵ 🎉",
)


def sample(title: str = "", note: str = "") -> Derivation:
    """δ₁ = ∂E/∂z₁ and then ∂E/∂W₁, by hand."""
    definitions = (
        Definition(z, Sum((W @ x, b))),
        Definition(E, Sum((number("1/2") * Shorthand("norm", (apply("relu", z) - y,)) ** 2, lam * Reduce(W**2)))),
    )
    problem = Problem(title=title, definitions=definitions, question=Question(E, W), notes=(note,) if note else ())
    to_z, to_w = Derivative(E, z), Derivative(E, W)
    residual = Sum((apply("relu", z), Product((number(-1), y))))
    first = Shorthand("inner", (residual, apply("relu", z)))
    lines = (Derivative(first, z, "partial"), Product((residual, apply("relu", z, order=1))))
    regulariser = Derivative(lam * Reduce(W**2), W, "partial")
    outer = delta @ Transpose(x)
    stage1 = Stage(delta, to_z, (
        Step(to_z, "chain_rule", lines[0], note, "brief"),
        Step(lines[0], "elementwise_function", lines[1], "", "normal"),
        Step(lines[1], "tidy_product", lines[1], "", "every"),
    ))  # fmt: skip
    stage2 = Stage(None, to_w, (
        Step(to_w, "chain_rule", Sum((outer, regulariser)), "", "brief"),
        Step(Sum((outer, regulariser)), "square", Sum((outer, 2 * (lam * W))), "", "normal"),
        Step(Sum((outer, 2 * (lam * W))), "numbers_in_front", Sum((outer, Product((number(2), lam, W)))), "", "every"),
    ))  # fmt: skip
    return Derivation(problem, W, (stage1, stage2))


def everything(text: str = "plain") -> Document:
    """A document with every kind of block, all of which show a text."""
    lines = (Line(E, lam * lam, (text,), ("rule",), text), Line(None, lam, (text, ShapeOf(x.shape))))
    blocks = (
        Heading((text, E)),
        Heading((delta, " = ", Derivative(E, z)), 2),
        Paragraph((text, Member(W), ShapeOf(W.shape))),
        Bullets(((text,), (lam, text))),
        DerivationBlock(lines, number=1),
        Table(((text,), ("value",)), (((text,), (E,)), ((x,), (text,))), (text,)),
        Verbatim(text),
        Picture(drawing(text), text, (text, E)),
    )
    return Document((text, x), blocks)


def drawing(text: str) -> Drawing:
    """Every kind of mark, with the text in a label."""
    triangle = ((0.0, 0.0), (10.0, 0.0), (5.0, 8.0))
    marks = (
        Box(1, 1, 50, 20, "main", "soft"),
        Curve((*triangle, (9.0, 9.0)), "ink", smooth=True, arrow=True, dashed=True),
        Area(triangle, "faint"),
        Dot(3, 3, 2, "accent", hollow=True),
        Label(5, 5, (text, W), halo=True, turned=True, bold=True),
    )
    return Drawing(60, 30, marks)


def test_every_block_has_a_rule_in_every_format() -> None:
    modules = (terminal, latex_document, markdown, json_output, html)
    for renderers in (module.RENDERERS for module in modules):
        assert set(renderers) == set(BLOCKS) == {type(block) for block in everything().blocks}


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize("detail", ["brief", "normal", "every"])
@pytest.mark.parametrize("shapes", [False, True])
def test_a_derivation_in_every_format(format: str, detail: str, shapes: bool) -> None:
    document = derivation_document(sample(), detail=detail, shapes=shapes, numbered=True)  # type: ignore[arg-type]
    written = render(document, format)
    assert written.endswith("\n")
    assert "chain rule" in written
    assert ("elementwise function" in written) is (detail != "brief")
    assert ("tidy product" in written) is (detail == "every")


def test_first_and_last_line_of_each_stage_are_always_shown() -> None:
    for detail in ("brief", "normal", "every"):
        derivation = sample()
        blocks = derivation_document(derivation, detail=detail).blocks  # type: ignore[arg-type]
        shown = [block for block in blocks if isinstance(block, DerivationBlock) and block.kind == "stage"]
        for block, stage in zip(shown, derivation.stages, strict=True):
            assert block.lines[0].left == stage.target
            assert block.lines[-1].right == stage.result
            assert all(line.left is None for line in block.lines[1:])
            assert [r for line in block.lines for r in line.rule] == [step.rule for step in stage.steps]


def test_rules_are_shown_by_their_titles() -> None:
    class Row:
        title = "the chain, link by link"
        law = "the law of the chain"

    assert "the chain, link by link" in render(derivation_document(sample(), rules={"chain_rule": Row()}))


def test_a_law_stands_beside_the_step_that_uses_it_first() -> None:
    class Row:
        title = "chain rule"
        law = "the law of the chain"

    page = render(derivation_document(sample(), rules={"chain_rule": Row()}), "html")
    assert page.count('<span class="law">the law of the chain</span>') == 1
    assert page.count('title="the law of the chain">chain rule') == 2


def test_kinks_are_listed_as_conventions() -> None:
    assert "ReLU′(0) = 0, chosen between 0 and 1" in render(derivation_document(sample()))


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_steers_the_terminal(format: str, text: str) -> None:
    written = render(everything(text), format)
    allowed = {"\n"}
    assert not [c for c in written if (c < " " or "\x7f" <= c <= "\x9f" or c == "\u202e") and c not in allowed]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_taken_for_markup_of_the_terminal(text: str) -> None:
    coloured = terminal.terminal(Document((text,), (Paragraph((text,)),)), color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal.terminal(Document((text,), (Paragraph((text,)),)))
    if "[bold]" in text:
        assert "[bold]loud[/bold]" in coloured


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_taken_for_latex(text: str) -> None:
    written = render(everything(text), "latex")
    assert written.count(r"\end{document}") == 1
    assert r"\input{" not in written
    assert r"\evil" not in written
    escaped = escape_latex(text)
    assert not re.search(r"(?<!\\)[%&#]", escaped)
    assert len(re.findall(r"(?<!\\)\$", escaped)) % 2 == 0
    assert len(re.findall(r"(?<!\\)\{", escaped)) == len(re.findall(r"(?<!\\)\}", escaped))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_taken_for_markdown_or_html(text: str) -> None:
    prose = re.sub(r"^(```+)text\n.*?^\1$", "", render(everything(text), "markdown"), flags=re.S | re.M)
    prose = re.sub(r"^!(?=\[.*\]\(data:image/svg\+xml;base64,[\w+/=]+\)$)", "", prose, count=1, flags=re.M)
    assert "<script" not in prose
    assert not re.search(r"(?<!\\)!\[", prose)
    assert not re.search(r"(?<!\\)`", prose)
    assert r"\evil" not in prose.replace(r"\\evil", "")


@pytest.mark.parametrize("text", ["plain", *HOSTILE])
def test_blocks_of_mathematics_in_markdown_have_no_blank_lines(text: str) -> None:
    written = render(everything(text), "markdown")
    blocks = re.findall(r"^\$\$\n(.*?)\n\$\$$", written, re.S | re.M)
    assert len(blocks) == 1
    for block in blocks:
        assert "\n\n" not in block
        assert block.startswith(r"\begin{aligned}")
        assert block.endswith(r"\end{aligned} \tag{1}")
        assert "<" not in block
        assert r"\operatorname" not in block


def test_markdown_uses_no_macros_of_its_own() -> None:
    written = render(derivation_document(sample()), "markdown")
    assert not re.search(r"\\(newcommand|def|operatorname|rlap|displaystyle)\b", written)
    assert r"&& \text{chain rule}" in written


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_on_a_terminal_lines_fit_where_they_can(width: int) -> None:
    written = terminal.terminal(derivation_document(sample(note="a note")), width=width)
    limit = max(width, 62)
    assert all(display_width(line) <= limit for line in written.split("\n"))


def test_piped_output_is_not_wrapped() -> None:
    long = "word " * 100
    written = terminal.terminal(Document(("t",), (Paragraph((long,)), Bullets(((long,),)))))
    assert sum(long.strip() in line for line in written.split("\n")) == 2


def test_wrapping_loses_nothing() -> None:
    document = derivation_document(sample(), detail="every")
    words = [sorted("".join(terminal.terminal(document, width=width).split())) for width in (None, 50, 80)]
    assert words[0] == words[1] == words[2]


def test_shapes_stand_under_their_factors() -> None:
    lines = terminal.terminal(derivation_document(sample(), shapes=True)).split("\n")
    above = next(k for k, line in enumerate(lines) if "δ₁" in line and "xᵀ" in line)
    start = lines[above].index("xᵀ")
    assert "1×m" in lines[above + 1][start - 2 : start + 4]


def test_breaks_keep_all_terms_in_order_and_fit() -> None:
    rng = random.Random(3)
    for _ in range(200):
        widths = [rng.randint(1, 30) for _ in range(rng.randint(1, 12))]
        groups = breaks(widths, 40)
        assert [k for g in groups for k in range(g.start, g.stop)] == list(range(len(widths)))
        assert all(sum(widths[g]) <= 40 for g in groups if g.stop - g.start > 1)


def test_json_has_every_step_as_text_latex_rule_and_shape() -> None:
    found = json.loads(render(derivation_document(sample(), detail="every"), "json"))
    assert [step["rules"] for step in found["steps"]] == [[s.rule] for s in sample().steps]
    assert found["result"]["text"] == "delta1 @ x.T + 2*lam*W1"
    assert found["result"]["shape"] == ["n", "m"]
    assert {"text", "latex", "unicode", "shape", "reason"} <= set(found["steps"][0])
    assert found["steps"][0]["stage"] == "delta1"


def test_formats_are_known_by_name() -> None:
    with pytest.raises(UsageError, match="markdown"):
        render(everything(), "markdwon")


def test_names_are_taken_apart_and_stay_apart() -> None:
    names = [
        "W",
        "W1",
        "W12",
        "w1",
        "W_out",
        "W_o",
        "yhat",
        "y",
        "ybar",
        "alpha",
        "a",
        "alpha1",
        "Delta",
        "loss",
        "d",
        "x_1y",
    ]
    for write in (latex_name, unicode_name):
        for one, other in itertools.combinations(names, 2):
            assert write(one) != write(other)
    for same in (("lam", "lambda", "λ"), ("W1", "W_1"), ("delta2", "δ2"), ("yhat", "y_hat")):
        assert len({split_name(name) for name in same}) == 1


def test_print_width_follows_what_is_seen() -> None:
    assert print_width(r"\frac{a + b + c}{d}") == print_width("a + b + c")
    assert print_width("x^{2}_{1}") < print_width("x 2 1")
    assert print_width(r"\operatorname{softmax}(z)") > print_width(r"\sigma(z)")
    assert print_width("") == 0


def test_tables_of_values() -> None:
    made = table(["name", "error", "agrees"], [[W, 3.2e-13, True], ["b", None, False]], "routes")
    assert made.right == frozenset({1})
    lines = render(Document(("t",), (made,))).split("\n")
    assert [line.split() for line in lines if "W₁" in line or "no" in line] == [["W₁", "3.2e-13", "yes"], ["b", "no"]]
    with pytest.raises(ValueError, match="1 cells"):
        table(["a", "b"], [["only"]])
