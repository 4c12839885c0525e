"""Faults planted in the checker of certificates: each is noticed, by a right proof refused or a forged one accepted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from benchmarks.problems import hand_made
from derive import certificate as checker_module
from derive import expander
from derive.certificate import FORMAT, Checker, replay
from derive.checking.certificates import certificate
from derive.expander import AXIOMS, SCALAR, Ring

NAMES = ("softmax Jacobian, one entry", "tanh'", "norm", "leaky ReLU", "quadratic form", "residual layer, input",
         "logistic, y = ±1", "recurrence of delta, general layer")  # fmt: skip

PROBLEM: dict[str, Any] = {
    "names": {"x": ["1", "1"], "y": ["n", "1"], "A": ["n", "n"], "E": ["1", "1"]}, "indices": {}, "functions": {},
    "definitions": [], "objective": None, "held": [], "gradients": {}, "facts": [], "equations": [],
}  # fmt: skip
X, Y = ["name", "x", []], ["name", "E", []]
x: list[Any] = [[1, [[X, 1]], []]]
one: list[Any] = [[1, [], []]]
loose: list[Any] = [[1, [[["name", "y", ["!1.0"]], 1]], []]]
POS, NEG = ["pos", "", x], ["neg", "", x]

EXP = ["exp", "", x]
E: list[Any] = [[1, [[Y, 1]], []]]
total: list[Any] = [[1, [[["name", "y", ["!1.0"]], 1]], [["!1.0", "n"]]]]
SUM, BOTH = ["pos", "", total], ["pos", "", [*x, *E]]


def at(kind: str) -> Any:
    """[2x > 1] or [2x < 1]."""
    return [kind, "", [[-1, [], []], [2, [[X, 1]], []]]]


def entry(i: str) -> Any:
    return ["name", "y", [i]]


def second(k: str) -> Any:
    """1 + e^x δ_k2."""
    return [*one, [1, [[EXP, 1], [["delta", "", [k, "#2"]], 1]], []]]


Identity = tuple[Any, Any, Any, Any]
FORGED: dict[str, Identity] = {
    "[x>0] = 1": (False, [[1, [[POS, 1]], []]], one, [[1, [], [], "positive", x, []]]),
    "[x<0] = 0": (False, [[1, [[NEG, 1]], []]], [], [[1, [], [], "not negative", x, []]]),
    "x[x<0] = x - x[x>0] for slopes": (
        True, [[1, [[X, 1], [NEG, 1]], []]], [[1, [[X, 1]], []], [-1, [[X, 1], [POS, 1]], []]],
        [[-1, [], [], "zero off the gates", x]]),
    "[x>0] + [x<0] = 1": (
        False, [[1, [[POS, 1]], []], [1, [[NEG, 1]], []]], one, [[-1, [[X, -1]], [], "zero off the gates", x]]),
    "the same, with 1/x granted by x·(E/x) = E": (
        False, [[1, [[POS, 1]], []], [1, [[NEG, 1]], []], [1, [[Y, -1]], []]], [[1, [], []], [1, [[Y, -1]], []]],
        [[1, [], [], "divides", "nonzero", [[1, [[Y, 1]], []]], x, [[1, [[X, -1], [Y, 1]], []]]],
         [-1, [[X, -1]], [], "zero off the gates", x]]),
    "the same, with 1/x granted by x = E": (
        False, [[1, [[POS, 1]], []], [1, [[NEG, 1]], []], [1, [[Y, -1]], []]], [[1, [], []], [1, [[Y, -1]], []]],
        [[1, [], [], "divides", "nonzero", [[1, [[Y, 1]], []]], x, one],
         [-1, [[X, -1]], [], "zero off the gates", x]]),
    "an index that is not bound": (False, loose, loose, []),
    "[x=0](y_? Σ y - Σ y²) = 0, by x + y_? Σ y at x = 0, where ? is what a sum may be called": (
        False, [[c * s, [*f, *gate], [["k", "n"]]] for s, gate in ((1, []), (-1, [[POS, 1]]), (-1, [[NEG, 1]]))
                for c, f in ((1, [[entry("?0"), 1], [entry("k"), 1]]), (-1, [[entry("k"), 2]]))], [],
        [[1, [], [], "value", [*x, [1, [[entry("?0"), 1], [entry("k"), 1]], [["k", "n"]]]], x, [], one],
         [-1, [], [], "zero off the gates", x]]),
    "1 = 1/(1 + e^x), as the sum over k = 1 of 1/(1 + e^x δ_k2)": (
        False, [[1, [[["inverse", "", second("k")], 1]], [["k", "1"]]]],
        [*one, [-1, [[EXP, 1], [["inverse", "", [*one, [1, [[EXP, 1]], []]]], 1]], []]],
        [[1, [], [["~0", "1"]], "inverse", second("~0")]]),
    "E[x>0] = E": (False, [[1, [[Y, 1], [POS, 1]], []]], E, [[-1, [], [], "square in a sum", x, E]]),
    "E[Σy>0] = E": (False, [[1, [[Y, 1], [SUM, 1]], []]], E, [[-1, [], [], "square in a sum", total, E]]),
    "[x+E>0] = [x+E>0][x>0]": (
        False, [[1, [[BOTH, 1]], []]], [[1, [[BOTH, 1], [POS, 1]], []]], [[1, [], [], "gate of sum", x, E]]),
    "x = 1 where 2x = 1": (
        False, [[c * s, [*f, *gate], []] for s, gate in ((1, []), (-1, [[at("pos"), 1]]), (-1, [[at("neg"), 1]]))
                for c, f in ((1, [[X, 1]]), (-1, []))], [],
        [[1, [], [], "value", x, [[2, [[X, 1]], []]], one, one]]),
    "no axiom at all": (False, x, one, []),
}  # fmt: skip


def whole(question: str, answer: str, steps: list[list[str]], **problem: Any) -> dict[str, Any]:
    return {"format": FORMAT, "problem": {**PROBLEM, **problem}, "question": question, "answer": answer,
            "identities": [], "folds": [], "steps": steps}  # fmt: skip


MUL, PARTIAL = [["a", "b"], "a * b"], [["z"], "D(f, 1)(z, z)"]
GRADIENT = {"objective": "E", "gradients": {"g": "y"}}
FALSE: dict[str, dict[str, Any]] = {
    "another shape": whole("ones(n, 1)", "1", []),
    "a transpose": whole("A", "A.T", []),
    "a name that uses itself": whole("E", "0", [["name", "E"]], definitions=[["E", "E - E"]]),
    "entries that are tied": whole("g", "2 * y", [["gradient", "y"], ["gradient", "E"], ["name", "E"]],
                                   definitions=[["E", "sum(y ** 2)"]], equations=[["y ** 2", "1"]], **GRADIENT),
    "a derivative in one of two equal arguments": whole(
        "D(h, 1)(x)", "2", [], functions={"f": MUL, "h": PARTIAL}),
    "a gradient that the objective hides": whole("g", "0", [["gradient", "y"]], held=["y"], gradients={"g": "y"}),
    "a parameter called pi": whole("f(x)", "pi", [], functions={"f": [["pi"], "pi"]}),
    "a formula that is none": whole("x", "x", [], functions={"f": [["z"], "z\nFor all sizes: 0 = 1"]}),
    "zero of another shape": whole("0 * A", "y - y", []),
    "one path of two": whole("g", "2 * x", [["gradient", "y"], ["gradient", "x"], ["gradient", "E"]],
                             definitions=[["x", "sum(y)"], ["E", "x * sum(y)"]], **GRADIENT),
}  # fmt: skip


@cache
def proofs() -> list[dict[str, Any]]:
    return [certificate(case.problem, case.answer) for case in hand_made() if case.name in NAMES]


def is_accepted(check: Callable[[], Any]) -> bool:
    try:
        check()
    except Exception:
        return False
    return True


def noticed() -> list[str]:
    """The right proofs that are refused, and the forged ones that are accepted."""
    found = [f"refused: {NAMES[n]}" for n, proof in enumerate(proofs()) if not is_accepted(lambda p=proof: replay(p))]
    found += [name for name, given in FORGED.items() if is_accepted(lambda g=given: Checker(PROBLEM).identity(*g))]
    return found + [name for name, given in FALSE.items() if is_accepted(lambda g=given: replay(g))]


def test_without_a_fault_nothing_is_noticed() -> None:
    assert len(proofs()) == len(NAMES)
    assert noticed() == []


def _axiom(name: str, zero: str | None = None, condition: str | None = None) -> Callable[[pytest.MonkeyPatch], None]:
    parameters, old, held = AXIOMS[name]
    row = (parameters, old if zero is None else zero, held if condition is None else condition)
    return lambda patch: patch.setitem(AXIOMS, name, row)


def _method(owner: Any, name: str, new: Callable[[Any], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, new(getattr(owner, name)))


def _need_but(words: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A side condition that is skipped, by the words with which it refuses."""
    right = expander.need

    def need(true: object, reason: str) -> None:
        right(true or words in reason, reason)

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(expander, "need", need)
        patch.setattr(checker_module, "need", need)

    return plant


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "u > 0 is not asked for": _axiom("positive", condition=""),
    "u >= 0 is not asked for": _axiom("not negative", condition=""),
    "a square beside anything": _axiom("square in a sum", condition=""),
    "a sum is positive only if its first part is": _axiom("gate of sum", "pos(u + v) * (1 - pos(u))"),
    "a value of what is no name": _need_but("not an entry of a name"),
    "gates are used up at kinks": _axiom("zero off the gates", condition=""),
    "a sign in an axiom": _axiom("square", "sigmoid(u)**2 - sigmoid(u) - slope(u)"),
    "a factor in an axiom": _axiom("inverse", "u * inverse(u) - 2"),
    "definedness is not asked for": _need_but("need not be defined"),
    "divisors are not multiplied out": _need_but("does not divide"),
    "a multiple has the wrong sign": _method(
        Ring, "multiple", lambda old: lambda self, c, *rest: old(self, -c, *rest)),
    "a sum is not what is left": _need_but("do not add up"),
    "no delta is eliminated": _method(
        Ring, "step", lambda old: lambda self, c, fs, ds: (
            None if any(f[0] == "delta" for f in fs) else old(self, c, fs, ds))),
    "a sum over nothing is 1": _method(
        Ring, "step", lambda old: lambda self, c, fs, ds: old(self, c, fs, dict.fromkeys(ds, SCALAR))),
    "labels are not renamed": _method(
        Ring, "moved", lambda old: lambda self, f, names: (
            f if f[0] == "name" and len(names) > 1 else old(self, f, names))),
    "the slope of an inverse has no sign": _method(
        Ring, "slope", lambda old: lambda self, f, wrt: (
            expander.add({}, old(self, f, wrt), scale=-1) if f[0] in ("inverse", "root") else old(self, f, wrt))),
    "powers are differentiated as products": _method(
        Ring, "derivative", lambda old: lambda self, u, wrt: expander.add({}, *(
            old(self, {(tuple((f, min(e, 1)) for f, e in m[0]), m[1]): c}, wrt) for m, c in u.items()))),
    "an index need not be bound": _need_but("an index is not bound"),
    "shapes need not agree": _need_but("another shape"),
    "definitions in any order": _need_but("comes later"),
    "tied entries": _need_but("are tied"),
    "held names": _need_but("is not given"),
    "variables have one name": _method(
        Ring, "leaf", lambda old: lambda self, kind, name="", idx=(): (
            old(self, kind, "" if kind == "variable" else name, idx))),
    "fresh labels are those of the proof": _method(
        Ring, "borrowed", lambda old: contextmanager(lambda self, count: iter([[f"?{n}" for n in range(count)]]))),
    "sums may be of anything": _need_but("out of a sum"),
    "a transpose is the same": lambda patch: patch.setattr(checker_module, "TURN", {"row": "row", "column": "column"}),
    "what is left does not matter": _need_but("something is left"),
}  # fmt: skip


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs()
    FAULTS[fault](monkeypatch)
    assert noticed()
