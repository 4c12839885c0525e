"""Checking files of notes: find, judge in order, place, mark, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from derive.checking.guard import Allowance
from derive.notation import Limits
from derive.notes import apart, cache
from derive.notes.finding.documents import pieces
from derive.notes.finding.pieces import Context, Formula, Heading, Mark, Piece, Trouble
from derive.notes.formulas.cases import with_cases
from derive.notes.formulas.judgement import Judgement
from derive.notes.formulas.prose import with_roles
from derive.notes.formulas.reading import FormulaReader, Latex
from derive.notes.judging.layouts import MESSAGE, in_one_layout
from derive.notes.reporting.marked import assigned, ignored, lonely, with_marks
from derive.notes.reporting.report import Entry, FileReport, Remark, Report, joined
from derive.notes.reporting.unspelled import unspelled
from derive.notes.steps import Result, Step, Work


@dataclass(frozen=True)
class Settings:
    """How notes are checked: the reader of formulas, what one may cost, whether results are kept between runs."""

    reader: FormulaReader = field(default_factory=Latex)
    limits: Limits = field(default_factory=Limits)
    allowance: Allowance = field(default_factory=Allowance)
    keep: bool = True


class Notes:
    """The notes in some files. `len` is the number of steps that checking them takes."""

    def __init__(self, paths: Sequence[str | Path], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._notes = [_Note(Path(path), self.settings) for path in paths]

    def __len__(self) -> int:
        return sum(len(note.steps) for note in self._notes)

    def report(self, on_step: Callable[[], object] | None = None) -> Report:
        """Everything checked; `on_step` is called after each step.

        Raises UsageError if a file cannot be read or a context is malformed.
        """
        files: dict[str, list[FileReport]] = {}
        for note in self._notes:
            for found in note.checked(on_step):
                files.setdefault(found.file, []).append(found)
        return Report(tuple(joined(found) for found in files.values()))


def check_notes(*paths: str | Path, settings: Settings | None = None) -> Report:
    """The report on files of notes: Markdown, LaTeX, notebooks."""
    return Notes(paths, settings).report()


class _Note:
    """One file that was asked for, with those it inputs."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self.settings = settings
        self.pieces: list[Piece] = with_cases(with_roles(list(pieces(path))))
        self.marks = assigned(self.pieces)
        self._asked = [
            number
            for number, piece in enumerate(self.pieces)
            if isinstance(piece, (Context, Heading, Formula)) and not self._is_ignored(number)
        ]
        self.steps: list[Step] = [
            p for n in self._asked if isinstance(p := self.pieces[n], (Context, Heading, Formula))
        ]

    def _is_ignored(self, number: int) -> bool:
        mark = self.marks.outer.get(number)
        return mark is not None and mark.kind == "ignore"

    def checked(self, on_step: Callable[[], object] | None) -> Iterator[FileReport]:
        """A report on each file that has a part in it."""
        results: dict[int, tuple[Judgement, ...]] = {}
        for result in self._results():
            results[self._asked[result.index]] = result.judgements
            if on_step is not None:
                on_step()
        found = _Reports(str(self.path))
        judged, turned = in_one_layout(results, self.pieces)
        if turned is not None and isinstance(first := self.pieces[turned], Formula):
            found.warn(first, Remark(first.document.place(first.start, first.end), MESSAGE))
        defined = {name for of_one in judged.values() for j in of_one for name in j.defines}
        contexts = [piece for piece in self.pieces if isinstance(piece, Context)]
        for number, piece in enumerate(self.pieces):
            if isinstance(piece, Context):
                for message in unspelled(piece, contexts, defined):
                    found.warn(piece, Remark(piece.document.place(piece.start, piece.start + 1), message))
            if isinstance(piece, Trouble):
                found.warn(piece, Remark(piece.document.place(piece.start, piece.end), piece.message))
            elif isinstance(piece, Formula):
                judgements = ignored(piece) if self._is_ignored(number) else judged[number]
                entries = [_entry(piece, j) for j in judgements]
                marks = self.marks.outer.get(number), self.marks.inner.get(number, [])
                found.add(piece, *with_marks(entries, piece, *marks))
            else:
                found.see(piece)
        for mark in self.marks.without:
            found.warn(mark, lonely(mark))
        return found.reports()

    def _results(self) -> Iterator[Result]:
        settings = self.settings
        fingerprint = cache.fingerprint(settings.limits, settings.allowance.seconds) if settings.keep else ""
        kept = cache.load(self.path, fingerprint) if settings.keep else {}
        entries: cache.Entries = {}
        is_new = False

        def work() -> Work:
            return Work(self.steps, settings.reader, settings.limits, kept, fingerprint)

        for result in apart.results(self.steps, work, settings.allowance):
            if result.key:
                entries[result.key] = [j.to_json() for j in result.judgements]
                is_new = is_new or result.is_new
            yield result
        if settings.keep and (is_new or len(entries) < len(kept)):
            cache.save(self.path, fingerprint, entries)


def _entry(formula: Formula, judgement: Judgement) -> Entry:
    place = formula.place(judgement.start, judgement.end)
    part = None if judgement.part is None else formula.place(*judgement.part)
    end = formula.offsets[min(judgement.end, len(formula.latex))]
    return Entry(place, judgement, part, None, (formula.start, formula.end), end, formula.display)


class _Reports:
    """Entries and warnings, sorted to the files they belong to, in the order in which those appear."""

    def __init__(self, first: str) -> None:
        self._entries: dict[str, list[Entry]] = {first: []}
        self._warnings: dict[str, list[Remark]] = {first: []}
        self._texts: dict[str, dict[int | None, str]] = {first: {}}

    def see(self, piece: Context | Heading | Mark | Piece) -> None:
        document = getattr(piece, "document", None)
        if document is not None:
            self._entries.setdefault(document.file, [])
            self._warnings.setdefault(document.file, [])
            self._texts.setdefault(document.file, {})[document.cell] = document.text

    def add(self, piece: Formula, entries: Sequence[Entry], warnings: Sequence[Remark]) -> None:
        self.see(piece)
        self._entries[piece.document.file] += entries
        self._warnings[piece.document.file] += warnings

    def warn(self, piece: Trouble | Mark | Formula | Context, warning: Remark) -> None:
        self.see(piece)
        self._warnings[piece.document.file].append(warning)

    def reports(self) -> Iterator[FileReport]:
        for file, entries in self._entries.items():
            warnings = sorted(self._warnings[file], key=lambda w: (w.place.cell or 0, w.place.line, w.place.column))
            yield FileReport(file, tuple(entries), tuple(warnings), self._texts[file])
