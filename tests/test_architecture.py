"""The shape of the project: arrows between packages, no circles, no hidden imports, nothing too long, all annotated."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LEAVES = {"errors", "suggestions", "deadline"}
CORE = LEAVES | {"expression"}
ENGINE = CORE | {"rewriting", "equality", "networks"}
CERTIFICATES = {"certificate", "chained", "expander"}

ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "expander": set(),
    "certificate": {"expander"},
    "chained": {"certificate", "expander"},
    "suggestions": set(),
    "deadline": {"errors"},
    "expression": LEAVES,
    "networks": CORE,
    "notation": CORE,
    "writing": CORE,
    "rewriting": CORE,
    "numeric": CORE | {"networks"},
    "equality": CORE | {"rewriting"},
    "problems": CORE | {"networks", "notation"},
    "differentiation": ENGINE,
    "mistakes": ENGINE | {"differentiation"},
    "certifying": ENGINE | {"differentiation"} | CERTIFICATES,
    "checking": ENGINE | {"certifying", "differentiation", "mistakes", "notation", "writing"} | CERTIFICATES,
    "exercises": ENGINE | {"differentiation", "notation", "problems", "mistakes", "checking"},
    "grading": CORE | {"checking", "exercises", "notation", "problems"},
    "answers": CORE | {"notation"},
    "api": ENGINE | {"answers", "checking", "differentiation", "notation", "standalone"},
    "standalone": CORE | {"checking", "notation"},
    "notes": CORE | {"networks", "equality", "notation", "problems", "checking", "mistakes", "standalone", "writing"},
    "programs": CORE | {"numeric", "writing"},
    "rendering": ENGINE | {"differentiation", "checking", "notes", "numeric", "writing"},
}
"""What a package may import, besides itself. Whatever is not listed may import everything and be imported by nobody."""

FLOORS: dict[str, tuple[str, ...]] = {
    "checking": ("verdicts", "questions", "form", "conditional", "lines", "explaining"),
    "notes": ("finding", "formulas", "known", "correcting", "judging", "reporting"),
}
"""Packages of packages: each floor imports only those before it; modules beside them may import all."""

ENTRY = {"cli", "commands"}
"""The command line: it may import everything, and late, so that `derive --help` starts at once."""

MAY_BE_LATE = {"derive/__init__.py"}
"""Packages whose `__getattr__` imports on first use."""


@dataclass(frozen=True)
class Function:
    """A function of a module: whether it imports, and whether it says its types."""

    name: str
    imports: bool
    is_annotated: bool


@dataclass(frozen=True)
class Source:
    """What the tests ask about a file, so that its tree is walked once; names of modules are as written there."""

    file: Path
    imported: frozenset[str]
    """What is imported; `a.b` for `from a import b`, too."""
    imported_for_types: frozenset[str]
    functions: tuple[Function, ...]
    called: frozenset[str]
    """The last name of everything that is called."""
    docstring: str | None


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def read(file: Path) -> Source:
    tree = parsed(file)
    called = {name for node in ast.walk(tree) if isinstance(node, ast.Call) and (name := last_name(node.func))}
    functions = tuple(Function(f.name, any(imports(f, type_only=True)), is_annotated(f)) for f in functions_of(tree))
    imported = frozenset(imports(tree, type_only=False))
    for_types = frozenset(imports(tree, type_only=True)) - imported
    return Source(file, imported, for_types, functions, frozenset(called), ast.get_docstring(tree))


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (f for f in statements(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)))


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement in a tree, with whatever else is no expression."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.expr):
            yield node
            yield from statements(node)


def imports(tree: ast.AST, *, type_only: bool) -> Iterator[str]:
    """What a tree imports, anywhere in it; with or without what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr) or (is_type_only(node) and not type_only):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = "." * node.level + (node.module or "")
            yield from (f"{home}.{alias.name}" for alias in node.names)
        yield from imports(node, type_only=type_only)


def is_type_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_annotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    named = [a for a in arguments if a.arg not in {"self", "cls"}]
    return function.returns is not None and all(a.annotation is not None for a in named)


def last_name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


@cache
def sources() -> dict[str, Source]:
    """Every module of the library by its dotted name."""
    files = [*sorted((ROOT / "derive").rglob("*.py")), *sorted((ROOT / "numeric").rglob("*.py")), ROOT / "cli.py"]
    found = {}
    for file in files:
        parts = list(file.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = read(file)
    return found


def ours(imported: Iterable[str]) -> set[str]:
    """The modules of ours among what is imported: `a.b` is the module a.b, or else something in the module a."""
    modules = (name if name in sources() else name.rpartition(".")[0] for name in imported)
    return {module for module in modules if module in sources()}


def package(module: str) -> str:
    """The part of the design a module belongs to: `derive.networks.loss` is `networks`, `numeric.x` is `numeric`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "derive" and len(parts) > 1 else parts[0]


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Every import circle, found by repeatedly taking away the modules that import nothing that is left."""
    left = {name: set(targets) for name, targets in arrows.items()}
    while True:
        leaves = {name for name, targets in left.items() if not targets & left.keys()}
        if not leaves:
            break
        left = {name: targets for name, targets in left.items() if name not in leaves}
    while True:
        used = {target for targets in left.values() for target in targets}
        unused = left.keys() - used
        if not unused:
            return [sorted(left)] if left else []
        left = {name: targets for name, targets in left.items() if name not in unused}


def test_no_arrow_points_back() -> None:
    wrong = []
    for module, source in sources().items():
        own = package(module)
        if own in ENTRY or module == "derive":
            continue
        assert own in ARROWS, f"{module}: say in ARROWS what the package {own} may import"
        for target in ours(source.imported | source.imported_for_types):
            if package(target) not in ARROWS[own] | {own}:
                wrong.append(f"{module} imports {target}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("house", FLOORS)
def test_no_arrow_inside_a_package_points_up(house: str) -> None:
    order = {f"derive.{house}.{floor}": height for height, floor in enumerate(FLOORS[house])}
    assert {m for m in sources() if re.fullmatch(rf"derive\.{house}\.\w+", m) and is_package(m)} == {*order}

    def height(module: str) -> int:
        return next((height for floor, height in order.items() if f"{module}.".startswith(f"{floor}.")), len(order))

    inside = {m: source for m, source in sources().items() if m.startswith(f"derive.{house}.")}
    wrong = [
        f"{module} imports {target}"
        for module, source in inside.items()
        for target in ours(source.imported | source.imported_for_types) & inside.keys()
        if height(target) > height(module)
    ]
    assert not wrong, "\n".join(wrong)


def is_package(module: str) -> bool:
    return sources()[module].file.name == "__init__.py"


def test_imports_name_their_whole_path() -> None:
    relative = {m: name for m, source in sources().items() for name in source.imported if name.startswith(".")}
    assert not relative


def test_no_module_is_part_of_a_circle() -> None:
    # A package's __init__ runs before its modules, so importing from it is an arrow to it, too.
    arrows = {module: ours(source.imported) - {module} for module, source in sources().items()}
    arrows["derive"] = set()  # imports on first use only
    assert len(arrows) > 10
    assert circles(arrows) == []


def test_the_search_for_circles_finds_one() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_import_is_hidden_inside_a_function() -> None:
    hidden = []
    for module, source in sources().items():
        if package(module) not in ENTRY and source.file.relative_to(ROOT).as_posix() not in MAY_BE_LATE:
            hidden += [f"{module}.{function.name}" for function in source.functions if function.imports]
    assert not hidden, hidden


def test_numeric_is_an_independent_witness() -> None:
    """The numbers that confirm a derivation come from code that the derivation does not use, and the reverse."""
    seen: set[str] = set()
    pending = [module for module in sources() if package(module) == "numeric"]
    while pending:
        module = pending.pop()
        if module in seen:
            continue
        seen.add(module)
        pending.extend(ours(sources()[module].imported))
    assert not {module for module in seen if package(module) in {"differentiation", "equality", "rewriting"}}


def all_python() -> list[Path]:
    folders = ("derive", "numeric", "tests", "benchmarks", "examples")
    return [ROOT / "cli.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]


@pytest.mark.parametrize("limit", [400])
def test_no_file_is_too_long(limit: int) -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in all_python()}
    assert not {str(file.relative_to(ROOT)): n for file, n in lengths.items() if n > limit}


@pytest.mark.parametrize("limit", [60])
def test_no_function_is_too_long(limit: int) -> None:
    long = {
        f"{file.relative_to(ROOT)}:{function.name}": length
        for file in all_python()
        for function in functions_of(parsed(file))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > limit
    }
    assert not long, long


def test_every_function_is_annotated() -> None:
    bare = [f"{m}.{f.name}" for m, source in sources().items() for f in source.functions if not f.is_annotated]
    assert not bare, bare


def test_every_module_and_package_says_what_it_is_for() -> None:
    silent = [module for module, source in sources().items() if not source.docstring]
    assert not silent, silent


@pytest.mark.parametrize("name", ["eval", "exec", "sympify", "parse_expr", "parse_latex", "__import__"])
def test_nothing_typed_is_ever_evaluated(name: str) -> None:
    calling = [module for module, source in sources().items() if name in source.called]
    assert not calling, calling


def test_the_map_for_newcomers_has_every_package_below_those_it_imports() -> None:
    rows = [line.split("|")[1] for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| `")]  # fmt: skip
    shown = [name for row in rows for name in re.findall(r"`(?:derive/)?(\w+)(?:\.py)?`", row)]
    assert {*shown} == {*ARROWS, *ENTRY}
    lower = [(own, target) for own in ARROWS for target in ARROWS[own] if shown.index(target) > shown.index(own)]
    assert not lower


def test_every_package_is_listed_for_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {module for module in sources() if is_package(module)}
    assert found == set(listed)
