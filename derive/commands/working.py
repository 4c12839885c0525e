"""What `show` and `export` share: which derivations are asked for, in which style and detail, as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from derive.commands.options import OneOf, option, stacked
from derive.commands.question import Asked
from derive.differentiation.derivation import LEVELS, Derivation
from derive.differentiation.entries_style import entries_derivation
from derive.differentiation.gradient import gradients
from derive.differentiation.identity import value_derivation
from derive.differentiation.index_style import index_derivation
from derive.differentiation.rules import RULES
from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.networks import Network
from derive.rendering.derivations import derivation_document
from derive.rendering.document import Block, DerivationBlock, Document, Heading


def derivations(asked: Asked, style: str = "matrix") -> list[Derivation]:
    """The derivation that is asked for; if a network is asked nothing, those of all parameters, last layer first."""
    problem = asked.problem
    if problem.question.value is not None:
        try:
            return [value_derivation(problem)]
        except Unsupported as error:
            if asked.exercise is None:
                raise
            hint = f"derive exercise show {asked.exercise} --solution shows it."
            raise Unsupported("The solution of this exercise is no single derivation.", suggestion=hint) from error
    return STYLES[style](problem, asked_names(asked))


def asked_names(asked: Asked) -> list[Expression | str]:
    """What derivatives are asked for: the variable of the question, or all parameters of a network."""
    wrt = asked.problem.question.wrt
    return [wrt] if wrt is not None else _parameters(asked.network)


def _parameters(network: Network | None) -> list[Expression | str]:
    if network is None:
        raise UsageError("The problem does not say what to differentiate by.", suggestion="Add --wrt NAME.")
    if network.any_depth:
        return ["delta[L]", "delta[l]", "W[l]", *(["b[l]"] if network.bias else [])]
    return [name for layer in range(network.depth, 0, -1) for name in network.layers.parameters(layer)]


STYLES: Mapping[str, Callable[[Problem, Sequence[Expression | str]], list[Derivation]]] = {
    "matrix": lambda problem, names: list(gradients(problem, names).values()),
    "index": lambda problem, names: [index_derivation(problem, name) for name in names],
    "entries": lambda problem, names: [entries_derivation(problem, name) for name in names],
}
"""How a derivation is written: with whole matrices, with indices and sums, or entry by entry."""

derivation_options = stacked(
    option("--style", type=OneOf(list(STYLES)), default="matrix", heading="Derivation",
           help="Whole matrices (default), components with sums and deltas, or every entry (numeric widths)."),
    option("--detail", type=OneOf(list(LEVELS)), default="normal", heading="Derivation",
           help="The result of each stage, the usual steps (default), or every rule."),
    option("--shapes", is_flag=True, heading="Derivation", help="Write the shape under each factor."),
)  # fmt: skip


def document(found: list[Derivation], given: Mapping[str, Any]) -> Document:
    """One document; a stage that several derivations share is shown once, the results stand together at the end."""
    each = [derivation_document(d, detail=given["detail"], shapes=given["shapes"], rules=RULES) for d in found]
    return each[0] if len(each) == 1 else Document(("The gradients of ", objective(found[0])), tuple(_merged(each)))


def answered(derivation: Derivation) -> Expression:
    """What the last line equals: ∂E/∂W1, or the name delta1 if that is a multiple of a gradient and was asked for."""
    last = derivation.stages[-1]
    return last.label if last.label is not None and last.label == derivation.wrt else last.target


def objective(derivation: Derivation) -> Expression:
    """What is differentiated."""
    return derivation.stages[-1].target.of


def _merged(documents: list[Document]) -> Iterator[Block]:
    """The blocks of the first document, with the stages and results that the others add."""
    blocks = [block for document in documents for block in document.blocks]
    results = [block for block in blocks if isinstance(block, DerivationBlock) and block.kind == "result"]
    end = documents[0].blocks.index(results[0])
    yield from documents[0].blocks[: end - 1]
    seen = set(documents[0].blocks)
    for title, block in pairwise(blocks):
        if isinstance(block, DerivationBlock) and block.kind == "stage" and block not in seen:
            seen.add(block)
            if isinstance(title, Heading) and title.level > 1:
                yield title
            yield block
    yield documents[0].blocks[end - 1]
    lines = tuple(line for block in results for line in block.lines)
    yield replace(results[0], lines=lines)
