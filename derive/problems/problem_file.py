"""Problem files: TOML to a Problem. The sections are read in a fixed order, each by one function of `sections`."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from derive.errors import LimitError, UsageError
from derive.expression.nodes import Tensor
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems import sections
from derive.problems.draft import Draft
from derive.problems.options import network_problem
from derive.problems.tables import Table, as_table, as_text, check_keys, section, within
from derive.suggestions import did_you_mean

SECTIONS: tuple[str, ...] = (
    "title", "network", "shapes", "indices", "functions", "define", "assume", "notation", "layout", "question",
    "marking",
)  # fmt: skip

MAXIMUM_BYTES = 100_000


def load(path: str | Path, wrt: str | None = None) -> Problem:
    """The problem in a file; `wrt` replaces the file's.

    UsageError if there is no such file or it is malformed; ReadError for a formula that cannot be read; the message
    begins with the name of the file and says which key.
    """
    with within(Path(path).name or str(path)):
        return loads(_content(Path(path)), wrt)


def read_table(path: str | Path) -> Table:
    """The tables of a problem file as they stand there, for `from_table`; UsageError as for `load`."""
    with within(Path(path).name or str(path)):
        return _document(_content(Path(path)))


def loads(text: str, wrt: str | None = None) -> Problem:
    """The problem in a text of TOML."""
    return from_table(_document(text), wrt)


def _document(text: str) -> Table:
    if len(text) > MAXIMUM_BYTES:
        raise LimitError(f"A problem file has at most {MAXIMUM_BYTES} characters, not {len(text)}.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"This is no TOML: {error}.", suggestion='Texts stand in quotes: W = ["n", "m"].') from error
    except RecursionError as error:
        raise LimitError("Lists and tables are nested too deeply.") from error


def from_table(document: Table, wrt: str | None = None) -> Problem:
    """The problem in the tables of a file, or in the same structure from JSON."""
    check_keys("A problem file", as_table(document, "A problem file"), SECTIONS)
    title = as_text(document.get("title", ""), "title")
    found = network(document)
    draft = Draft(Problem(title=title) if found is None else network_problem(found, _network_wrt(document, wrt)))
    sections.shapes(draft, section(document, "shapes"))
    sections.indices(draft, section(document, "indices"))
    sections.functions(draft, section(document, "functions"))
    sections.objective_name(draft, section(document, "question"))
    sections.define(draft, section(document, "define"))
    conventions = sections.notation(draft, section(document, "notation"))
    sections.assume(draft, section(document, "assume"))
    sections.layout(draft, section(document, "layout"), found)
    sections.question(draft, section(document, "question"), wrt)
    sections.marking(draft, section(document, "marking"))
    # The formulas of the file are plain text; what the author means by a sign holds for answers and notes.
    draft.converse(conventions)
    return draft.problem


def with_notation(problem: Problem, table: Table) -> Problem:
    """A problem with more spellings, as under [notation]; UsageError or ReadError as for a file."""
    draft = Draft(problem)
    known = problem.scope.conventions
    found = sections.notation(draft, table)
    draft.converse(replace(known, spellings={**known.spellings, **found.spellings}))
    return draft.problem


def network(document: Table) -> Network | None:
    """The network of a file, or None if the file has none."""
    if "network" not in document:
        return None
    known = Draft(Problem())
    sections.functions(known, section(document, "functions"))
    return sections.network(
        section(document, "network"),
        section(document, "layout"),
        known.scope.functions,
        as_text(document.get("title", ""), "title"),
    )


def load_network(path: str | Path) -> Network | None:
    """The network of a file, for those who need the network and not its definitions.

    None if the file has none, or has an objective of its own.
    """
    with within(Path(path).name or str(path)):
        return table_network(_document(_content(Path(path))))


def table_network(document: Table) -> Network | None:
    """The same for the tables of a file."""
    found = network(document)
    return found if found is None or _is_of(found, from_table(document)) else None


def _is_of(found: Network, problem: Problem) -> bool:
    """Whether a problem asks for the objective of its network, and not for one that the file puts in its place."""
    objective = problem.question.objective
    if not isinstance(objective, Tensor) or objective.name != problem.objective_name:
        return False
    return problem.definition(objective) == found.problem(problem.question.wrt).definition(objective)


def _network_wrt(document: Table, wrt: str | None) -> str | None:
    """What a network of the file is asked, unless the file has its own objective."""
    asked = section(document, "question")
    if "objective" in asked or "value" in asked or (wrt is None and isinstance(asked.get("wrt"), list)):
        return None
    if wrt is not None or "wrt" not in asked:
        return wrt
    return as_text(asked["wrt"], "[question] wrt")


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_BYTES + 1)
        if len(raw) > MAXIMUM_BYTES:
            raise LimitError(f"The file has more than {MAXIMUM_BYTES} bytes.", suggestion="Split the problem.")
        return raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        folder = path.parent
        near = [p.name for p in folder.glob("*.toml")] if folder.is_dir() else []
        hint = did_you_mean(path.name, near) if 0 < len(near) <= 50 else "Give the path of a TOML file."
        raise UsageError("There is no such file.", suggestion=hint) from error
    except IsADirectoryError as error:
        raise UsageError("This is a folder, not a file.", suggestion="Give the path of a TOML file.") from error
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError("The file is not UTF-8 text.", suggestion="Save it as UTF-8.") from error
