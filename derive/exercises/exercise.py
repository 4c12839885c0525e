"""What an exercise is: a problem, and the words around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from derive.errors import UsageError
from derive.exercises.computed import Fact, computed
from derive.exercises.topics import TOPICS
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.networks import Network
from derive.notation import read
from derive.problems import from_table, table_network
from derive.problems.tables import Table, as_list, as_text, check_keys, choice, section, within
from derive.suggestions import did_you_mean

WORDS: tuple[str, ...] = ("title", "topics", "statement", "hints", "references", "shown", "style")
"""Keys of [exercise]."""

STYLES: tuple[str, ...] = ("matrix", "index", "entries")
"""How a derivation may be written."""

OWN: tuple[str, ...] = ("exercise", "computed")
"""Sections of an exercise besides those of a problem file."""


@dataclass(frozen=True)
class Exercise:
    """An exercise of the catalogue.

    id          the name of its file
    title       one line
    topics      codes of `topics.TOPICS`
    statement   what is to be done; formulas in it stand between backquotes
    hints       from a nudge to nearly there, none with the answer in it
    references  where it comes from
    shown       for an equation that is to be shown: its other side, as in the statement
    style       how the derivation is written: matrix, index or entries
    table       the problem, as the tables of a problem file
    facts       what was worked out by other means than differentiation, for the solution
    """

    id: str
    title: str
    topics: tuple[str, ...]
    statement: str
    hints: tuple[str, ...]
    references: tuple[str, ...]
    shown: str
    style: str
    table: Table
    facts: tuple[Fact, ...] = ()

    @cached_property
    def problem(self) -> Problem:
        """The problem that answers are decided by."""
        return from_table(self.table)

    @cached_property
    def network(self) -> Network | None:
        """The network that poses the problem, if one does."""
        return table_network(self.table)

    def span(self, words: str) -> tuple[str | Expression, ...]:
        """Words with the formulas between backquotes read, so that every format sets them in its way."""
        parts: list[str | Expression] = []
        for k, part in enumerate(words.split("`")):
            if k % 2:
                with within(f"The exercise {self.id}"):
                    parts.append(read(part, self.problem.scope))
            elif part:
                parts.append(part)
        return tuple(parts)


def read_exercise(name: str, document: Mapping[str, object]) -> Exercise:
    """The exercise in the tables of a file; UsageError for what is missing or unknown."""
    with within(f"The exercise {name}"):
        words = section(document, "exercise")
        check_keys("[exercise]", words, WORDS)
        title = as_text(words.get("title", ""), "title")
        table: dict[str, object] = {"title": title}
        table |= {key: value for key, value in document.items() if key not in OWN}
        facts: tuple[Fact, ...] = ()
        if "computed" in document:
            found = computed(section(document, "computed"), table)
            table["question"] = {"value": found.value}
            facts = found.facts
        table["question"] = {**section(table, "question"), "closed": True}
        return Exercise(
            id=name,
            title=title,
            topics=tuple(_topic(topic) for topic in _texts(words, "topics")),
            statement=" ".join(as_text(words.get("statement", ""), "statement").split()),
            hints=_texts(words, "hints"),
            references=_texts(words, "references"),
            shown=as_text(words.get("shown", ""), "shown"),
            style=choice(words.get("style", "matrix"), "[exercise] style", {style: style for style in STYLES}),
            table=table,
            facts=facts,
        )


def _texts(words: Table, key: str) -> tuple[str, ...]:
    return tuple(as_text(part, f"[exercise] {key}") for part in as_list(words.get(key, []), f"[exercise] {key}"))


def _topic(code: str) -> str:
    if code not in TOPICS:
        raise UsageError(f"There is no topic {code!r}.", suggestion=did_you_mean(code, TOPICS))
    return code
