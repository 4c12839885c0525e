"""Reading formulas as people type them; text is parsed by a grammar of its own and never evaluated."""

from derive.notation.answer import Answer, Line
from derive.notation.limits import Limits
from derive.notation.reading import alternatives, read_any
from derive.notation.source import caret
from derive.notation.text_reader import TextReader, free_names, read, read_answer, read_relation

__all__ = [
    "Answer",
    "Limits",
    "Line",
    "TextReader",
    "alternatives",
    "caret",
    "free_names",
    "read",
    "read_answer",
    "read_any",
    "read_relation",
]
