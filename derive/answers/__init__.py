"""Answers that are not text: SymPy expressions and Python functions become expressions of the same language."""

from derive.answers.functions import traced
from derive.answers.sympy_reader import SympyReader, declared

__all__ = ["SympyReader", "declared", "traced"]
