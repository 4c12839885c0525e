"""What reports on notes say in words, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from derive.notes.judging.assumed import in_words
from derive.notes.judging.by_itself import BY_ITSELF
from derive.writing.names import GREEK, SUBSCRIPTS, subscript, superscript

Json = Mapping[str, Any]

PROBLEMS = ("refuted", "conditional", "undecided", "not understood")
"""Verdicts that somebody has to look at."""

_HEADS: Mapping[str, str] = {
    "refuted": "Not equal.",
    "conditional": "Right only under a condition:",
    "undecided": "Undecided.",
    "not understood": "Not understood.",
}


def mistakes(entry: Json) -> list[str]:
    """What is wrong, one sentence a mistake, in words about the notes."""
    return [in_notes(str(m["message"])) for m in entry["mistakes"]]


def in_notes(sentence: str) -> str:
    """A sentence to a student about what was typed, as one about the notes: LaTeX in it as letters.

    >>> in_notes("Your answer \\\\delta_1 is 2×1; it should be 1×2.")
    'δ₁ is 2×1; it should be 1×2.'
    """
    said = re.sub(r"^Your answer (?=\S)(?![a-z]{2})", "", sentence)
    said = re.sub(r"^Your (?=.* term )", "The ", said).replace("; .T transposes.", ".")
    said = said.replace(" in your answer", "").replace("your answer", "this").replace("Your answer", "This")
    said = re.sub(r"\\(?:math|text|operatorname|boldsymbol|bm)\w*\s*\{([^{}]*)\}", r"\1", said)
    said = re.sub(r"\\([A-Za-z]+)(?: (?![a-z]{2}))?", lambda m: GREEK.get(m[1], m[0]), said)
    said = re.sub(r"(?<=[\w)\]']) @ (?=[\w(])|(?<=[\w)\]'])\*(?=[\w(])", " ", said)
    said = re.sub(r"(?<=[\w)\]])\.T\b", "ᵀ", said).replace("**2", "²")
    said = _GREEK.sub(lambda m: GREEK[m[0]], said)
    said = _INVENTED.sub(r"The sum runs to \2, but \1 has \3 entries", said)
    said = re.sub(r"_\{([a-z0-9]+)\}", lambda m: subscript(m[1]) or m[0], said)
    said = re.sub(r"\^\{([^{} ]+)\}", lambda m: _raised(m[1]), said)
    said = re.sub(r"(?<![\w^\\])([^\W\d_])(\d{1,2})(?!\w|\.\d)", lambda m: m[1] + m[2].translate(SUBSCRIPTS), said)
    said = re.sub(r"(?<=[^\W\d_])_\{?(\d+)\}?(?![\w])", lambda m: m[1].translate(SUBSCRIPTS), said)
    return re.sub(r"(?<![\w\\])([^\W\d_])(?:_([a-z])|\[([a-z])\])(?!\w)", _lowered, said)


_GREEK = re.compile(rf"(?<![\w\\-])(?:{'|'.join(n for n in GREEK if len(n) > 2)})(?![A-Za-z(])")
"""Names that are no English words; delta_2 is one, too."""
_INVENTED = re.compile(r"^(\w+)\[i\d\]: the index i\d runs to (\S+), but that axis of \1 \([^)]*\) has (\S+) entries")
"""A sum with dots has an index that nobody named."""


def _raised(written: str) -> str:
    """A layer in brackets, or a power, as far as there are letters for it."""
    raised = superscript(written.replace("[", "(").replace("]", ")"))
    return raised or (f"^{written}" if len(written) == 1 else f"^{{{written}}}")


def _lowered(found: re.Match[str]) -> str:
    below = subscript(found[2] or found[3])
    return found[0] if below is None else found[1] + below


def explained(entry: Json) -> str:
    """What is said of an entry: verdict and the first reason, in one or two sentences."""
    verdict = str(entry["verdict"])
    head = _HEADS.get(verdict, verdict)
    if verdict == "conditional":
        head = f"{head} {in_words(entry['holds_when'])}."
    told = mistakes(entry)
    reason = in_notes(str(entry["reason"])) if entry["reason"] else ""
    if told and told[0] not in reason:
        # Two sentences at most: the slip, and how the formula was read, if nobody had said.
        reason = f"{told[0]} {reason}" if reason.startswith(BY_ITSELF) else told[0]
    return f"{head} {reason}".strip()


def in_full(entry: Json) -> str:
    """The same with all mistakes and the correct form, for annotations."""
    parts = [explained(entry), *mistakes(entry)[1:]]
    if entry["expected_formula"] and entry["verdict"] in ("refuted", "conditional"):
        parts.append(f"Correct: {entry['expected_formula'].get('unicode') or entry['expected_formula']['text']}")
    return " ".join(parts)


def is_problem(entry: Json, strict: bool = False) -> bool:
    """Whether an entry counts against the notes."""
    if entry["mark"] == "wrong" and entry["verdict"] in PROBLEMS[:2]:
        return False
    return entry["verdict"] in (PROBLEMS if strict else PROBLEMS[:2])


def rule(entry: Json) -> str:
    """The stable name of what is wrong: the code of the mistake, else the verdict."""
    found: Sequence[Json] = entry["mistakes"]
    return str(found[0]["code"]) if found else str(entry["verdict"]).replace(" ", "-")


def summary(report: Json) -> str:
    """How many relations there are, and what became of them."""
    totals: Mapping[str, int] = report["totals"]
    count = sum(totals.values())
    if not count:
        return "No equations were found."
    listed = ", ".join(
        f"{number:,} {name}{'s' * (name == 'definition' and number != 1)}" for name, number in totals.items()
    )
    return f"{count:,} equation{'s' * (count != 1)}: {listed}."
