"""The separate proof checker: replays a certificate, or refuses it and names the step.

It shares no code with the prover: the standard library and its own small `expander`. docs/certificates.md has the
format. Problem and answer are lowered here to polynomials of indexed atoms, differentiated and opened here. What such
a polynomial equals comes from the certificate: identities, each a sum of multiples of the axioms, multiplied out here.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from derive.certificate_reader import BASE, Formulas, names, parse
from derive.expander import LEAVES, ONE, SCALAR, Poly, Refused, add, freeze, need

FORMAT = "derive certificate 1"
RESERVED = {*BASE, "pi", "sum", "total", "eye", "ones", "D", "row", "column"}
QUESTIONS = ("value", "gradient", "transposed gradient", "entry", "jacobian")
FACTS = ("positive", "binary", "square one", "sum one", "symmetric")
ATOMS = {*BASE, "slope", "logabs", "inverse", "root", "function"}
CONVENTION = "slopes at a kink: pos(u) = [u > 0] and neg(u) = [u < 0] count as constant"
MALFORMED = (KeyError, ValueError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError, SyntaxError)
__all__ = ["FORMAT", "Checker", "Refused", "Theorem", "loads", "replay"]


class Theorem(NamedTuple):
    """What has been checked, in plain mathematics; `lines` says what the names mean and what is assumed."""

    statement: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.statement, *(f"    {line}" for line in self.lines)))


class Checker(Formulas):
    """One certificate: the axioms, derivatives, the meaning of formulas, and the proof itself."""

    def declared(self, kind: str, name: str, axis: str, i: str, j: str) -> list[Any]:
        need((kind, name, axis) in self.facts, f"{kind} is not declared of {name}")
        need(i[0] not in "!%<>" and j[0] not in "!%<>", "an index is not bound")
        shape = self.shapes[name]
        y = self.leaf("name", name, tuple(p for p, s in zip((i, j), shape, strict=True) if s != SCALAR))
        for k, (p, size) in enumerate(zip((i, j), shape, strict=True)):
            y = self.total(y, p, size) if kind == "sum one" and size != SCALAR and axis in ("all", f"axis {k}") else y
        need(kind in ("sum one", "square one", "binary"), f"{kind} is not an equation")
        return [(1, y, *([y] if kind != "sum one" else [])), (-1, y if kind == "binary" else ONE)]

    def identity(self, plain: Any, left: Any, right: Any, proof: Any) -> None:
        """left = right wherever left is defined: left − right is the sum of these multiples of axioms."""
        need(isinstance(plain, bool), "the first entry is true or false")
        self.plain, self.free = plain, True
        p, q = self.load(left), self.load(right)
        rest = [*self.terms(add(p, q, scale=-1))]
        allowed = set[Any]().union(*(self.domain(m[0], dict(m[1])) for m in p))
        for coefficient, factors, dummies, rule, *given in proof:
            values = [self.load(g) if isinstance(g, list) else number(g) for g in given]
            bound = {d: self.measure(parse(size)) for d, size in dummies}
            need(all(d[0] in "~^" for d in bound), "a dummy of a multiple starts with ~")
            if rule == "divides":
                kind, (u, g, k) = str(values[0]), values[1:]
                need(self.mul(g, k) == u and (kind == "nonzero" or self.positive(k)), "g does not divide u")
                if self.needed(kind, u, bound) in allowed:
                    allowed |= self.granted(kind, g, bound)
                continue
            multiple = {self.factor(f): number(e) for f, e in factors}
            instance, made = self.axiom(rule, values)
            uses = self.domain(multiple.items(), bound)
            uses = uses.union(*(self.domain(m[0], {*bound, *dict(m[1])}) for u in (instance, *made) for m in u))
            need(uses <= allowed, f"{rule!r} is used where the left side need not be defined")
            rest += self.multiple(-number(coefficient), multiple, bound, instance)
        need(not self.collect(rest), "the multiples of axioms do not add up to the difference")
        self.plain = self.free = False
        self.known[frozenset(p.items()), plain] = q

    def sound(self, kind: str) -> None:
        """Refuse a problem whose names clash, or whose definitions use what comes later."""
        groups = [self.shapes, self.gradients, self.functions, self.ranges, RESERVED]
        given = [name for group in groups for name in group]
        need(len({*given, *self.sizes}) == len(given) + len(self.sizes), "two things have one name")
        need(len(self.definitions) == len(self.written["definitions"]), "a name is defined twice")
        need(all(name.isidentifier() for name in given), "a name is not an identifier")
        need(
            self.definitions.keys() <= self.shapes.keys() and set(self.held) <= self.shapes.keys(),
            "a name has no shape",
        )
        for law, name, axis in self.facts:
            need(law in FACTS and name in self.shapes and axis in ("", "all", "axis 0", "axis 1"), "not an assumption")
            need(name not in self.definitions or law == "positive", "an assumption about a defined name")
            r, c = self.shapes[name]
            need(law != "symmetric" or (r == c != SCALAR), "a symmetric name is square")
        later = {*self.definitions}
        reached = {*self.held, *(names(self.objective) if self.objective else ())}
        for name, formula in reversed(self.definitions.items()):
            reached |= names(formula) if name in reached else set()
        need(not reached & self.gradients.keys(), "the objective depends on its own gradient")
        for name, formula in self.definitions.items():
            need(not later & names(formula), f"the definition of {name} uses a name that comes later")
            need(self.read(formula)[:2] == self.shapes[name], f"the definition of {name} has another shape")
            later.discard(name)
        scalar = not self.objective or self(self.objective)[:2] == (SCALAR, SCALAR)
        need(scalar or (kind == "jacobian" and not self.held), "the objective is not a scalar")
        for of, factor, turned in self.gradients.values():
            need(of in self.shapes and isinstance(turned, bool), "not a gradient")
            need(
                not self.gradients.keys() & names(parse(factor)) and self(parse(factor))[:2] == (SCALAR, SCALAR),
                "not a factor",
            )

    def fold(self, name: str) -> None:
        """From here on a subformula that equals the definition of a name is that name."""
        rows, columns, u = self.read(self.definitions[name])
        self.folds[rows, columns, frozenset(u.items())] = self.leaf("name", name, self.axes(name))

    def chain(self, v: str) -> Poly:
        """∂E/∂v: for each definition that mentions v, its slope times the gradient in what it defines; and E's own."""
        need(v not in self.held, f"the objective depends on {v} in a way that is not given")
        need(self.objective or self.held, "there is no objective")
        need(not any(fact[1] == v and fact[0] != "positive" for fact in self.facts), f"the entries of {v} are tied")
        wrt, self.plain = ("name", v, tuple(f"${p}" for p in self.axes(v))), True
        result = self.derivative(self.weighted(), wrt) if self.objective else {}
        for u, formula in self.definitions.items():
            if v in names(formula):
                part = self.mul(self.leaf("gradient", u, self.axes(u)), self.derivative(self(formula)[2], wrt))
                for label, size in zip(("row", "column"), self.shapes[u], strict=True):
                    part = self.total(part, label, size) if size != SCALAR else part
                result = add(result, part)
        self.plain = False
        return self.substitute(self.rename(result, {f"${p}": p for p in self.axes(v)}), lambda f: None)

    def weighted(self) -> Poly:
        """The objective; a vector is weighted with fixed numbers, one for each entry."""
        rows, columns, u = self(self.objective)
        for label, size in (("row", rows), ("column", columns)):
            u = self.total(self.mul(u, self.leaf("fixed", "", (label,))), label, size) if size != SCALAR else u
        return u

    def opened(self, u: Poly, kind: str, name: str) -> Poly:
        """A definition, or a gradient by the chain rule, put in place of its name."""
        value = self.chain(name) if kind == "gradient" else self.read(self.definitions[name])[2]
        axes = self.axes(name)

        def visit(f: Any) -> Poly | None:
            return self.rename(value, dict(zip(axes, f[2], strict=True))) if f[:2] == (kind, name) else None

        return self.norm(self.substitute(u, visit))

    def difference(self, question: list[Any], answer: ast.expr) -> Poly:
        """The answer minus what it must equal."""
        kind, name, *places = question
        need(kind in QUESTIONS and len(places) == (2 if kind == "entry" else 0), "there is no such question")
        rows, columns, u = self(answer)
        if kind == "value":
            r, c, v = self(parse(name))
            need((rows, columns) == (r, c) or not u, "the answer has another shape")
            return self.norm(add(u, v, scale=-1))
        axes, (r, c) = self.axes(name), self.shapes[name]
        target = self.leaf("gradient", name, axes)
        if kind == "entry":
            i, j = (ast.Slice() if place == ":" else parse(place) for place in places)
            r, target = self.entry(target, r, "row", i)
            c, target = self.entry(target, c, "column", j)
        elif kind == "transposed gradient":
            r, c, target = c, r, self.rename(target, {"row": "column", "column": "row"})
        elif kind == "jacobian":
            of = self(self.objective)
            r, c = max(of[:2]), max(r, c)
            target = self.rename(target, dict.fromkeys(axes, "column"))
            u = self.total(self.mul(u, self.leaf("fixed", "", ("row",))), "row", r) if r != SCALAR else u
            need(len(axes) < 2 and SCALAR in of[:2] and not self.gradients, "a Jacobian is of a vector in a vector")
        need((rows, columns) == (r, c) or not u, "the answer has another shape")
        return self.norm(add(u, target, scale=-1))

    def load(self, written: Any, bound: Mapping[str, str] | None = None) -> Poly:
        """A polynomial as JSON has it: [[coefficient, [[factor, exponent], …], [[dummy, size], …]], …]."""
        loaded = []
        for c, factors, dummies in written:
            own = {d: f"%{len(bound or {}) + n}" for n, (d, _) in enumerate(dummies)}
            scope = {**(bound or {}), **own}
            sizes = {own[d]: self.measure(parse(size)) for d, size in dummies}
            powers = {self.factor(f, scope): number(e) for f, e in factors}
            need(len(powers) == len(factors) and len(sizes) == len(dummies) and number(c), "a product is not in order")
            loaded.append((number(c), powers, sizes))
        return self.collect(loaded)

    def factor(self, written: Any, bound: Mapping[str, str] | None = None) -> Any:
        """[kind, label, indices] for a leaf, [kind, label, argument] for an atom."""
        kind, label, inner = written
        if kind in LEAVES:
            need(all(i in (bound or {}) or (i and i[0] not in "!%<>") for i in inner), "an index is not bound")
            arity = {"delta": 2}.get(kind, 0) if kind not in ("name", "gradient") else len(self.axes(label))
            need(isinstance(label, str) and len(inner) == arity and kind not in ("fixed", "variable"), "not a leaf")
            return self.moved((kind, label, tuple(inner)), bound or {})
        need(kind in ATOMS and isinstance(label, {"root": int, "function": list}.get(kind, str)), "not an atom")
        if kind == "function":
            need(self.functions[label[0]] is None and isinstance(label[1], int) and label[1] >= 0, "not a function")
        need(kind != "root" or label > 1, "not a root")
        return kind, tuple(label) if kind == "function" else label, freeze(self.load(inner, bound))

    def theorem(self, question: list[str], answer: str) -> Theorem:
        kind, name, *places = question
        parts = [ast.unparse(self.objective)] if self.objective else []
        of = " + ".join(parts + [f"a function of {v}" for v in self.held])
        subject = {"value": name, "entry": f"entry [{', '.join(places)}] of d({of})/d{name}",
                   "jacobian": f"the matrix of slopes d({of})[i]/d{name}[j]"}.get(kind, f"d({of})/d{name}")  # fmt: skip
        lines = [f"{name} = {ast.unparse(formula)}" for name, formula in self.definitions.items()]
        lines += [f"{name} = {'' if factor == '1' else factor + ' * '}d({of})/d{v}{' transposed' if turned else ''}"
                  for name, (v, factor, turned) in self.gradients.items()]  # fmt: skip
        lines += [f"{f} is a smooth function" if row is None else f"{f}({', '.join(row[0])}) = {row[1]}"
                  for f, row in self.functions.items()]  # fmt: skip
        lines += [f"{name} is {rows} by {columns}" for name, (rows, columns) in self.written["names"].items()]
        lines += [f"{index} runs over 1..{size}" for index, size in self.written["indices"].items()]
        lines += [f"assumed: {' '.join(fact)}".rstrip() for fact in sorted(self.facts)]
        turned = " transposed" if kind == "transposed gradient" else ""
        return Theorem(
            f"For all sizes, wherever both sides are defined: {subject}{turned} = {answer}", (*lines, CONVENTION)
        )


def loads(text: str) -> dict[str, Any]:
    """A certificate from the text of its file; Refused if it is not one JSON object without repeated keys."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "a key is repeated")
        return dict(pairs)

    def decimal(written: str) -> Any:
        raise Refused(f"{written} is not an exact number")

    try:
        found = json.loads(text, object_pairs_hook=unique, parse_float=decimal, parse_constant=decimal)
    except (ValueError, RecursionError) as error:
        raise Refused(f"this is not JSON ({error})") from None
    need(isinstance(found, dict), "this is not a certificate")
    return dict(found)


def number(value: Any) -> Any:
    """An exact number, or the name of an option of an axiom."""
    if isinstance(value, str) and value and value[0] in "-0123456789":
        need(str(Fraction(value)) == value and "/" in value, "a fraction is not in lowest terms")
        return Fraction(value)
    need(isinstance(value, (int, str)) and not isinstance(value, bool), "not a number")
    return value


def replay(certificate: Mapping[str, Any]) -> Theorem:
    """The theorem that a certificate proves; Refused, naming the step, if it proves none."""
    where = "problem"
    try:
        need(
            set(certificate) == {"format", "problem", "question", "answer", "identities", "steps"},
            "unknown or missing keys",
        )
        need(certificate["format"] == FORMAT, "not this format")
        checker = Checker(certificate["problem"])
        checker.sound(certificate["question"][0])
        for n, (plain, left, right, proof) in enumerate(certificate["identities"], start=1):
            where = f"identity {n}"
            checker.identity(plain, left, right, proof)
        where = "answer"
        left = None
        for n, (kind, name) in enumerate(certificate["steps"], start=1):
            if kind != "fold" and left is None:
                left = checker.difference(certificate["question"], parse(certificate["answer"]))
            where = f"step {n}, {kind} {name}"
            if kind == "fold":
                need(left is None, "a fold comes first")
                checker.fold(name)
            else:
                left = checker.opened(left or {}, {"open": "name", "chain rule": "gradient"}[kind], name)
        where = "end"
        if left is None:
            left = checker.difference(certificate["question"], parse(certificate["answer"]))
        need(not left, "something is left of the difference")
        return checker.theorem(certificate["question"], certificate["answer"])
    except MALFORMED as error:
        raise Refused(f"{where}: malformed ({type(error).__name__}: {error})") from None
    except Refused as error:
        raise Refused(f"{where}: {error}") from None
