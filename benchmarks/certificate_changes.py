"""Certificates with one field changed: a number, a string, a list element, a key; or one symbol of a formula."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from typing import Any

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)


def changed(certificate: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The certificate with one random change; half of all changes are outside the identities."""
    new = copy.deepcopy(certificate)
    places = list(_places(new))[1:]
    if rng.random() < 0.5:
        places = [place for place in places if place[0] != "identities"]
    place = rng.choice(places)
    parent: Any = new
    for step in place[:-1]:
        parent = parent[step]
    names = sorted({s for s in _strings(new) if s.isidentifier()})
    _change(parent, place[-1], names, rng)
    return new


def _change(parent: Any, key: Any, names: list[str], rng: random.Random) -> None:
    value, kind = parent[key], rng.random()
    if kind < 0.15:
        del parent[key]
    elif kind < 0.2 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(value))
    elif kind < 0.3 and isinstance(parent, list):
        other = rng.randrange(len(parent))
        parent[key], parent[other] = parent[other], parent[key]
    elif kind < 0.3:
        parent[rng.choice(names)] = parent.pop(key)
    elif isinstance(value, bool):
        parent[key] = not value
    elif isinstance(value, int):
        parent[key] = value + rng.choice((-2, -1, 1, 2))
    elif isinstance(value, str):
        formula = _formula(value, names, rng) if kind < 0.75 else None
        parent[key] = formula if formula is not None else rng.choice((*names, value + "x", "", "1/2"))
    else:
        parent[key] = rng.choice((None, 0, 1, "0", [], {}, True))


def _formula(text: str, names: list[str], rng: random.Random) -> str | None:
    """A formula with one symbol changed."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return None
    nodes = [n for n in ast.walk(tree) if isinstance(n, (ast.Name, ast.Constant, ast.BinOp))]
    node = rng.choice(nodes) if nodes else None
    if isinstance(node, ast.Name):
        node.id = rng.choice(names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value = abs(node.value + rng.choice((-1, 1, 2)))
    elif isinstance(node, ast.BinOp):
        node.op = rng.choice(OPERATORS)()
    return ast.unparse(tree)


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*at, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _places(item, (*at, n))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.items() if isinstance(value, dict) else value:
            yield from _strings(list(item) if isinstance(item, tuple) else item)
