"""Wrong use: exit code 2, nothing on standard output, one sentence with a suggestion, and never a traceback."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from derive.commands import show

NET = "--widths 2,3,1"

WRONG = [
    ("shw", "Did you mean show?"),
    ("--verbose", "There is no option --verbose."),
    ("show", "Describe a network"),
    (f"show {NET} --widht 3", "Did you mean --widths?"),
    (f"show {NET} --activations sigmiod", "Did you mean sigmoid?"),
    (f"show {NET} --activations tanh,tanh,tanh", "3 activations for 2 layers"),
    (f"show {NET} --activations 'mish=z*tanh(u)'", "must have one"),
    (f"show {NET} --loss hinge", "Unknown loss 'hinge'"),
    (f"show {NET} --layout rows", "Did you mean row?"),
    (f"show {NET} --gradient nominator", "Did you mean denominator?"),
    (f"show {NET} --delta batches", "Did you mean batch?"),
    (f"show {NET} --delta example", "Add --batch N."),
    (f"show {NET} --sum", "Add --batch N."),
    (f"show {NET} --wrt W3", "W3"),
    (f"show {NET} --wrt 'W1['", "--wrt: "),
    (f"show {NET} --l2 'lam/'", "Complete it."),
    (f"show {NET} --l2", "requires an argument"),
    (f"show {NET} --detail most", "There is no --detail 'most' here. Choose from: brief"),
    (f"show {NET} --format yaml", "Choose from: text, latex"),
    (f"show {NET} W1", "a variable follows --wrt"),
    ("show --widths 2", "2"),
    ("show --widths 2,0,1", "0"),
    ("show --widths 2,-3,1", "-3"),
    ("show --widths ''", "width"),
    ("show --widths 2,3,1,", "width"),
    ("show --widths 2,3,2 --loss logistic", "needs one output"),
    ("show --activations sigmoid", "Give --widths"),
    ("show nosuch.toml", "There is no such file."),
    ("show --problem nosuch.toml", "There is no such file."),
    (f"show nosuch.toml {NET}", "There are two problems"),
    ("show malformed.toml", "malformed.toml"),
    ("show unknown_key.toml", "Did you mean question?"),
    ("show no_question.toml", "no_question.toml"),
    ("show mismatch.toml", "mismatch.toml"),
    ("show --widths n,2,1 --wrt W1 --style entries", "Give numbers"),
    ("show --widths 60,60,1 --wrt W1 --style entries", "Use smaller sizes"),
    (f"export {NET}", "Add -o notes.tex."),
    (f"export {NET} -o notes.docx", "Use one of"),
    (f"export {NET} -o nosuch/notes.tex", "Choose another file."),
    ("list everything", "Choose from: functions"),
    ("list", "See derive list --help."),
    ("list function", "Did you mean functions?"),
    (f"check {NET} --width 3 1", "Did you mean --widths?"),
    (f"show {NET} --batch -3", "such as 4 or N"),
    ("replay nosuch.json", "cannot be read: No such file or directory. "),
]

FILES = {
    "malformed.toml": "[shapes\nW = 1",
    "unknown_key.toml": '[shapes]\nx = ["n"]\n[questoin]\nobjective = "sum(x)"\nwrt = "x"',
    "no_question.toml": '[shapes]\nx = ["n"]\n[question]\nwrt = "x"',
    "mismatch.toml": '[shapes]\nx = ["n"]\ny = ["m"]\n[question]\nobjective = "sum(x + y)"\nwrt = "x"',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("line", "words"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_use_gets_one_sentence(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(shlex.split(line))
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("derive: ")
    assert len(err.splitlines()) == 1
    assert words in err
    assert "Something went wrong" not in err


def test_a_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["show", "a\x1b[31m\u202e.toml"]) == 2
    assert "a\\x1b[31m\\u202e.toml" in capsys.readouterr().err


def test_a_mistake_of_ours_is_said_to_be_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(show, "asked", fail)
    assert cli.run(["show", "--widths", "2,3,1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Please report it" in err
    assert "Traceback" not in err
    monkeypatch.setenv("DERIVE_DEBUG", "1")
    assert cli.run(["show", "--widths", "2,3,1"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()])
def test_what_does_not_fit_is_said_to_be_too_large(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(show, "asked", fail)
    assert cli.run(["show", "--widths", "2,3,1"]) == 2
    assert "too large" in capsys.readouterr().err


def test_the_first_screen_names_the_main_commands_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    main, more = capsys.readouterr().out.partition("Commands:")[2].split("More:")
    assert [line.split()[0] for line in main.strip().splitlines()] == ["check", "show", "compare", "notes"]
    assert "export" in more
    assert cli.run([]) == 0


@pytest.mark.parametrize("entry", cli.COMMANDS, ids=lambda entry: entry.name)
def test_every_command_explains_itself_and_knows_what_is_everywhere(
    entry: cli.Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([entry.name, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in ("--format", "--quiet", "--no-color", "--version", "--help"):
        assert option in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert cli.run([entry.name, "--version"]) == 0
    assert capsys.readouterr().out.startswith("derive ")


def test_flags_may_stand_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["-q", "list", "losses"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.run(["--no-color", "list", "losses"]) == 0
    assert "half-squared" in capsys.readouterr().out


def test_help_needs_none_of_the_slow_libraries() -> None:
    """The start of `derive --help` is not worth a clock in a test: what it may not import is."""
    code = (
        "import sys, cli; assert cli.run(['--help']) == 0; "
        "slow = {'sympy', 'numpy', 'rich', 'flint'} & set(sys.modules); assert not slow, slow"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_stops_early_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m cli list functions | head -n 1"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    ("redirected", "code", "told"),
    [
        (">/dev/full", 2, "derive: The output cannot be written: No space left on device.\n"),
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_output_that_leads_nowhere_is_no_mistake_of_ours(redirected: str, code: int, told: str) -> None:
    command = f"{sys.executable} -m cli --help {redirected}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (code, told)
