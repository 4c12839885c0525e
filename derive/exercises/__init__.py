"""Exercises: a problem and the words around it, one file each; solutions are derived when they are asked for.

catalogue    the files, found by their names
exercise     what an exercise is, and reading one
topics       what exercises are about, and what cannot be derived
solution     the derived solution
computed     values worked out by other means: counting, gaussian (means over a normal density), series
"""

from derive.exercises.catalogue import EXERCISES, exercise
from derive.exercises.exercise import Exercise
from derive.exercises.solution import Solution, solution

__all__ = ["EXERCISES", "Exercise", "Solution", "exercise", "solution"]
