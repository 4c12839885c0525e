"""What a formula belongs to: W ∈ ℝ^{n×m} says what shape W has, λ > 0 that λ is a number."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.errors import DeriveError
from derive.expression.nodes import Tensor, scalar
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, shape_text
from derive.expression.text import text
from derive.notation import Limits
from derive.notes.formulas.chains import EQUALS
from derive.notes.formulas.functions import plain_name
from derive.notes.formulas.judgement import NOT_CHECKED, Judgement, Spot
from derive.notes.formulas.kinds import beyond, positive_number, relation_reason
from derive.notes.formulas.reading import FormulaReader, Refusal, reading
from derive.notes.formulas.shape_statements import stated_shape
from derive.notes.formulas.sides import at_commas
from derive.notes.formulas.statements import Statement
from derive.notes.known.knowledge import Knowledge

_POSITIVE = re.compile(r"^\s*(\\[a-z]+)\s*(?:>|≥|≠|\\(?:gt|geq?|geqslant|neq?)(?![A-Za-z]))\s*0\s*$")


class Belonging:
    """Takes note of shapes and numbers, and holds them against what is known."""

    def __init__(self, knowledge: Knowledge, reader: FormulaReader, limits: Limits) -> None:
        self.knowledge = knowledge
        self._reader = reader
        self._limits = limits

    def compared(self, statement: Statement, number: int, kind: str, at: Spot) -> Judgement:
        """λ > 0 claims nothing; it says that λ is a number, where nobody has said so yet."""
        name = positive_number(statement.latex(number), statement.latex(number + 1)) if kind == "less" else ""
        said = at.said(NOT_CHECKED, relation_reason(kind))
        if not name or self.knowledge.knows(name):
            return said
        self.knowledge.declare(scalar(name))
        return replace(said, defines=(name,))

    def number_of(self, condition: str) -> str | None:
        """The λ of a condition λ > 0 beside an equation, where λ is a number or nothing yet: about all such numbers
        the equation speaks; None for any other condition."""
        found = _POSITIVE.match(condition)
        name = plain_name(found[1]) if found is not None else ""
        known = self.knowledge.scope.tensors.get(name)
        if not name or (known.shape != SCALAR if known is not None else self.knowledge.knows(name)):
            return None
        return name

    def membership(self, statement: Statement, number: int, at: Spot) -> Judgement:
        """W ∈ ℝ^{n×m} declares W, or is held against what is known; W, V ∈ … declares both."""
        claimed = statement.latex(number + 1)
        in_chain = number > 0 and statement.relations[number - 1] in EQUALS
        if in_chain and beyond(statement.latex(number), names_are_missing=False):
            number -= 1  # X = […, …] ∈ ℝ^{n×m}: where the matrix leaves something out, its name has the shape
        stated = stated_shape(claimed, self.knowledge.scope.sizes)
        if stated is None:
            return at.said(NOT_CHECKED, relation_reason("in"))
        names: list[str] = []
        for written in at_commas(statement.latex(number)):
            read = reading(self._reader, f"{written.strip()} = 2", self.knowledge.problem, self._limits)
            if isinstance(read, Refusal):
                return (
                    at.said(NOT_CHECKED, relation_reason("in"))
                    if beyond(written, names_are_missing=True)
                    else at.refused(replace(read, span=None))
                )
            line = read.lines[0]
            if line.name is not None:
                try:
                    self.knowledge.declare(Tensor(line.name.name, stated))
                except DeriveError as error:
                    return at.said(NOT_CHECKED, str(error))
                names.append(line.name.name)
                continue
            if "dots" in written:
                return at.said(NOT_CHECKED, beyond(written, names_are_missing=False))
            known = shape(line.expressions[0])
            if known != stated and plain_name(written) != plain_name(written.replace("_", "\\")):
                return at.said(NOT_CHECKED, "which of them is meant, its index would say")
            if known != stated:
                said = f"{written.strip()} is {shape_text(known)} here, not {shape_text(stated)}."
                return at.decided(Verdict("refuted", mistakes=(Mistake("shape", said),), reason=said))
            if text(line.expressions[0]) not in self.knowledge.own:
                return at.decided(Verdict("proved", scope="all sizes"))
        return at.defined(*names, reason="a shape")
