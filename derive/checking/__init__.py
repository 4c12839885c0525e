"""Deciding about answers."""

from derive.checking.check import check
from derive.checking.questions.question import Question
from derive.checking.verdicts.verdict import Mistake, Verdict

__all__ = ["Mistake", "Question", "Verdict", "check"]
