"""Every command in the README and in docs/ prints what the page says it prints.

`python tests/test_docs.py README.md docs/text.md` writes what the commands print now into the pages; read the diff.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = ("toml", "python")
"""Languages of blocks that are files where they have a name."""
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of the info line (a file name), its text and where the text starts."""

    language: str
    name: str
    body: str
    start: int


def blocks(page: str) -> Iterator[Block]:
    for found in FENCE.finditer(page):
        language, _, name = found["info"].strip().partition(" ")
        yield Block(language, name.strip(), found["body"], found.start("body"))


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block with the output that follows each; a backslash continues a command."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = 1
        while lines[end - 1].endswith("\\\n"):
            end += 1
        yield "".join(lines[:end]).rstrip("\n"), "".join(lines[end:])


def words(output: str) -> str:
    """What is said apart from numbers: the last digits of floating-point errors differ between processors."""
    return re.sub(r"[\s─]+", " ", re.sub(r"\(\d+,\d+\)|-?\d[-+\d.e]*", "#", output))


class Shell:
    """Runs the commands of one page in a folder of its own; `derive` runs in this process, since it starts faster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0
        (folder / "examples").symlink_to(ROOT / "examples")

    def run(self, command: str) -> str:
        joined = command.replace("\\\n", " ")
        if joined == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(joined, comments=True)
        signs = shlex.shlex(joined, posix=True, punctuation_chars=True)
        if words[0] == "derive" and not set(signs) & {"|", "<", ">", ">>", "&", "&&"} and not set(joined) & set("`$"):
            return self._derive(words[1:])
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=self.folder, env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=300,
        )  # fmt: skip
        self.code = done.returncode
        return done.stdout

    def _derive(self, arguments: list[str]) -> str:
        printed = io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            self.code = cli.run(arguments)
        return printed.getvalue()

    def write(self, block: Block) -> None:
        (self.folder / block.name).write_text(block.body, encoding="utf-8")


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in FILES and block.name:
            shell.write(block)
        if block.language == "console":
            for command, expected in commands(block.body):
                same = words if command.startswith("derive compare") else str
                assert same(shell.run(command)) == same(expected), f"{page.name}: $ {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_example_prints_what_the_page_says(page: Path) -> None:
    names: dict[str, object] = {}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python" and ">>>" in block.body:
            example = doctest.DocTestParser().get_doctest(block.body, names, page.name, str(page), 0)
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(example, clear_globs=False)
            names.update(example.globs)
            assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [found["target"] for found in LINK.finditer(page.read_text(encoding="utf-8"))]
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_the_readme_shows_commands_that_run() -> None:
    shown = [
        c for b in blocks(PAGES[0].read_text(encoding="utf-8")) if b.language == "console" for c in commands(b.body)
    ]
    assert {"check", "show", "compare"} <= {command.split()[1] for command, _ in shown if command.startswith("derive")}


def updated(page: str, shell: Shell) -> str:
    """The page with the output of every command as it is now."""
    out, last = [], 0
    for block in blocks(page):
        if block.language in FILES and block.name:
            shell.write(block)
        if block.language == "console":
            head = block.body.partition("$ ")[0]
            body = head + "".join(f"$ {command}\n{shell.run(command)}" for command, _ in commands(block.body))
            out += [page[last : block.start], body]
            last = block.start + len(block.body)
    return "".join([*out, page[last:]])


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(argument)
            file.write_text(updated(file.read_text(encoding="utf-8"), Shell(Path(folder))), encoding="utf-8")
