r"""Whole notes: no false alarm on right ones, and every slip found in spoiled ones.

    python -m benchmarks.notes_campaign [--spoiled 300] [--seed 0] [--only NAME] [--processes 1] [--write]

benchmarks/notes holds more than forty pages of lecture notes in three notations, Markdown and LaTeX, all equations
right. They are checked as they stand. Then one relation at a time is spoiled by one slip (`notes_slips`), kinds taking
turns, and its chapter is checked again: the slip must be reported at that relation, nothing else may turn red, and the
named mistake should be that slip. Whether a slip makes a line wrong is found by values at random entries
(`notes_truth`); one that leaves it right, or makes it say nothing (a name that is not there), is drawn again, and those
that say nothing are listed. With --write the tables go to benchmarks/results/notes.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.notes_slips import SLIPS, Slip
from benchmarks.notes_truth import Claims, Truth, claims, steps_of, truth
from benchmarks.running import RESULTS, heading, table
from derive.notes import Entry, check_notes

PAGES = Path(__file__).parent / "notes"
PAGE = 2500
"""Characters on a page."""

_CODES = {slip.name: slip.codes for slip in SLIPS}

WRONG = ("refuted", "conditional")
SILENT = ("not understood", "not checked", "definition")
_SIGN = re.compile(r":=|=|\\leftarrow(?![a-zA-Z])")
Key = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """The right side of a relation of a chapter: [start, end) of its text; `key` says which relation it is."""

    chapter: Chapter
    key: Key
    start: int
    end: int

    @property
    def latex(self) -> str:
        return self.chapter.text[self.start : self.end]


class Chapter:
    """A file of right notes, in a folder where it may be spoiled."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.name = page.name
        self.path = folder / page.name
        self.text = page.read_text(encoding="utf-8")
        self.path.write_text(self.text, encoding="utf-8")
        self.entries = self._checked()
        self._cache = Path(os.environ["DERIVE_CACHE_DIR"])
        self._kept = self._cache.with_name(f"kept-{page.name}")
        shutil.copytree(self._cache, self._kept)
        self._claims: dict[int, Claims] = {}

    def _checked(self) -> dict[Key, Entry]:
        (report,) = check_notes(self.path).files
        found: dict[Key, Entry] = {}
        for entry in report.entries:
            number = sum(1 for start, _ in found if start == entry.formula[0])
            found[entry.formula[0], number] = entry
        return found

    def places(self) -> Iterator[Place]:
        """The right sides of all relations that are proved."""
        lines = self.text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        for key, entry in self.entries.items():
            begin = starts[entry.place.line - 1] + entry.place.column - 1
            sign = _SIGN.search(self.text, begin, entry.end)
            if entry.verdict == "proved" and sign is not None:
                yield Place(self, key, sign.end(), entry.end)

    def spoiled(self, place: Place, latex: str) -> dict[Key, Entry]:
        """The entries with another right side there, each under the key that it has in the right text."""
        shutil.rmtree(self._cache, ignore_errors=True)
        shutil.copytree(self._kept, self._cache)
        self.path.write_text(self.text[: place.start] + latex + self.text[place.end :], encoding="utf-8")
        moved = len(latex) - (place.end - place.start)
        return {(start - moved if start > place.start else start, number): entry
                for (start, number), entry in self._checked().items()}  # fmt: skip

    def truth(self, place: Place) -> Truth:
        """Whether the text as it was last spoiled is wrong there."""
        spoiled = self.path.read_text(encoding="utf-8")
        if place.key[0] not in self._claims:
            self._claims[place.key[0]] = self._claimed(self.text, place)
        return truth(self._claims[place.key[0]], self._claimed(spoiled, place))

    def _claimed(self, text: str, place: Place) -> Claims:
        self.path.write_text(text, encoding="utf-8")
        steps = steps_of(self.path)
        return claims(steps, next(k for k, s in enumerate(steps) if s.start == place.key[0]))


@dataclass(frozen=True)
class Outcome:
    """What became of one slip."""

    slip: str
    chapter: str
    latex: str
    verdict: str
    codes: tuple[str, ...]
    others: tuple[str, ...]
    truth: Truth

    @property
    def is_named(self) -> bool:
        return bool(_CODES[self.slip] & set(self.codes))

    @property
    def is_of_shape(self) -> bool:
        """Whether all that is said is that shapes do not fit."""
        return "shape" in self.codes and not self.is_named

    @property
    def counts(self) -> bool:
        """Whether the line is wrong then, as far as anybody can tell, and says something."""
        if self.verdict in SILENT or self.truth == "right":
            return False
        return self.verdict != "proved" or self.truth == "wrong"

    def __str__(self) -> str:
        codes = ", ".join(self.codes) or "none"
        return f"- {self.slip} in {self.chapter}: {self.verdict} ({codes}): `{_line(self.latex)}`"


def _line(latex: str) -> str:
    return " ".join(latex.split())[:110]


@dataclass
class Tally:
    """The outcomes: those that count, those that left a line saying nothing, and right lines that turned red."""

    counted: list[Outcome] = field(default_factory=list)
    silent: list[Outcome] = field(default_factory=list)
    alarms: list[Outcome] = field(default_factory=list)

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Each where it belongs; a right line that is not red belongs nowhere."""
        for found in outcomes:
            if found.counts:
                self.counted.append(found)
            elif found.verdict in SILENT:
                self.silent.append(found)
            elif found.truth == "right" and found.verdict in WRONG:
                self.alarms.append(found)


def outcome(slip: Slip, place: Place, rng: random.Random) -> Outcome | None:
    """One slip put in and reported; None if it cannot be made here."""
    changed = slip.change(place.latex, rng)
    if changed is None or changed == place.latex or not changed.strip(" {}&\n"):
        return None
    chapter = place.chapter
    entries = chapter.spoiled(place, changed)
    own = entries.get(place.key)
    before = chapter.entries
    others = tuple(
        f"line {e.place.line}: {_line(e.judgement.latex)[:60]}"
        for key, e in entries.items()
        if key != place.key and e.verdict in WRONG and (key not in before or before[key].verdict not in WRONG)
    )
    codes = tuple(m["code"] for m in own.judgement.details.get("mistakes", [])) if own is not None else ()
    verdict = own.verdict if own is not None else "nothing"
    return Outcome(slip.name, chapter.name, changed, verdict, codes, others, _truth(chapter, place, codes))


def _truth(chapter: Chapter, place: Place, codes: tuple[str, ...]) -> Truth:
    return "wrong" if "shape" in codes else chapter.truth(place)


class Bench:
    """The chapters in one process, each in a folder where it may be spoiled."""

    def __init__(self, folder: Path) -> None:
        os.environ["DERIVE_CACHE_DIR"] = str(folder / "cache")
        self.chapters = [Chapter(page, folder) for page in sorted(PAGES.iterdir()) if page.suffix in (".md", ".tex")]
        self.places = [place for chapter in self.chapters for place in chapter.places()]
        self._drawn: dict[str, list[Place]] = {}

    def drawn(self, slip: Slip, seed: int) -> list[Place]:
        """The places where a slip can be made, in random order; the same in every process."""
        if slip.name not in self._drawn:
            fitting = [p for p in self.places if slip.change(p.latex, random.Random(0)) not in (None, p.latex)]
            order = random.Random(f"{seed} {slip.name}")
            self._drawn[slip.name] = order.sample(fitting, len(fitting))
        return self._drawn[slip.name]


_BENCH: Bench | None = None


def _prepare() -> None:
    """Read the right notes, once in a process."""
    global _BENCH
    _BENCH = Bench(Path(tempfile.mkdtemp(dir=os.environ["NOTES_CAMPAIGN_DIR"])))


def right_notes(_: int) -> list[Chapter]:
    """The chapters as they were checked."""
    assert _BENCH is not None
    return _BENCH.chapters


@dataclass(frozen=True)
class Turn:
    """A kind's turn: the outcomes at one place after the other, from `first` on, until one counts; `last` is the place
    after that, and `seconds` the processor time. Without one that counts there are no more places."""

    outcomes: tuple[Outcome, ...]
    last: int
    seconds: float

    @property
    def counts(self) -> bool:
        return bool(self.outcomes) and self.outcomes[-1].counts


def turn(task: tuple[str, int, int]) -> Turn:
    """The next slip of a kind that makes a line wrong; what is drawn depends on the seed, the kind and the place."""
    name, seed, first = task
    assert _BENCH is not None
    began = seconds()
    slip = next(slip for slip in SLIPS if slip.name == name)
    places = _BENCH.drawn(slip, seed)
    outcomes: list[Outcome] = []
    for number in range(first, len(places)):
        found = outcome(slip, places[number], random.Random(f"{seed} {name} {number}"))
        if found is None:
            continue
        print(found, found.truth, file=sys.stderr, flush=True)
        outcomes.append(found)
        if found.counts:
            return Turn(tuple(outcomes), number + 1, seconds() - began)
    return Turn(tuple(outcomes), len(places), seconds() - began)


def campaign(names: list[str], count: int, seed: int, processes: int) -> tuple[list[Chapter], Tally, float]:
    """So many slips of these kinds, kinds taking turns as long as there are places for them, whatever the number of
    processes; with the chapters, and the processor time of the slips."""
    tally, spent = Tally(), 0.0
    places = dict.fromkeys(names, 0)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NOTES_CAMPAIGN_DIR"] = folder
        with multiprocessing.Pool(processes, _prepare) as pool:
            (chapters,) = pool.map(right_notes, [0])
            while places and len(tally.counted) < count:
                kinds = list(places)[: count - len(tally.counted)]
                turns = pool.map(turn, [(name, seed, places[name]) for name in kinds], chunksize=1)
                for name, found in zip(kinds, turns, strict=True):
                    spent += found.seconds
                    tally.take(found.outcomes)
                    places[name] = found.last
                    if not found.counts:
                        del places[name]
    return chapters, tally, spent


def right_table(chapters: list[Chapter]) -> str:
    """What became of the right notes."""
    verdicts = ("proved", "definition", "not checked", "undecided", "not understood", *WRONG)
    rows: list[list[str | int]] = []
    for chapter in chapters:
        totals = Counter(e.verdict for e in chapter.entries.values())
        rows.append([chapter.name, len(chapter.text), len(chapter.entries), *(totals[v] for v in verdicts)])
    rows.append(["all", *(sum(int(row[k]) for row in rows) for k in range(1, len(verdicts) + 3))])
    return table(["chapter", "characters", "relations", *verdicts], rows)


def report(chapters: list[Chapter], tally: Tally, seconds: float) -> str:
    """The two tables, and every slip that was not reported as it should be."""
    rows: list[list[str | int]] = []
    for slip in SLIPS:
        own = [o for o in tally.counted if o.slip == slip.name]
        found = [o for o in own if o.verdict in WRONG]
        named, by_shape = sum(o.is_named for o in own), sum(o.is_of_shape for o in own)
        seen, others = sum(o.truth == "wrong" for o in own), sum(bool(o.others) for o in own)
        rows.append([slip.name, len(own), seen, len(found), named, by_shape, others])
    rows.append(["all", *(sum(int(row[k]) for row in rows) for k in range(1, 7))])
    characters = sum(len(c.text) for c in chapters)
    unread = [e for c in chapters for e in c.entries.values() if e.verdict == "not understood"]
    wrong = [o for o in tally.counted if o.verdict in WRONG]
    return "\n".join(
        [
            heading("Notes"),
            f"Right notes, {characters:,} characters (about {characters // PAGE} pages):\n",
            right_table(chapters),
            "Not understood:\n",
            *(f"- `{_line(e.judgement.latex)}`: {e.judgement.reason}" for e in unread),
            f"\n{len(tally.counted)} single slips, all different, {seconds:.0f} s of processor time:\n",
            table(["slip", "put in", "seen to be wrong by values or shapes", "reported there", "named",
                   "of the others told by shapes only", "something else turned red"], rows),
            "Not reported as wrong:\n",
            *(str(o) for o in tally.counted if o.verdict not in WRONG),
            "\nSomething else turned red:\n",
            *(f"{o}: {'; '.join(o.others)}" for o in tally.counted if o.others),
            "\nRight in spite of the change, and called wrong:\n",
            *(str(o) for o in tally.alarms),
            "\nNot named as this slip:\n",
            *(str(o) for o in wrong if not o.is_named),
            f"\nDrawn again, for the formula says nothing then ({len(tally.silent)}, not counted above):\n",
            *(str(o) for o in tally.silent),
            "",
        ]
    )  # fmt: skip


def seconds() -> float:
    """Processor time so far, with that of the processes in which notes are checked."""
    return sum(os.times()[:4])


def main() -> int:
    """Run both; exit 1 on a false alarm or a slip that is not reported."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spoiled", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="slips whose name contains this")
    parser.add_argument("--processes", type=int, default=1, help="slips are shared out among so many")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    kinds = [slip.name for slip in SLIPS if options.only in slip.name]
    chapters, tally, spent = campaign(kinds, options.spoiled, options.seed, options.processes)
    text = report(chapters, tally, spent)
    print(text)
    if options.write:
        (RESULTS / "notes.md").write_text(text, encoding="utf-8")
    false = [e for c in chapters for e in c.entries.values() if e.verdict in WRONG]
    faults = [o for o in tally.counted if o.verdict not in WRONG or o.others]
    return 1 if false or tally.alarms or faults or len(tally.counted) < options.spoiled else 0


if __name__ == "__main__":
    sys.exit(main())
