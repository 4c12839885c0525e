"""Deciding about answers."""

from derive.checking.check import check
from derive.checking.question import Question
from derive.checking.verdict import Mistake, Verdict

__all__ = ["Mistake", "Question", "Verdict", "check"]
