"""Grading answers in bulk: rows of a file in, rows with verdicts and scores out."""
