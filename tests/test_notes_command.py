"""`derive notes` as people call it: exit codes, files and folders, and the pytest plugin."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from tests.notes_documents import NETWORK, RIGHT, WRONG, written

pytest_plugins = ["pytester"]
IS_INSTALLED = bool(importlib.metadata.entry_points(group="pytest11", name="derive_notes"))
PLUGIN = () if IS_INSTALLED else ("-p", "derive.notes.pytest_plugin")
"""An installed copy brings the plugin by itself; in a checkout it is asked for."""

ROOT = Path(__file__).resolve().parent.parent
GOOD, BAD = f"{NETWORK}\n$$ {RIGHT[0]} $$\n", f"{NETWORK}\n$$ {RIGHT[0]} $$\n\n$$ {WRONG[0][0]} $$\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIVE_CACHE_DIR", str(tmp_path / "cache"))


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(["notes", *map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (GOOD, [], 0), (BAD, [], 1), (GOOD + "$q = v$", [], 0), (GOOD + "$q = v$", ["--strict"], 1), ("", [], 0),
        (BAD.replace("$$ \\frac", "<!-- derive: wrong -->\n$$ \\frac"), [], 0), (BAD, ["--format", "json"], 1),
        (BAD, ["--suggest"], 1), ("```derive\nx\n```\n", [], 2),
    ],
)  # fmt: skip
def test_the_exit_code_says_whether_something_is_wrong(
    tmp_path: Path, text: str, options: list[str], code: int
) -> None:
    assert run(written(tmp_path, text), *options)[0] == code


@pytest.mark.parametrize("arguments", [[], ["no.md"], ["no.txt"], ["--format", "html", "x.md"]])
def test_wrong_use_says_one_sentence_and_nothing_else(arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("derive: ")
    assert err.count("\n") == 1


def test_folders_are_searched(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "notes/a.md")
    written(tmp_path, GOOD, "notes/b/c.tex")
    written(tmp_path, BAD, "notes/.hidden/d.md")
    code, out, _ = run(tmp_path / "notes", "--format", "json")
    assert code == 0
    assert [Path(f["file"]).name for f in json.loads(out)["files"]] == ["a.md", "c.tex"]
    assert run(tmp_path / "notes/b/..", "-q")[1] == ""


def test_layers_without_a_number_ask_for_a_network_of_any_depth(tmp_path: Path) -> None:
    text = r"$\delta^{[l]} = (W^{[l+1]})^\top \delta^{[l+1]} \odot g'(z^{[l]})$ and $n c = M r$." + "\n"
    _, block, _ = run(written(tmp_path, text), "--suggest")
    assert 'widths = ["n_0", "...", "n_L"]' in block
    assert "n = " in block
    assert 'c = ["m"]' in block  # a size is called by a letter that is no name
    _, out, _ = run(written(tmp_path, block + text), "--all")
    assert "1 proved" in out


def test_the_loss_of_the_notes_is_taken_for_that_of_the_network(tmp_path: Path) -> None:
    text = r"$\frac{\partial \mathcal{L}}{\partial z^\ell} = \delta^\ell$, $\delta^\ell = 2 a^\ell$" + "\n"
    _, block, _ = run(written(tmp_path, text), "--suggest")
    assert run(written(tmp_path, block + text), "--all")[1].count("✓") == 1
    own = block.partition("[notation]")[0] + "```\n\n$\\mathcal{L} = \\sum_i a^L_i$\n\n"
    assert "is that of the E of the context" in run(written(tmp_path, own + text), "--all")[1]


def test_the_suggested_context_makes_the_names_known(tmp_path: Path) -> None:
    text = "$$ \\hat{y} = W x + b, \\qquad \\nabla_x (\\lambda c^\\top x) = \\lambda c $$\n"
    _, block, _ = run(written(tmp_path, text), "--suggest")
    assert "[shapes]" in block
    _, out, _ = run(written(tmp_path, block + "\n" + text), "--format", "json")
    report = json.loads(out)
    assert report["missing"] == []
    assert report["files"][0]["equations"][-1]["verdict"] == "proved"


def test_annotated_copies_are_written_and_never_over_the_notes(tmp_path: Path) -> None:
    path = written(tmp_path, BAD)
    assert run(path, "--annotate", tmp_path / "out.md", "-q")[0] == 1
    assert "✗" in (tmp_path / "out.md").read_text(encoding="utf-8")
    assert run(path, "--annotate", path)[0] == 2
    assert path.read_text(encoding="utf-8") == BAD
    other = written(tmp_path, GOOD, "other.md")
    run(path, other, "--annotate", tmp_path / "folder", "-q")
    assert sorted(p.name for p in (tmp_path / "folder").iterdir()) == ["notes.md", "other.md"]


def test_watching_shows_what_changes(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "notes", "--watch", "--no-cache", str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # Tests that run in the background of a shell ignore the signal, and what they start would, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = next(line for line in process.stdout if "equation" in line)
        assert "1 equation: 1 proved." in line
        path.write_text(BAD, encoding="utf-8")
        later = path.stat().st_mtime + 10
        os.utime(path, (later, later))
        line = next(line for line in process.stdout if "equations" in line)
        assert "1 refuted" in line
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == cli.INTERRUPTED


def test_the_plugin_is_idle_unless_it_is_asked(pytester: pytest.Pytester) -> None:
    pytester.makefile(".md", notes=BAD)
    pytester.makepyfile("def test_nothing():\n    pass")
    result = pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("how", ["option", "ini"])
def test_every_equation_is_a_test(pytester: pytest.Pytester, how: str) -> None:
    pytester.makefile(".md", notes=BAD + "\n$x \\approx 1$\n\n$q = v$\n")
    if how == "ini":
        pytester.makeini("[pytest]\nderive_notes =\n    *.md\n")
    options = ["--derive-notes", "notes.md"] if how == "option" else []
    result = pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *options)
    result.assert_outcomes(passed=1, failed=1, skipped=2)
    result.stdout.fnmatch_lines(["*notes.md:*Not equal*2× what it should be*"])


def test_strict_tests_fail_what_is_not_understood(pytester: pytest.Pytester) -> None:
    pytester.makefile(".md", notes="$q = v$")
    options = [*PLUGIN, "-p", "no:cacheprovider", "--derive-notes", "--derive-strict"]
    pytester.runpytest_inprocess(*options).assert_outcomes(failed=1)
