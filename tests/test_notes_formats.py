"""Formats: what other programs are given has the structure that they ask for, whatever stands in the notes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from derive.notes.reporting.words import summary
from derive.rendering.notes_formats import FORMATS
from derive.rendering.notes_terminal import notes_terminal
from tests.notes_documents import NETWORK, RIGHT, WRONG, checked

STRANGE = "$$ q = \\text{a\x07<&\"']]>} $$\n\n$$ \\frac{a}{ $$\n"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("notes, with spaces: é%")
    formulas = "\n\n".join(f"$$ {f} $$" for f in (*RIGHT[:2], *(w for w, _ in WRONG), r"x \approx 1", "v = u"))
    return checked(folder, NETWORK + formulas + f"\n\n<!-- derive: wrong -->\n{STRANGE}").to_json()


def test_json_has_the_keys_of_the_contract(report: dict[str, Any]) -> None:
    found = json.loads(FORMATS["json"](report, "1.0"))
    assert found == report
    keys = {
        "line",
        "column",
        "end_line",
        "end_column",
        "latex",
        "verdict",
        "reason",
        "expected",
        "mistakes",
        "counterexample",
    }
    entries = found["files"][0]["equations"]
    assert all(keys <= set(entry) for entry in entries)
    assert sum(found["totals"].values()) == len(entries)
    for entry in entries:
        wrong = entry["verdict"] in ("refuted", "conditional")
        assert not wrong or isinstance(entry["expected"], str)
        assert wrong or not entry["mistakes"]


def test_github_annotations_are_one_line_each_with_escaped_values(report: dict[str, Any]) -> None:
    lines = FORMATS["github"](report, "1.0").splitlines()
    problems = [
        e
        for e in report["files"][0]["equations"]
        if e["verdict"] in ("refuted", "conditional", "undecided", "not understood")
    ]
    assert len(lines) == len(problems) + len(report["files"][0]["warnings"])
    shape = re.compile(
        r"^::(error|warning) file=[^:,]+,line=\d+(,endLine=\d+)?(,col=\d+,endColumn=\d+)?,title=[^:,]+::\S.*$"
    )
    assert all(shape.match(line) for line in lines), [line for line in lines if not shape.match(line)]
    assert sum(line.startswith("::error") for line in lines) == len(WRONG)


def of_type(value: object, kind: type | tuple[type, ...], where: str) -> Any:
    assert isinstance(value, kind), f"{where}: {value!r}"
    return value


def check_sarif(log: dict[str, Any]) -> int:
    """The part of the SARIF 2.1.0 schema that concerns what is written: required keys, types, bounds, enumerations."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith(".json")
    count = 0
    for run in of_type(log["runs"], list, "runs"):
        assert set(run) <= {"tool", "results", "columnKind"}
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        driver = run["tool"]["driver"]
        assert set(driver) <= {"name", "version", "rules"}
        of_type(driver["name"], str, "driver name")
        rules = of_type(driver["rules"], list, "rules")
        assert len({r["id"] for r in rules}) == len(rules)
        for rule in rules:
            of_type(rule["shortDescription"]["text"], str, "description")
        for result in of_type(run["results"], list, "results"):
            assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "locations", "properties"}
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert of_type(result["message"]["text"], str, "message")
            for location in result["locations"]:
                physical = location["physicalLocation"]
                assert re.fullmatch(r"(?:[A-Za-z0-9/._~-]|%[0-9A-F]{2})+", physical["artifactLocation"]["uri"])
                region = physical["region"]
                assert all(
                    of_type(region[key], int, key) >= 1 for key in ("startLine", "startColumn", "endLine", "endColumn")
                )
                assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"])
            count += 1
    return count


def test_sarif_has_the_structure_of_the_standard(report: dict[str, Any]) -> None:
    log = json.loads(FORMATS["sarif"](report, "1.0"))
    assert check_sarif(log) == len(FORMATS["github"](report, "1.0").splitlines())


def test_the_check_of_sarif_finds_faults(report: dict[str, Any]) -> None:
    for spoil in ({"version": "2.0"}, {"runs": {}}):
        with pytest.raises((AssertionError, TypeError, KeyError)):
            check_sarif({**json.loads(FORMATS["sarif"](report, "1.0")), **spoil})


def check_junit(text: str) -> dict[str, int]:
    """JUnit XML by its strictest schema (Ant): what each suite must have, at most one outcome a case, right counts."""
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    assert not root.attrib
    found = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for number, suite in enumerate(root):
        assert suite.tag == "testsuite"
        assert suite.get("name")
        assert suite.get("package")
        assert suite.get("hostname")
        assert suite.get("id") == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", ""))
        first, *cases, out, err = suite
        assert (first.tag, out.tag, err.tag) == ("properties", "system-out", "system-err")
        own = dict.fromkeys(found, 0)
        for case in cases:
            assert case.tag == "testcase"
            assert case.get("name")
            assert case.get("classname")
            assert float(case.get("time", "")) >= 0
            assert len(case) <= 1
            own["tests"] += 1
            for outcome in case:
                own[{"failure": "failures", "error": "errors", "skipped": "skipped"}[outcome.tag]] += 1
                assert outcome.get("message")
        assert {key: int(suite.get(key, "-1")) for key in own} == own
        found = {key: found[key] + own[key] for key in found}
    return found


def test_junit_has_a_case_for_each_equation(report: dict[str, Any]) -> None:
    found = check_junit(FORMATS["junit"](report, "1.0"))
    assert found["tests"] == len(report["files"][0]["equations"])
    assert found["failures"] == len(WRONG)
    assert found["skipped"] >= 1


def test_the_terminal_shows_the_line_with_carets_and_the_correction(report: dict[str, Any], tmp_path: Path) -> None:
    file = report["files"][0]["file"]
    texts = {(file, None): Path(file).read_text(encoding="utf-8")}
    shown = notes_terminal(report, texts, width=100)
    lines = shown.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\s*\d+ │ ", line) and "lambda" in line:
            below = lines[number + 1]
            marked = line[below.index("^") : below.rindex("^") + 1]
            assert marked == r"2 \lambda W_2"
            break
    else:
        raise AssertionError(shown)
    assert "Correct" in shown
    assert summary(report) in shown
    assert "\x07" not in shown
    assert "Not declared: u" in shown
    assert max(map(len, lines)) <= 110


def test_brief_is_one_line_for_each_problem(report: dict[str, Any]) -> None:
    lines = notes_terminal(report, {}, brief=True).splitlines()
    assert all(re.match(r".*:\d+:\d+(:| ) ", line) for line in lines)
    assert len([line for line in lines if "✗" in line or "◐" in line]) == len(WRONG)


def test_everything_lists_what_is_right_too(report: dict[str, Any]) -> None:
    assert "proved" in notes_terminal(report, {}, everything=True)
    assert notes_terminal({"files": [], "totals": {}, "missing": []}, {}).strip() == "No equations were found."
