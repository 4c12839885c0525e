"""What to do next: no message ends without it."""

from __future__ import annotations

from collections.abc import Mapping

from derive.errors import DeriveError

ADVICE: Mapping[str, str] = {
    "E-SYNTAX": "Correct the place that is marked.",
    "E-EMPTY": "Type a formula.",
    "E-NAME": "Use a name of the problem, or define it in a line before: name = …",
    "E-INDEX": "Write positions from 1 to the size.",
    "E-DOMAIN": "Write it so that it exists.",
    "E-BUDGET": "Give parts names, or go on in smaller steps, a line each.",
    "E-LIMIT": "Write it shorter.",
    "E-UNSUPPORTED": "Write it in other words, or check its parts one by one.",
    "E-UNDECIDED": "Try a smaller step, or an example with numbers.",
    "E-ROUTES": "Please report it.",
    "shape": "Write the shape of each factor below it.",
}
"""For each code of an error what helps, if the error itself does not say."""

OTHERWISE = "Try it in other words."


def advised(error: DeriveError) -> str:
    """What happened, and what to do next."""
    return str(error) if error.suggestion else f"{error.message} {ADVICE.get(error.code, OTHERWISE)}"
