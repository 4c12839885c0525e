"""Every code that an error or a verdict may carry: what it means, and an answer that gets it."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK = {"widths": "2,3,1", "batch": "4"}
"""The network that the examples are about."""


@dataclass(frozen=True)
class Code:
    """A row: the code, what it means, an answer about NETWORK that gets it, and the same answer put right.

    A code that no answer to NETWORK gets may have a command that does, and one that does not. A code that belongs to a
    budget, or to a mistake of ours, has no example.
    """

    code: str
    meaning: str
    example: str = ""
    instead: str = ""
    command: str = ""
    better: str = ""


_RIGHT = "delta2 @ A1.T"

CODES: dict[str, Code] = {
    row.code: row
    for row in (
        Code("E-SYNTAX", "The text does not follow the rules of formulas; the carets show where.", "delta2 @", _RIGHT),
        Code("E-EMPTY", "There is no formula.", "", _RIGHT),
        Code("E-NAME", "A name means nothing here: it is neither declared nor defined.", "delta3 @ A1.T", _RIGHT),
        Code("E-INDEX", "A position in brackets is not one that exists; positions count from 1.", "W1[0,1]",
             "W1[1,1]"),
        Code("E-CHAR", "A character cannot be seen or could act on a terminal, and has no place in a formula.",
             "delta2 \u200b@ A1.T", _RIGHT),
        Code("E-MACRO", "A macro expands without end, or defines what is not read.",
             r"\def\d{\d\d} \d", _RIGHT),
        Code("E-DOMAIN", "A value does not exist, as in a division by zero.", "1/0 * delta2", "delta2"),
        Code("E-SIZE", "The text is longer than 10 kB.", "delta2" + " + delta2" * 2000, "2001*delta2"),
        Code("E-DEPTH", "Brackets or operators nest deeper than 200 levels.", "(" * 201 + "A1" + ")" * 201, "A1"),
        Code("E-LIMIT", "A limit was passed, as that of 1,000 digits for a number.", "1e2000 * delta2",
             "10**2000 * delta2"),
        Code("shape", "The shapes of two operands do not conform; the message names both.", "delta2 @ A1", _RIGHT),
        Code("E-USAGE", "The question is malformed: an unknown option, key or activation, or something missing.",
             command="derive show --widths 2,3,1 --activations sigmiod",
             better="derive show --widths 2,3,1 --activations sigmoid"),
        Code("E-UNSUPPORTED", "There is no law for this yet; better refused by name than silently wrong.",
             command='derive check --shape W=n,m "hessian(norm(W@x)**2, W) = 2*x@x.T"',
             better='derive check --shape W=n "hessian(norm(W)**2, W) = 2*eye(n)"'),
        Code("E-BUDGET", "The terms or steps allowed for one answer ran out; nothing is claimed about it."),
        Code("E-AMBIGUOUS", "What is written has several readings, and the verdicts on them differ; they are listed.",
             command='derive check "grad(sum(a*x), x) = sum(a)"',
             better='derive check --shape x= "grad(sum(a*x), x) = sum(a)"'),
        Code("E-SHAPES", "An equation without a problem conforms for no shapes of its names; --shape insists on some.",
             command='derive check "sum(x) = norm(A)@2"', better='derive check "sum(x) = 2*norm(A)"'),
        Code("E-TRACE", "A Python function did what no formula says: it branched on a value, or ran over entries."),
        Code("E-UNDECIDED", "Neither a proof nor a counterexample was found; nothing is claimed about the answer."),
        Code("E-ROUNDED", "Two numbers are equal in the digits that are written, not exactly: write the exact value.",
             command='derive check "sqrt(2) = 1.41"', better='derive check "sqrt(2) = 2/sqrt(2)"'),
        Code("E-OPEN", "Nothing is wrong, but it is no answer: it says the question over again, or something else.",
             command='derive check --exercise sigmoid-slope "f\'(x)"',
             better='derive check --exercise sigmoid-slope "f(x)*(1 - f(x))"'),
        Code("E-ROUTES", "Two routes to the reference value disagree: a mistake of ours. Please report it."),
        Code("E-TIME", "The answer was not decided in its time (2 seconds, or --max-seconds); nothing is claimed."),
        Code("E-MEMORY", "The answer takes more memory than it may (512 MB, or --max-memory); nothing is claimed."),
        Code("E-LINE", "A line of a file of answers holds no answer: it is no JSON object, has no key answer, …"),
        Code("E-PATH", "A line of a file of answers names a problem file outside the folder of the answers."),
        Code("E-WORKER", "The process that decided an answer ended several times; a person has to look at the answer."),
        Code("E-ERROR", "An error that has no code of its own; its message says what happened."),
    )
}  # fmt: skip
