"""The shape of the project: arrows between packages, no circles, no hidden imports, nothing too long, all annotated."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LEAVES = {"errors", "suggestions", "deadline"}
CORE = LEAVES | {"expression"}
ENGINE = CORE | {"rewriting", "equality", "networks"}
CERTIFICATES = {"certificate", "expander"}

ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "expander": set(),
    "certificate": {"expander"},
    "suggestions": set(),
    "deadline": {"errors"},
    "expression": LEAVES,
    "networks": CORE,
    "notation": CORE,
    "rewriting": CORE,
    "numeric": CORE | {"networks"},
    "equality": CORE | {"rewriting"},
    "problems": CORE | {"networks", "notation"},
    "differentiation": ENGINE,
    "mistakes": ENGINE | {"differentiation"},
    "checking": ENGINE | {"differentiation", "mistakes", "notation"} | CERTIFICATES,
    "exercises": ENGINE | {"differentiation", "notation", "problems", "mistakes", "checking"},
    "grading": CORE | {"checking", "exercises", "notation", "problems", "rendering"},
    "answers": CORE | {"notation"},
    "api": ENGINE | {"answers", "checking", "differentiation", "notation", "standalone"},
    "standalone": CORE | {"checking", "notation"},
    "rendering": ENGINE | {"differentiation", "checking", "numeric"},
    "notes": CORE | {"networks", "equality", "notation", "problems", "checking", "mistakes", "rendering", "standalone"},
}
"""What a package may import, besides itself. Whatever is not listed may import everything and be imported by nobody."""

ENTRY = {"cli", "commands"}
"""The command line: it may import everything, and late, so that `derive --help` starts at once."""

MAY_BE_LATE = {"derive/__init__.py"}
"""Packages whose `__getattr__` imports on first use."""


@cache
def sources() -> dict[str, tuple[Path, ast.Module]]:
    """Every module of the library by its dotted name."""
    files = [*sorted((ROOT / "derive").rglob("*.py")), *sorted((ROOT / "numeric").rglob("*.py")), ROOT / "cli.py"]
    found = {}
    for file in files:
        parts = list(file.relative_to(ROOT).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = (file, ast.parse(file.read_text(encoding="utf-8")))
    return found


def package(module: str) -> str:
    """The part of the design a module belongs to: `derive.networks.loss` is `networks`, `numeric.x` is `numeric`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "derive" and len(parts) > 1 else parts[0]


def is_type_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(tree: ast.AST, *, type_only: bool) -> Iterator[str]:
    """The modules of ours that a tree imports, anywhere in it; with or without those only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if is_type_only(node) and not type_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in sources())
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in inside if name in sources()]
            yield from modules
            if len(modules) < len(inside) and node.module in sources():
                yield node.module
        yield from imports(node, type_only=type_only)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


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
    for module, (_, tree) in sources().items():
        own = package(module)
        if own in ENTRY or module == "derive":
            continue
        assert own in ARROWS, f"{module}: say in ARROWS what the package {own} may import"
        for target in imports(tree, type_only=True):
            if package(target) not in ARROWS[own] | {own}:
                wrong.append(f"{module} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_no_module_is_part_of_a_circle() -> None:
    # A package's __init__ runs before its modules, so importing from it is an arrow to it, too.
    arrows = {module: set(imports(tree, type_only=False)) - {module} for module, (_, tree) in sources().items()}
    arrows["derive"] = set()  # imports on first use only
    assert len(arrows) > 10
    assert circles(arrows) == []


def test_the_search_for_circles_finds_one() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_import_is_hidden_inside_a_function() -> None:
    hidden = []
    for module, (file, tree) in sources().items():
        if package(module) in ENTRY or file.relative_to(ROOT).as_posix() in MAY_BE_LATE:
            continue
        for function in functions(tree):
            if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(function)):
                hidden.append(f"{module}.{function.name}")
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
        pending.extend(imports(sources()[module][1], type_only=False))
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
    long = {}
    for file in all_python():
        for function in functions(ast.parse(file.read_text(encoding="utf-8"))):
            length = (function.end_lineno or 0) - function.lineno + 1
            if length > limit:
                long[f"{file.relative_to(ROOT)}:{function.name}"] = length
    assert not long, long


def test_every_function_is_annotated() -> None:
    bare = []
    for module, (_, tree) in sources().items():
        for function in functions(tree):
            arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            named = [a for a in arguments if a.arg not in {"self", "cls"}]
            if function.returns is None or any(a.annotation is None for a in named):
                bare.append(f"{module}.{function.name}")
    assert not bare, bare


def test_every_public_module_says_what_it_is_for() -> None:
    silent = [m for m, (file, tree) in sources().items() if file.name != "__init__.py" and not ast.get_docstring(tree)]
    assert not silent, silent


@pytest.mark.parametrize("name", ["eval", "exec", "sympify", "parse_expr", "parse_latex", "__import__"])
def test_nothing_typed_is_ever_evaluated(name: str) -> None:
    calls = []
    for module, (_, tree) in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called == name:
                    calls.append(f"{module}:{node.lineno}")
    assert not calls, calls


def test_every_package_is_listed_for_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {m for m, (file, _) in sources().items() if file.name == "__init__.py"}
    assert found == set(listed)
