"""Misconceptions as rows, and explaining a wrong answer by them."""
