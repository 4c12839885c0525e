"""The table of misconceptions, special ones before general ones: of two that give one answer the first is told."""

from __future__ import annotations

from derive.mistakes import (
    calculus,
    conditions,
    counts,
    factors,
    layers,
    losses,
    models,
    penalties,
    products,
    slopes,
    updates,
    variances,
)
from derive.mistakes.row import Row

MISTAKES: dict[str, Row] = {
    row.code: row
    for rows in (
        counts.ROWS, variances.ROWS, conditions.ROWS, updates.ROWS, factors.MEANS, factors.SIGNS, slopes.ROWS,
        models.ROWS, penalties.ROWS, losses.ROWS, layers.ROWS, products.ROWS, calculus.INDICES, calculus.SECOND,
        factors.GENERIC_SIGNS, calculus.GENERIC,
    )
    for row in rows
}  # fmt: skip
"""Every misconception by its code, in the order in which coinciding ones are told."""

GENERAL = frozenset(row.code for row in (*factors.GENERIC_SIGNS, *calculus.GENERIC))
"""Rows that are told only where no special one leads to the same answer."""
