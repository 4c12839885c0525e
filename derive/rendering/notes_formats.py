"""Reports on notes for other programs: JSON, GitHub annotations, SARIF 2.1.0, JUnit XML. All from the JSON object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any
from xml.etree import ElementTree

from derive.notes.reporting.words import PROBLEMS, explained, in_full, is_problem, rule
from derive.rendering.json_output import json_text

Json = Mapping[str, Any]

_LEVELS: Mapping[str, str] = {"refuted": "error", "conditional": "error"}
_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def notes_json(report: Json, version: str) -> str:
    """The report as it is."""
    return json_text(report) + "\n"


def notes_github(report: Json, version: str) -> str:
    """Workflow commands of GitHub: an annotation for each thing that is wrong, undecided or not understood."""
    return "".join(f"{line}\n" for file in report["files"] for line in _annotations(file))


def _annotations(file: Json) -> Iterator[str]:
    for entry in _problems(file):
        level = _LEVELS.get(entry["verdict"], "warning")
        at = _narrow(entry)
        where = f"file={_property(_path(file))},line={at['line']},endLine={at['end_line']}"
        if at["line"] == at["end_line"]:  # GitHub takes columns only on one line
            where += f",col={at['column']},endColumn={at['end_column']}"
        yield f"::{level} {where},title={_property(_title(entry))}::{_data(_in_cell(entry) + in_full(entry))}"
    for warning in file["warnings"]:
        where = f"file={_property(_path(file))},line={warning['line']}"
        yield f"::warning {where},title=derive::{_data(_in_cell(warning) + warning['message'])}"


def _title(entry: Json) -> str:
    return f"derive: {rule(entry)}"


def _in_cell(place: Json) -> str:
    return f"Cell {place['cell']}. " if "cell" in place else ""


def _data(text: str) -> str:
    return _plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """Without control characters, which XML forbids and consoles act on."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]", "�", text)


def _path(file: Json) -> str:
    return PurePath(file["file"]).as_posix()


def _narrow(entry: Json) -> Json:
    """The place of the wrong part, if it is known, else that of the relation."""
    found: Json = entry["part"] or entry
    return found


def _problems(file: Json) -> list[Json]:
    expected = ("refuted", "conditional")
    return [e for e in file["equations"] if e["verdict"] in PROBLEMS
            and not (e["mark"] == "wrong" and e["verdict"] in expected)]  # fmt: skip


def notes_sarif(report: Json, version: str) -> str:
    """SARIF 2.1.0: a rule for each kind of mistake, a result for each thing that is wrong or undecided."""
    found = [(file, entry) for file in report["files"] for entry in _problems(file)]
    rules = list(dict.fromkeys(rule(entry) for _, entry in found))
    warnings = [(file, w) for file in report["files"] for w in file["warnings"]]
    results = [_sarif_result(file, entry, rules.index(rule(entry))) for file, entry in found]
    rules += ["document"] if warnings else []
    results += [_sarif(file, w, "document", len(rules) - 1, "warning", w["message"]) for file, w in warnings]
    driver = {
        "name": "derive",
        "version": version,
        "rules": [{"id": name, "shortDescription": {"text": _RULE.get(name, f"{name.replace('-', ' ')} in a formula")}}
                  for name in rules],
    }  # fmt: skip
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}) + "\n"


_RULE: Mapping[str, str] = {
    "refuted": "The two sides of an equation differ.",
    "conditional": "An equation holds only under a condition.",
    "undecided": "An equation could not be decided.",
    "not-understood": "A formula could not be read.",
    "shape": "Shapes do not conform.",
    "document": "Something about the document itself.",
}


def _sarif_result(file: Json, entry: Json, number: int) -> dict[str, Any]:
    level = _LEVELS.get(entry["verdict"], "warning")
    result = _sarif(file, _narrow(entry), rule(entry), number, level, in_full(entry))
    result["properties"] = {"latex": entry["latex"], "verdict": entry["verdict"], "expected": entry["expected"]}
    return result


def _sarif(file: Json, place: Json, name: str, number: int, level: str, message: str) -> dict[str, Any]:
    region = {"startLine": place["line"], "startColumn": place["column"],
              "endLine": place["end_line"], "endColumn": place["end_column"]}  # fmt: skip
    return {
        "ruleId": name,
        "ruleIndex": number,
        "level": level,
        "message": {"text": _plain(_in_cell(place) + message)},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": _uri(_path(file))}, "region": region}},
        ],
    }


def _uri(path: str) -> str:
    """A path as the reference that a URI may hold."""

    def quoted(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match[0].encode())

    return re.sub(r"[^A-Za-z0-9/._~-]", quoted, path)


def notes_junit(report: Json, version: str) -> str:
    """JUnit XML: a suite for each file, a case for each equation; what is not checked is skipped.

    It has what the strictest of the schemas in use (that of Ant) asks for, and nothing that it forbids.
    """
    suites = ElementTree.Element("testsuites")
    for number, file in enumerate(report["files"]):
        suites.append(_suite(file, number))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _suite(file: Json, number: int) -> ElementTree.Element:
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    suite = ElementTree.Element(
        "testsuite", name=_plain(file["file"]), package="derive.notes", id=str(number),
        # Reports of the same notes are the same, byte for byte: they say nothing of when and where.
        timestamp="1970-01-01T00:00:00", hostname="localhost",
    )  # fmt: skip
    ElementTree.SubElement(suite, "properties")
    for entry in file["equations"]:
        name = f"{_in_cell(entry)}line {entry['line']}, column {entry['column']}: {entry['latex']}"
        case = ElementTree.SubElement(suite, "testcase", name=_plain(name), classname=_plain(file["file"]), time="0")
        counts["tests"] += 1
        kind = _outcome(entry)
        if kind is None:
            continue
        counts[{"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]] += 1
        found = ElementTree.SubElement(case, kind, message=_plain(explained(entry)))
        if kind != "skipped":
            found.set("type", rule(entry))
            found.text = _plain(in_full(entry))
    for key, count in counts.items():
        suite.set(key, str(count))
    suite.set("time", "0")
    for stream in ("system-out", "system-err"):
        ElementTree.SubElement(suite, stream)
    return suite


def _outcome(entry: Json) -> str | None:
    if is_problem(entry):
        return "failure"
    if entry["verdict"] == "not understood" and not entry["missing"]:
        return "error"
    return None if entry["verdict"] in ("proved", "agrees", "definition", "refuted", "conditional") else "skipped"


FORMATS: Mapping[str, Callable[[Json, str], str]] = {
    "json": notes_json,
    "github": notes_github,
    "sarif": notes_sarif,
    "junit": notes_junit,
}
"""Formats besides text, by the name that --format takes."""
