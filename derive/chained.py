"""Certificates of second derivatives: two certificates, of which the second differentiates what the first has found.

Like `certificate` this uses nothing but the standard library and the checker itself. The first part proves
∂E/∂v = A, the second ∂A[i]/∂w = the answer; here it is checked that both speak of the same problem, and that the
objective of the second is an entry of the answer of the first. Format: docs/certificates.md.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from derive.certificate import Theorem, parse
from derive.certificate import replay as replay_one
from derive.expander import need

FORMAT = "derive certificates in a row 1"
_SAME = ("definitions", "facts", "equations")
_AGREE = ("names", "functions", "indices")


def replay(found: Mapping[str, Any]) -> Theorem:
    """The theorem that a certificate, or two in a row, proves; Refused, naming the step, if there is none."""
    if found.get("format") != FORMAT:
        return replay_one(found)
    need({*found} == {"format", "parts"} and len(found["parts"]) == 2, "unknown or missing keys")
    first, second = found["parts"]
    theorems = [replay_one(first), replay_one(second)]
    _joined(first, second)
    # A gradient's name means something else in each part; in the statements what it means is written out.
    slopes = tuple(f"{name} = d(" for part in (first, second) for name in part["problem"]["gradients"])
    lines = [line for theorem in theorems for line in theorem.lines if not line.startswith(slopes)]
    return Theorem(theorems[1].statement, (theorems[0].statement, *dict.fromkeys(lines)))


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Refuse parts that do not speak of the same things, or of which the second differentiates something else."""
    a, b = first["problem"], second["problem"]
    need(not a["held"] and not b["held"], "both parts know the whole objective")
    need(all(a[key] == b[key] for key in _SAME), "the parts have different problems")
    for key in _AGREE:
        need(all(b[key].get(name, value) == value for name, value in a[key].items()), f"the parts differ in {key}")
    need(first["question"] in a["gradients"], "the first part is not about a whole gradient")
    of = parse(b["objective"])
    whole = of.value if isinstance(of, ast.Subscript) else of
    need(ast.unparse(whole) == first["answer"], "the second part differentiates something else")
    asked, named = _subject(second["question"]), _names(whole) | _names(parse(second["answer"]))
    need(asked in b["gradients"], "the second part is not about a derivative")
    need(not {*a["gradients"], *b["gradients"]} & named, "an answer is no closed form")
    need(not any(_names(parse(formula)) & {*a["gradients"]} for _, formula in a["definitions"]), "a name is a gradient")


def _names(e: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(e) if isinstance(node, ast.Name)}


def _subject(question: str) -> str:
    """The name of a gradient that a question is about, turned or an entry of it."""
    e = parse(question)
    while isinstance(e, ast.Subscript | ast.Attribute):
        e = e.value
    need(isinstance(e, ast.Name), "the second part is not about a derivative")
    assert isinstance(e, ast.Name)
    return e.id
