"""What an explanation says: a code, a sentence, a hint, and which part of the answer it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.expression.nodes import Expression


@dataclass(frozen=True)
class Finding:
    """A named mistake that is proved to be in an answer; `part` is the wrong part as it stands there, if known."""

    code: str
    message: str
    hint: str
    part: Expression | None = None

    @property
    def instead(self) -> Finding:
        """The same as something else that the answer may be explained by."""
        return replace(self, message=f"Or: {self.message[0].lower()}{self.message[1:]}")


@dataclass(frozen=True)
class Note:
    """What can be said of an answer that no row of the table leads to."""

    code: str
    title: str
    message: str
    hint: str
    law: str


NOTES: dict[str, Note] = {
    note.code: note
    for note in (
        Note("wrong-factor", "the whole answer is off by a factor",
             "Your answer is {detail} the right one.",
             "Collect the numbers in front: which of them cancel?",
             "Everything but one number in front is right."),
        Note("wrong-factor-in-term", "one term is off by a factor",
             "Your {part} term is {detail} what it should be.",
             "Collect the numbers in front of that term.",
             "All other terms are right, and so is this one but for a number."),
        Note("term-forgotten", "a term of the answer is missing",
             "The term {part} is missing.",
             "A sum has a term in its derivative for each of its parts.",
             "All that stands there is right, but one term is not there."),
        Note("extra-term", "a term too many",
             "The term {part} does not belong there; the rest is right.",
             "Does the objective contain something that this could come from?",
             "Without this term the answer is right."),
        Note("extra-factor", "a factor too many",
             "The factor {part} does not belong there; the rest is right.",
             "Which step of the chain should this factor come from?",
             "Without this factor the answer is right."),
        Note("entries-swapped", "two entries are swapped",
             "The entries are right, but they stand in the wrong order.",
             "Which entry belongs to which variable?",
             "Entry i of a gradient is the derivative in the variable i."),
        Note("diagonal-forgotten", "the entries of the diagonal as a column",
             "A matrix is asked for; these entries belong on its diagonal.",
             "What stands at (i, j) for i ≠ j?",
             "The Jacobian of a function that acts entry by entry is diagonal: diag(f′(z))."),
        Note("sign-in-exponent", "the sign in an exponent",
             "The sign in the exponent of {part} is wrong.",
             "Which way does it go: does it grow, or does it fall?",
             "With the other sign in this one exponent the answer is right."),
        Note("sign-in-function", "the sign inside a function",
             "The sign inside {part} is wrong.",
             "Which way does it go as its argument grows?",
             "With the other sign inside this one function the answer is right."),
        Note("gradient-of-other-variable", "the gradient in something else",
             "This is the gradient in {part}, which is not asked for.",
             "A gradient is shaped like its variable: which shape is asked for?",
             "Each variable has a gradient of its own, shaped like it."),
        Note("names-exchanged", "two names have changed places",
             "{part} and {detail} have changed places in your answer.",
             "Write down which quantity belongs to which step or layer.",
             "With these two names exchanged everywhere the answer is right."),
        Note("sum-bounds", "a sum over too few terms, or too many",
             "The sum does not run over all of its terms, and over them only.",
             "Where does the sum begin, and where does it end?",
             "With other bounds of this one sum the answer is right."),
        Note("wrong-part", "one part is wrong",
             "Only {part} is wrong; all around it is right.",
             "Work out that part once more, by itself.",
             "With another formula in this one place the answer is right."),
        Note("right-on-diagonal", "right for equal indices only",
             "It is right where the two indices are equal, and only there.",
             "Now take two different indices, and differentiate again.",
             "An entry (i, j) has to be right for i ≠ j, too."),
        Note("right-where-active", "right where all units are active",
             "It is right where everything inside the activations is positive.",
             "What does the activation do with negative values?",
             "Piecewise functions need their gate in the derivative."),
    )
}  # fmt: skip
"""Explanations beyond the table, by their codes."""
