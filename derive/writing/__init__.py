"""Formulas written down: one writer for what all notations share, and what LaTeX, Unicode and MathML make of it."""
