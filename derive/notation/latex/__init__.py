"""Reading LaTeX: tokens, a tree, and its readings in the scope of a question."""

from derive.notation.latex.reader import LatexReader

__all__ = ["LatexReader"]
