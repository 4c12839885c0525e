"""The separate proof checker: replays a certificate, or refuses it and names the step.

It shares no code with the prover: the standard library and its own small `expander`. Problem and answer are lowered
here to polynomials of indexed atoms, differentiated and opened here; what such a polynomial equals comes from the
certificate: identities, each a sum of multiples of the axioms, multiplied out here. Format: docs/certificates.md.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from functools import lru_cache, reduce
from typing import Any, NamedTuple

from derive.expander import AXIOMS, LEAVES, ONE, SCALAR, UNIT, Poly, Refused, Ring, add, freeze, names, need, number

FORMAT = "derive certificate 3"
PARTS = {"format", "problem", "question", "answer", "identities", "folds", "steps"}
KEYS = {"names", "indices", "functions", "definitions", "objective", "held", "gradients", "facts", "equations"}
BASE = ("sigmoid", "softplus", "exp", "log", "pos", "neg", "erf", "sin", "cos")
UNARY = {*BASE, "slope", "logabs", "inverse"}
INNER = {*UNARY, "root", "exps", "at"} - {*BASE}  # in axioms only
RESERVED = {*BASE, *INNER, "pi", "sum", "total", "eye", "ones", "D", "row", "column"}
CONVENTION = "slopes at a kink: pos(u) = [u > 0] and neg(u) = [u < 0] count as constant"
TURN = {"row": "column", "column": "row"}
Value = tuple[Any, Any, Poly]  # rows, columns, polynomial; its free labels are `row` and `column`
__all__ = ["FORMAT", "Checker", "Refused", "Theorem", "loads", "replay"]


class Theorem(NamedTuple):
    """What has been checked, in plain mathematics; `lines` says what the names mean and what is assumed."""

    statement: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.statement, *(f"    {line}" for line in self.lines)))


@lru_cache(10_000)
def parse(text: str, inner: bool = False) -> ast.expr:
    """A formula in the syntax of Python's expressions, which is read and never run."""
    need(isinstance(text, str) and len(text) < 20_000, "a formula is a text")
    body = ast.parse(text, mode="eval").body
    need(ast.unparse(body) == text, f"{text!r} is not written in the one way that is allowed")
    need(inner or not names(body) & INNER, "a function of axioms only")
    return body


def inverted(e: ast.expr) -> ast.expr:
    """1/e, part by part for products and powers."""
    match e:
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return ast.BinOp(inverted(a), ast.Mult(), inverted(b))
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return ast.BinOp(a, ast.Pow(), ast.UnaryOp(ast.USub(), b))
    return ast.Call(ast.Name("inverse"), [e], [])


class Checker(Ring):
    """One certificate: what its formulas mean, its identities, its definitions and its chain rule."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(tuple(fact) for fact in problem["facts"])
        self.written, self.values = problem, dict[str, Poly]()  # values of parameters while a formula is read
        self.granted = set[Any]()  # what both sides need to be defined, which is what the theorem speaks of
        self.shapes, self.gradients, self.folds = dict[str, Any](), dict[str, Any](), dict[Any, Poly]()
        measured = [*(size for shape in problem["names"].values() for size in shape), *problem["indices"].values()]
        self.sizes: set[str] = set().union(*(names(parse(size)) for size in measured))
        self.shapes = {name: (self.measure(a), self.measure(b)) for name, (a, b) in problem["names"].items()}
        self.ranges = {name: self.measure(size) for name, size in problem["indices"].items()}
        self.functions, self.gradients, self.held = problem["functions"], problem["gradients"], problem["held"]
        self.definitions = {name: parse(formula) for name, formula in problem["definitions"]}
        self.objective = problem["objective"] and parse(problem["objective"])
        self.equations = [(parse(left), parse(right)) for left, right in problem["equations"]]
        self.tied = {n for equation in self.equations for side in equation for n in names(side)}
        self.tied |= {n for fact, n in self.facts if fact == "symmetric"}

    def measure(self, size: str | ast.expr) -> Any:
        """A size: a polynomial in names with whole positive coefficients."""
        u = self.scalar(parse(size) if isinstance(size, str) else size)
        need(u and all(c > 0 and c == int(c) and all(f[0] == "size" and e > 0 for f, e in m[0]) for m, c in u.items()),
             "not a size")  # fmt: skip
        return freeze(u)

    def __call__(self, e: ast.expr) -> Value:
        """The shape of a formula, and its value; what equals the definition of a name is that name."""
        rows, columns, u = self.read(e)
        return rows, columns, u if self.plain or self.free else self.folds.get((rows, columns, frozenset(u.items())), u)

    def read(self, e: ast.expr) -> Value:
        match e:
            case ast.Constant(value=int(n)) if not isinstance(n, bool):
                return SCALAR, SCALAR, {UNIT: n} if n else {}
            case ast.Name(id=name):
                return self.named(name)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return self.joined(ast.Sub(), (SCALAR, SCALAR, {}), self(a))
            case ast.BinOp(left=a, op=ast.Div(), right=b):
                return self.joined(ast.Mult(), self(a), self(inverted(b)))
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                power = self.scalar(b)
                need(power.keys() <= {UNIT}, "an exponent is not a number")
                below = (n := power.get(UNIT, 0)) < 0 and n == int(n)
                rows, columns, u = self(inverted(a) if below else a)
                return rows, columns, self.power(u, -n if below else n)
            case ast.BinOp(left=a, op=op, right=b):
                return self.joined(op, self(a), self(b))
            case ast.Attribute(value=a, attr="T"):
                rows, columns, u = self(a)
                return columns, rows, self.rename(u, TURN)
            case ast.Subscript(value=a, slice=ast.Tuple(elts=[i, j])):
                rows, columns, u = self(a)
                rows, u = self.entry(u, rows, "row", i)
                columns, u = self.entry(u, columns, "column", j)
                return rows, columns, u
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                return self.called(name, 0, given)
            case ast.Call(func=ast.Call(func=ast.Name(id="D"), args=[ast.Name(id=name), ast.Constant(value=int(k))],
                                        keywords=[]), args=given, keywords=[]):  # fmt: skip
                return self.called(name, k, given)
        raise Refused(f"{ast.unparse(e)} has no meaning here")

    def scalar(self, e: ast.expr) -> Poly:
        rows, columns, u = self.read(e)
        need(rows == columns == SCALAR, f"{ast.unparse(e)} is not a scalar")
        return u

    def named(self, name: str) -> Value:
        if name == "pi":
            return SCALAR, SCALAR, self.leaf("pi")
        if name in self.values:
            return SCALAR, SCALAR, self.values[name]
        need(not self.values, f"{name} is not a parameter")
        if (of := self.gradients.get(name, name)) in self.shapes:
            return *self.shapes[of], self.leaf("name" if of == name else "gradient", of, self.axes(of))
        need(name in self.sizes, f"{name} has no meaning here")
        return SCALAR, SCALAR, self.leaf("size", name)

    def axes(self, name: str) -> tuple[str, ...]:
        return tuple(p for p, size in zip(TURN, self.shapes[name], strict=True) if size != SCALAR)

    def joined(self, op: ast.operator, left: Value, right: Value) -> Value:
        """Entry by entry with broadcasting, or the matrix product."""
        (r, c, u), (s, d, v) = left, right
        if isinstance(op, ast.MatMult) and (SCALAR, SCALAR) not in ((r, c), (s, d)):
            need(c == s, "a matrix product does not conform")
            with self.borrowed(1) as (k,):
                return r, d, self.total(self.mul(self.rename(u, {"column": k}), self.rename(v, {"row": k})), k, c)
        need((r == s or SCALAR in (r, s)) and (c == d or SCALAR in (c, d)), "shapes do not conform")
        need(isinstance(op, (ast.Add, ast.Sub, ast.Mult, ast.MatMult)), "there is no such operation")
        sign = {ast.Add: 1, ast.Sub: -1}.get(type(op))
        return s if r == SCALAR else r, d if c == SCALAR else c, add(u, v, scale=sign) if sign else self.mul(u, v)

    def entry(self, u: Poly, size: Any, axis: str, at: ast.expr) -> tuple[Any, Poly]:
        match at:
            case ast.Slice(lower=None, upper=None, step=None):
                return size, u
            case ast.Constant(value=int(n)) if n > 0:
                need(size[0][0] != UNIT or len(size) > 1 or n <= size[0][1], "a position past the end")
                return SCALAR, u if size == SCALAR else self.rename(u, {axis: f"#{n}"})
            case ast.Name(id=name):
                need(self.ranges.get(name) == size, f"the index {name} does not run over this axis")
                return SCALAR, self.rename(u, {axis: name})
        raise Refused(f"{ast.unparse(at)} is not a position")

    def called(self, name: str, order: int, given: list[ast.expr]) -> Value:
        match name, given:
            case "sum", [a, *axis]:
                over = {"": ("row", "column"), "0": ("row",), "1": ("column",)}["".join(map(ast.unparse, axis))]
                rows, columns, u = self(a)
                u = reduce(lambda v, i: self.total(v, i, rows if i == "row" else columns), over, u)
                return SCALAR if "row" in over else rows, SCALAR if "column" in over else columns, u
            case "total", [a, ast.Name(id=index), size]:
                need(index not in {*self.ranges, *TURN} and not self.values, f"the index {index} cannot be bound here")
                self.ranges[index] = self.measure(size)
                rows, columns, u = self(a)
                return rows, columns, self.total(u, index, self.ranges.pop(index))
            case "eye" | "ones", [a, *more]:
                n, m = self.measure(a), self.measure(more[0] if name == "ones" else a)
                return n, m, ONE if name == "ones" or n == SCALAR else self.leaf("delta", "", ("row", "column"))
        rows, columns, _ = reduce(lambda a, b: self.joined(ast.Add(), a, b), values := [self(a) for a in given])
        return rows, columns, self.applied(name, order, *(v[2] for v in values))

    def applied(self, name: str, order: int, u: Poly, *others: Poly) -> Poly:
        """f⁽ᵏ⁾(u, …): of a base function, of an unspecified one, or of one with a formula, in its first parameter."""
        if name in self.functions and self.functions[name] is None:
            need(not others, f"{name} has one argument")
            return self.make("function", u, (name, order))
        if order:
            held, self.plain = self.plain, True
            with self.borrowed(1) as (variable,):
                f = self.applied(name, 0, self.leaf("variable", variable), *others)
                for _ in range(order):
                    f = self.derivative(f, ("variable", variable, ()))
                self.plain = held
                return self.substitute(f, lambda leaf: u if leaf[:2] == ("variable", variable) else None)
        match name, others:
            case "root", [q]:
                return self.make("root", u, q.get(UNIT))
            case "exps", []:
                return self.mul(ONE, *(self.power(self.make("exp", {m: 1}), c) for m, c in sorted(u.items())))
            case "at", [z, c]:
                ((((leaf, _), *_), _),) = z
                need(leaf[0] == "name" and z == {(((leaf, 1),), ()): 1}, "not an entry of a name")
                return self.substitute(u, lambda f: c if f == leaf else None)
            case _, [] if name in UNARY:
                return self.make(name, u)
        need(name in self.functions, f"there is no function {name}")
        parameters, formula = self.functions[name]
        held_, self.values = self.values, dict(zip(parameters, (u, *others), strict=True))
        value, self.values = self.scalar(parse(formula)), held_
        return value

    def sound(self, *sides: str) -> None:
        """Refuse a problem whose names clash, or whose definitions use what comes later; see what the sides need."""
        given = [n for group in (self.shapes, self.gradients, self.functions, self.ranges, RESERVED) for n in group]
        later, reached = set[str](), {*self.held, *(names(self.objective) if self.objective else ())}
        for name, formula in reversed(self.definitions.items()):
            later.add(name)
            need(not later & names(formula), f"the definition of {name} uses a name that comes later")
            need(self.read(formula)[:2] == self.shapes[name], f"the definition of {name} has another shape")
            reached |= names(formula) if name in reached else set()
        need(len({*given, *self.sizes}) == len(given) + len(self.sizes), "two things have one name")
        for own, formula in filter(None, self.functions.values()):
            need(parse(formula) and len({*own, *RESERVED}) == len(own) + len(RESERVED), "a parameter has two meanings")
            given += own
        need(all(name.isidentifier() for name in given), "a name is not an identifier")
        need(len(self.definitions) == len(self.written["definitions"]), "a name is defined twice")
        need({*self.held, *self.gradients.values()} <= self.shapes.keys(), "a name has no shape")
        need(not reached & self.gradients.keys(), "the objective depends on its own gradient")
        need(not self.tied & {*self.definitions, *self.gradients}, "something is assumed of a defined name")
        for fact, n in self.facts:
            need((fact, len({*self.shapes[n]})) in (("positive", 1), ("positive", 2), ("symmetric", 1)), "not a fact")
        for u in (self.read(parse(side))[2] for side in sides):  # beside a delta the other index may be meant
            self.granted |= self.domain([{m: 1 for m in u if all(f[0] != "delta" for f, _ in m[0])}], {})

    def axiom(self, rule: str, given: list[Any]) -> tuple[Poly, list[Poly]]:
        """What is zero by an axiom, or by an equation of the problem at two places; and what must be defined for it."""
        held, self.values, self.made = (self.values, self.made), {}, []
        if rule == "declared":
            n, i, j = given
            need(i[0] not in "!%<>" and j[0] not in "!%<>", "an index is not bound")
            left, right = (self.read(side) for side in self.equations[n])
            instance, given = self.rename(self.joined(ast.Sub(), left, right)[2], {"row": i, "column": j}), []
        else:
            parameters, zero, condition = AXIOMS[rule]
            met = {"": True, "positive": self.positive(given[0]), "not negative": self.weak(given[0])}
            met |= {"v² is in u": self.squared(*given)} if rule == "square in a sum" else {}
            need(met.get(condition, not self.plain), f"{rule!r} has the condition: {condition}")
            self.values = dict(zip(parameters.split(), given, strict=True))
            instance = self.read(parse(zero, True))[2]
        given, (self.values, self.made) = [*self.made, *given], held
        return instance, given

    def identity(self, plain: Any, left: Any, right: Any, proof: Any) -> None:
        """left = right wherever left is defined: left − right is the sum of these multiples of axioms."""
        self.plain, self.free, self.over = plain, True, dict(self.ranges)
        p, q = self.load(left), self.load(right)
        rest, allowed = [*self.terms(add(p, q, scale=-1))], self.domain([p], {}) | (set() if plain else self.granted)
        for coefficient, factors, dummies, rule, *given in proof:
            bound = {d: self.measure(size) for d, size in dummies}
            need(all(d[0] in "~^" for d in bound) and not bound.keys() & self.scope(freeze(p))[0], "a dummy is not new")
            self.over |= bound
            if rule == "divides":
                kind, (u, g, k) = given[0], map(self.load, given[1:])
                with self.unaided(False):
                    need(self.mul(g, k) == u and (kind == "nonzero" or self.positive(k)), "g does not divide u")
                if self.needed(kind, u, bound) | self.domain([g, k], bound) <= allowed:
                    allowed |= self.needed(kind, g, bound)
                continue
            multiple = {self.factor(f): number(e) for f, e in factors}
            instance, made = self.axiom(rule, given if rule == "declared" else [*map(self.load, given)])
            uses = self.domain([instance, *made, {(tuple(multiple.items()), ()): 1}], bound)
            need(uses <= allowed, f"{rule!r} is used where the left side need not be defined")
            rest += self.multiple(-number(coefficient), multiple, bound, instance)
        need(not self.collect(rest), "the multiples of axioms do not add up to the difference")
        self.plain = self.free = False
        self.known[frozenset(p.items()), plain] = q

    def load(self, written: Any, bound: Mapping[str, str] | None = None) -> Poly:
        """A polynomial as JSON has it: [[coefficient, [[factor, exponent], …], [[dummy, size], …]], …]."""
        loaded = []
        for c, factors, dummies in written:
            own = {d: f"%{len(bound or {}) + n}" for n, (d, _) in enumerate(dummies)}
            scope = {**(bound or {}), **own}
            sizes = {own[d]: self.measure(size) for d, size in dummies}
            powers = {self.factor(f, scope): number(e) for f, e in factors}
            need(len(powers) == len(factors) and len(sizes) == len(dummies), "a product is not in order")
            loaded.append((number(c), powers, sizes))
        u = self.collect(loaded)
        need(len(u) == len(loaded) and all(all(powers.values()) for _, powers, _ in loaded), "there is what cancels")
        return u

    def factor(self, written: Any, bound: Mapping[str, str] | None = None) -> Any:
        """[kind, label, indices] for a leaf, [kind, label, argument] for an atom."""
        kind, label, inner = written
        if kind in LEAVES:
            need(all(i in (bound or {}) or (i and i[0] not in "!%<>") for i in inner), "an index is not bound")
            axes = [s for s in self.shapes[label] if s != SCALAR] if kind in ("name", "gradient") else []
            need(isinstance(label, str) and len(inner) == (len(axes) or 2 * (kind == "delta")), "not a leaf")
            free = ((i, size) for i, size in zip(inner, axes, strict=False) if i not in (bound or {}) and i[0] != "#")
            need(all(self.over.setdefault(i, size) == size for i, size in free), "an index runs over two sizes")
            return self.moved((kind, label, tuple(inner)), bound or {})
        if kind == "function":
            need(self.functions[label[0]] is None and isinstance(label[1], int) and label[1] >= 0, "not a function")
            label = tuple(label)
        else:
            root = kind == "root" and isinstance(label, int) and label > 1
            need(root or (kind in UNARY and label == ""), "not an atom")
        return kind, label, freeze(self.load(inner, bound))

    def fold(self, name: str) -> None:
        """From here on a subformula that equals the definition of a name is that name."""
        rows, columns, u = self.read(self.definitions[name])
        self.folds[rows, columns, frozenset(u.items())] = self.leaf("name", name, self.axes(name))

    def chain(self, v: str) -> Poly:
        """∂E/∂v: for each definition that mentions v, its slope times the gradient in what it defines; and E's own."""
        need((self.objective or self.held) and v not in self.held, f"how the objective depends on {v} is not given")
        need(v not in self.tied, f"the entries of {v} are tied")
        wrt, self.plain = ("name", v, tuple(f"${p}" for p in self.axes(v))), True
        result = self.derivative(self.scalar(self.objective), wrt) if self.objective else {}
        for u, formula in self.definitions.items():
            if v in names(formula):
                part = self.mul(self.leaf("gradient", u, self.axes(u)), self.derivative(self(formula)[2], wrt))
                for label, size in zip(TURN, self.shapes[u], strict=True):
                    part = self.total(part, label, size)
                result = add(result, part)
        self.plain = False
        return self.substitute(self.rename(result, {f"${p}": p for p in self.axes(v)}), lambda f: None)

    def opened(self, u: Poly, kind: str, name: str) -> Poly:
        """A definition (kind `name`), or a `gradient` by the chain rule, put in place of its name."""
        value = self.chain(name) if kind == "gradient" else self.read(self.definitions[name])[2]
        return self.norm(self.substitute(u, lambda f: None if f[:2] != (kind, name) else (
            self.rename(value, dict(zip(self.axes(name), f[2], strict=True))))))  # fmt: skip

    def difference(self, question: str, answer: str) -> Poly:
        """The answer minus what it must equal."""
        (r, c, u), (s, d, v) = self(parse(question)), self(parse(answer))
        need((r, c) == (s, d) or (not v and s == d == SCALAR), "the answer has another shape")
        return self.norm(add(v, u, scale=-1))

    def theorem(self, question: str, answer: str) -> Theorem:
        of = " + ".join([*filter(None, [self.written["objective"]]), *(f"a function of {v}" for v in self.held)])
        slopes = {name: f"d({of})/d{v}" for name, v in self.gradients.items()}
        lines = [f"{name} = {meaning}" for name, meaning in (*self.written["definitions"], *slopes.items())]
        lines += [f"{f} is a smooth function" if row is None else f"{f}({', '.join(row[0])}) = {row[1]}"
                  for f, row in self.functions.items()]  # fmt: skip
        lines += [f"{name} is {' by '.join(shape)}" for name, shape in self.written["names"].items()]
        lines += [f"{index} runs over 1..{size}" for index, size in self.written["indices"].items()]
        lines += [f"assumed: {name} is {fact}" for fact, name in sorted(self.facts)]
        lines += ["assumed: " + " = ".join(equation) for equation in self.written["equations"]]
        subject = re.sub(r"\w+", lambda name: slopes.get(name[0], name[0]), question)
        return Theorem(f"For all sizes, wherever both sides are defined: {subject} = {answer}", (*lines, CONVENTION))


def loads(text: str) -> dict[str, Any]:
    """A certificate from the text of its file; Refused if it is not one JSON object without repeated keys."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "a key is repeated")
        return dict(pairs)

    try:
        found: dict[str, Any] = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Refused(f"this is not JSON ({error})") from None
    return found


def replay(certificate: Mapping[str, Any]) -> Theorem:
    """The theorem that a certificate proves; Refused, naming the step, if it proves none."""
    where = "problem"
    try:
        need({*certificate} == PARTS and {*certificate["problem"]} == KEYS, "unknown or missing keys")
        need(certificate["format"] == FORMAT, "not this format")
        question, answer, checker = certificate["question"], certificate["answer"], Checker(certificate["problem"])
        checker.sound(question, answer)
        for n, (plain, *rest) in enumerate(certificate["identities"], start=1):
            where = f"identity {n}"
            checker.identity(plain, *rest)
        for name in certificate["folds"]:
            where = f"fold {name}"
            checker.fold(name)
        where = "answer"
        left = checker.difference(question, answer)
        for n, (kind, name) in enumerate(certificate["steps"], start=1):
            where = f"step {n}, {kind} {name}"
            left = checker.opened(left, kind, name)
        where = "end"
        need(not left, "something is left of the difference")
        return checker.theorem(question, answer)
    except Exception as error:  # whatever goes wrong, nothing is proved
        kind = "" if isinstance(error, Refused) else f"malformed, {type(error).__name__}: "
        raise Refused(f"{where}: {kind}{error}") from None
