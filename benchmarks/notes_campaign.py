r"""Whole notes: no false alarm on right ones, and every slip found in spoiled ones.

    python -m benchmarks.notes_campaign [--spoiled 300] [--seed 0] [--write]

benchmarks/notes holds about forty pages of notes in the notations of lectures, of other people's notes and of books,
all equations right. They are checked as they stand; then one formula at a time is spoiled by one slip (a sign, a lost
prime, a lost transpose, another layer, a factor 2, exchanged indices, a lost factor, z for a …) and its section checked
again: the slip must be reported at that formula, nothing else may turn red, and the named mistake should be that slip.
A slip that leaves the formula right (a transposed number), or makes it say nothing (a name that is not there), is drawn
again; those that say nothing are listed. With --write the tables go to benchmarks/results/notes.md.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.running import RESULTS, heading, table
from derive.notes import Entry, Settings, check_notes

PAGES = Path(__file__).parent / "notes"
_FORMULA = re.compile(r"\$\$ (.+?) \$\$")
WRONG = ("refuted", "conditional")
SILENT = ("not understood", "not checked", "definition")
_ANY = frozenset({"shape", "wrong-part", "wrong-factor", "wrong-factor-in-term"})


@dataclass(frozen=True)
class Slip:
    """A change of one place of a formula, and the names under which it may be reported."""

    name: str
    change: Callable[[str, random.Random], str | None]
    codes: frozenset[str]


def _at(pattern: str, new: str) -> Callable[[str, random.Random], str | None]:
    """Replace one occurrence, on the right of the first relation sign."""

    def change(latex: str, rng: random.Random) -> str | None:
        start = latex.find("=") + 1
        found = [m for m in re.finditer(pattern, latex) if m.start() >= start] if start else []
        if not found:
            return None
        match = rng.choice(found)
        return latex[: match.start()] + match.expand(new) + latex[match.end() :]

    return change


SLIPS = (
    Slip(
        "sign turned",
        _at(r"(?<=[\w})\]]) - ", " + "),
        frozenset(
            {
                "plus-for-minus",
                "target-minus-prediction",
                "whole-sign",
                "sigmoid-slope-plus",
                "sign-of-regulariser",
                "missing-term",
                "extra-term",
                "minus-for-plus",
            }
        ),
    ),
    Slip(
        "plus to minus",
        _at(r"(?<=[\w})\]]) \+ ", " - "),
        frozenset({"minus-for-plus", "sign-of-regulariser", "whole-sign", "plus-for-minus"}),
    ),
    Slip(
        "minus in front",
        _at(r"(?<== )(?!\\begin|-)", "-"),
        frozenset({"whole-sign", "target-minus-prediction", "step-uphill", "minus-for-plus", "plus-for-minus"}),
    ),
    Slip("prime lost", _at(r"(?<=[a-z])'\(|\^\\prime\(", "("), frozenset({"function-for-derivative"})),
    Slip(
        "transpose lost",
        _at(r"\^\{?(?:T|\\top)\}?(?![a-zA-Z])", ""),
        frozenset({"transpose-forgotten", "whole-transposed", "outer-transposed"}),
    ),
    Slip(
        "another layer",
        _at(r"(?<=[_^])(\{[\[(]?)l\s*\+\s*1([\])]?\})", r"\1l\2"),
        frozenset(
            {"delta-of-other-layer", "weights-of-other-layer", "slope-of-other-layer", "activation-of-other-layer"}
        ),
    ),
    Slip(
        "factor two",
        _at(r"(?<== )(?!\\begin|-)", "2 "),
        frozenset({"factor-two", "wrong-factor", "factor-in-regulariser", "wrong-factor-in-term"}),
    ),
    Slip(
        "mean lost", _at(r"\\frac\{1\}\{[mnN]\}\s*", ""), frozenset({"missing-mean", "wrong-factor", "missing-factor"})
    ),
    Slip(
        "z for a",
        _at(r"(?<![a-zA-Z\\])a(?=[_^])", "z"),
        frozenset({"pre-activation-for-activation", "pre-activation-in-error", "slope-at-activation"}),
    ),
    Slip(
        "indices exchanged",
        _at(r"_\{([a-z])([a-z])\}", r"_{\2\1}"),
        frozenset({"index-swapped", "transposed-entry", "wrong-index"}),
    ),
    Slip(
        "factor lost",
        _at(r"\\frac\{\\partial [^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{\\partial [^{}]*(?:\{[^{}]*\}[^{}]*)*\}", ""),
        frozenset({"missing-factor", "factor-forgotten", "chain-stops-at-output", "missing-term"}),
    ),
    Slip(
        "error squared",
        _at(r"(?<!\\left)\(([a-z](?:\^\{?\[?\w\]?\}?)? - [a-z\\{}]+)\)(?!\^)", r"(\1)^2"),
        frozenset({"square-kept", "exponent-not-lowered", "power-not-lowered"}),
    ),
)


@dataclass(frozen=True)
class Section:
    """A part of the notes that stands by itself: its text, and what became of each formula when it was right."""

    title: str
    text: str
    entries: tuple[Entry, ...]

    @property
    def right(self) -> list[tuple[int, str]]:
        """The formulas of which every relation is proved: line and LaTeX."""
        found = []
        for line, text in enumerate(self.text.split("\n"), start=1):
            match = _FORMULA.fullmatch(text)
            verdicts = [e.verdict for e in self.entries if e.place.line == line]
            if match and verdicts and all(v == "proved" for v in verdicts):
                found.append((line, match[1]))
        return found


def checked(text: str, folder: Path) -> tuple[Entry, ...]:
    """The entries of a text of notes."""
    path = folder / "section.md"
    path.write_text(text, encoding="utf-8")
    (report,) = check_notes(path, settings=Settings(keep=False)).files
    return tuple(report.entries)


def sections(folder: Path) -> list[Section]:
    """All sections of the pages, checked as they are."""
    found = []
    for page in sorted(PAGES.glob("*.md")):
        _, *parts = re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found += [Section(part.split("\n", 1)[0].removeprefix("## "), part, checked(part, folder)) for part in parts]
    return found


@dataclass(frozen=True)
class Outcome:
    """What became of one slip."""

    slip: Slip
    section: str
    latex: str
    verdict: str
    codes: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def is_named(self) -> bool:
        return bool(self.slip.codes & set(self.codes)) or self.is_of_shape

    @property
    def is_of_shape(self) -> bool:
        """Whether all that is said is that shapes do not fit, which is what such a slip comes to."""
        return "shape" in self.codes and not self.slip.codes & set(self.codes)


def spoil(section: Section, slip: Slip, line: int, latex: str, rng: random.Random, folder: Path) -> Outcome | None:
    """One slip put in and reported; None if it cannot be made here, or leaves the formula right."""
    changed = slip.change(latex, rng)
    if changed is None or changed == latex:
        return None
    lines = section.text.split("\n")
    lines[line - 1] = f"$$ {changed} $$"
    entries = checked("\n".join(lines), folder)
    own = [e for e in entries if e.place.line == line]
    if all(e.verdict == "proved" for e in own):
        return None
    before = Counter((e.place.line, e.verdict) for e in section.entries)
    others = tuple(
        f"line {e.place.line}: {e.judgement.latex[:60]}"
        for e in entries
        if e.place.line != line and e.verdict in WRONG and not before[e.place.line, e.verdict]
    )
    wrong = next((e for e in own if e.verdict in WRONG), own[0] if own else None)
    codes = tuple(m["code"] for e in own for m in e.judgement.details.get("mistakes", []))
    return Outcome(slip, section.title, changed, wrong.verdict if wrong else "nothing", codes, others)


def campaign(found: list[Section], count: int, seed: int, folder: Path) -> tuple[list[Outcome], list[Outcome]]:
    """So many slips, drawn at random, kinds taking turns; and those that made their formula say nothing."""
    rng = random.Random(seed)
    formulas = [(section, line, latex) for section in found for line, latex in section.right]
    outcomes: list[Outcome] = []
    silent: list[Outcome] = []
    seen: set[tuple[str, int, str]] = set()
    turn = 0
    while len(outcomes) < count and turn < 60 * count:
        slip = SLIPS[turn % len(SLIPS)]
        turn += 1
        section, line, latex = rng.choice(formulas)
        outcome = spoil(section, slip, line, latex, rng, folder)
        if outcome is not None and (outcome.section, line, outcome.latex) not in seen:
            seen.add((outcome.section, line, outcome.latex))
            (silent if outcome.verdict in SILENT else outcomes).append(outcome)
    return outcomes, silent


def right_table(found: list[Section]) -> str:
    """What became of the right notes."""
    totals = Counter(e.verdict for section in found for e in section.entries)
    return table(["verdict", "relations"], [[verdict, number] for verdict, number in totals.most_common()])


def report(found: list[Section], outcomes: list[Outcome], silent: list[Outcome], seconds: float) -> str:
    """The two tables, and every slip that was not reported as it should be."""
    rows: list[list[str | int]] = []
    for slip in SLIPS:
        own = [o for o in outcomes if o.slip is slip]
        wrong = sum(o.verdict in WRONG for o in own)
        named, by_shape = sum(o.is_named for o in own), sum(o.is_of_shape for o in own)
        rows.append([slip.name, len(own), wrong, named, by_shape, sum(bool(o.others) for o in own)])
    rows.append(["all", *(sum(int(row[k]) for row in rows) for k in range(1, 6))])
    missed = [
        f"- {o.slip.name} in {o.section}: {o.verdict}: `{o.latex[:150]}`" for o in outcomes if o.verdict not in WRONG
    ]
    spread = [f"- {o.slip.name} in {o.section}: {'; '.join(o.others)}" for o in outcomes if o.others]
    unnamed = [f"- {o.slip.name}: {', '.join(o.codes) or 'none'}: `{o.latex[:110]}`" for o in outcomes
               if o.verdict in WRONG and not o.is_named]  # fmt: skip
    characters = sum(len(s.text) for s in found)
    return "\n".join(
        [
            heading("Notes"),
            f"Right notes, {characters:,} characters in {len(found)} sections (about {characters // 2500} pages):\n",
            right_table(found),
            f"{len(outcomes)} single slips, all different, {seconds:.0f} s of processor time:\n",
            table(
                ["slip", "put in", "reported there", "named", "of these by shapes only", "something else turned red"],
                rows,
            ),
            "Not reported as wrong:\n",
            *missed,
            "\nSomething else turned red:\n",
            *spread,
            "\nNot named as this slip:\n",
            *unnamed,
            "\nDrawn again, for the formula says nothing then (not counted above):\n",
            *(f"- {o.slip.name} in {o.section}: {o.verdict}: `{o.latex[:150]}`" for o in silent),
            "",
        ]
    )


def seconds() -> float:
    """Processor time so far, with that of the processes in which notes are checked."""
    return sum(os.times()[:4])


def main() -> int:
    """Run both; exit 1 on a false alarm or a slip that is not reported."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spoiled", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    began = seconds()
    with tempfile.TemporaryDirectory() as name:
        found = sections(Path(name))
        alarms = [e for s in found for e in s.entries if e.verdict in WRONG]
        outcomes, silent = campaign(found, options.spoiled, options.seed, Path(name))
    text = report(found, outcomes, silent, seconds() - began)
    print(text)
    if options.write:
        (RESULTS / "notes.md").write_text(text, encoding="utf-8")
    return 1 if alarms or any(o.verdict not in WRONG or o.others for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
