"""Writing certificates: the checker itself is run, and what it does not know yet is proved to it step by step.

`Writer` is the checker with one thing changed: where the checker looks up what a polynomial was proved equal to, the
writer works it out by `certificate_rules`, and notes the multiples of axioms that it took. So a certificate holds
exactly what the checker will ask for. It is replayed before it is handed out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from derive.certificate import FORMAT, Checker, Refused, replay
from derive.certifying.families import ordinary
from derive.certifying.formulas import CONVENTIONS, KINKS, Formulas, measure, tidy
from derive.certifying.fractions import vanishing
from derive.certifying.orders import by_order
from derive.certifying.product import Product, Step, Ways
from derive.certifying.rules import RULES
from derive.certifying.two_values import put_in
from derive.errors import LimitError, Unsupported, UsageError
from derive.expander import LEAVES, UNIT, Poly, add
from derive.expression.nodes import ZERO, Component, Elementwise, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, Shape
from derive.expression.traverse import walk

STEPS = 4_000
"""How many steps one certificate may have."""

OPENINGS = 400


class NoProof(Unsupported):
    """The language of certificates can say it, but the writer found no proof."""


class Writer(Checker):
    """The checker, and a list of identities that grows with what it asks for."""

    def __init__(self, problem: Any, declared: Mapping[int, tuple[str, str, str]], ways: Ways) -> None:
        self.declared, self.ways = declared, ways
        self.identities: list[Any] = []
        self.count = 0
        self._settled: set[Any] = set()
        self._done: set[Any] = set()
        super().__init__(problem)

    def norm(self, u: Poly) -> Poly:
        """The simplest that rules make of a polynomial; that it is equal is noted."""
        key = (frozenset(u.items()), self.plain)
        if self.free or not u or key in self._settled:
            return u
        if key not in self.known:
            with self.unaided():
                result, proof = self.rewritten(u)
            if not proof:
                self._settled.add(key)
                return u
            self.known[key] = result
            self.identities.append([self.plain, polynomial(u), polynomial(result), [step(s) for s in proof]])
        return self.known[key]

    def rewritten(self, u: Poly, *, whole: bool = True) -> tuple[Poly, list[Step]]:
        """What rules make of a polynomial, and the multiples of axioms that are the difference; with `whole` also what
        looks at all of its terms."""
        proof: list[Step] = []
        pending = sorted(u, reverse=True)
        while pending:
            m = pending.pop()
            if m not in u or (m, self.plain) in self._done:
                continue
            steps = self.one(m, u)
            if not steps:
                self._done.add((m, self.plain))
                continue
            self.count += len(steps)
            if self.count > STEPS:
                raise LimitError("The certificate has too many steps.", code="E-BUDGET")
            proof += steps
            new = add(u, self.change(steps), scale=-1)
            pending += [n for n in sorted(new) if n not in u]
            u = new
        last = vanishing(self, u) or (by_order(self, u) if self.ways.thorough else []) if whole else []
        return ({}, proof + last) if last else (u, proof)

    def change(self, steps: list[Step]) -> Poly:
        """What steps take from a polynomial."""
        return self.collect(t for s in steps if s.rule != "divides" for t in self.multiple(
            s.coefficient, s.factors, s.dummies, self.axiom(s.rule, list(s.given))[0]))  # fmt: skip

    def product(self, m: Any, u: Poly) -> Product:
        """One term, its dummies opened."""
        taken = {int(i[1:]) for i in self.scope(((m, 1),))[0] if i[0] == "~" and i[1:].isdigit()}
        names = {d: f"~{n}" for n, (d, _) in enumerate(m[1], start=1 + max(taken, default=-1))}
        factors: dict[Any, Any] = {}
        for f, e in m[0]:
            g = self.moved(f, names)
            factors[g] = factors.get(g, 0) + e
        dummies = {names[d]: size for d, size in m[1]}
        return Product(self, u[m], factors, dummies, self.declared, self.ways)

    def one(self, m: Any, u: Poly) -> list[Step] | None:
        """The first step that a rule takes on one term."""
        product = self.product(m, u)
        for f, e in product.factors.items():
            steps = RULES[f[0]](product, f, e) if f[0] in RULES else None
            if steps:
                return steps
        return put_in(product) if self.ways.thorough and not self.plain else None


def step(s: Step) -> list[Any]:
    given = [polynomial(g) if isinstance(g, dict) else exact(g) for g in s.given]
    factors = [[factor(f), exact(e)] for f, e in sorted(s.factors.items())]
    return [exact(s.coefficient), factors, [[d, size_text(x)] for d, x in s.dummies.items()], s.rule, *given]


def polynomial(u: Poly) -> list[Any]:
    """A polynomial as JSON."""
    return [[exact(c), [[factor(f), exact(e)] for f, e in m[0]], [[d, size_text(x)] for d, x in m[1]]]
            for m, c in sorted(u.items())]  # fmt: skip


def factor(f: Any) -> list[Any]:
    kind, label, inner = f
    named = list(label) if isinstance(label, tuple) else label
    return [kind, named, list(inner) if kind in LEAVES else polynomial(dict(inner))]


def exact(value: Any) -> Any:
    return value if isinstance(value, (int, str)) else int(value) if value.denominator == 1 else str(value)


def size_text(size: Any) -> str:
    """A size in the one way in which certificates write it."""
    parts = []
    for (factors, _), c in size:
        names = [f[1] for f, e in factors for _ in range(e)]
        parts.append(" * ".join([*([] if c == 1 and names else [str(c)]), *names]))
    return " + ".join(parts)


def certificate(problem: Problem, answer: Expression) -> dict[str, Any]:
    """The proof that an answer is right, as a JSON object that `derive.certificate.replay` accepts.

    If none is found, other ways are tried (see `Ways`), then other slopes at kinks, and the theorem says which.
    Raises Unsupported, naming what is missing, if the certificates' language cannot say it or no proof was found.
    """
    usual, *others = _conventions(problem)
    try:
        return _certificate(problem, answer, usual, Ways())
    except (NoProof, LimitError) as error:
        late, whole, thorough = Ways(late=True), Ways(whole=True), Ways(thorough=True)
        for kinks, ways in [(usual, late), (usual, whole), (usual, thorough), *((k, Ways()) for k in others)]:
            try:
                return _certificate(problem, answer, kinks, ways)
            except (NoProof, LimitError):
                continue
        raise error


def _conventions(problem: Problem) -> list[dict[str, str]]:
    """The choices at the kinks that a problem has."""
    asked = problem.question
    formulas = [*(d.value for d in problem.definitions), *(e for e in (asked.objective, asked.value) if e is not None)]
    used = {n.function.name for e in formulas for n in walk(e) if isinstance(n, Elementwise)}
    kinds = sorted({KINKS[name][0] for name in used & KINKS.keys()})
    return [dict(zip(kinds, chosen, strict=True)) for chosen in product(*(CONVENTIONS[kind] for kind in kinds))]


def _certificate(problem: Problem, answer: Expression, kinks: Mapping[str, str], ways: Ways) -> dict[str, Any]:
    family = any(d.target.layer is not None for d in problem.definitions)
    problem, held = ordinary(problem, answer) if family else (problem, ())
    formulas = Formulas(problem, kinks)
    definitions = [[formulas.name(d.target), formulas.text(d.value)] for d in problem.definitions]
    question, written, objective = _question(problem, formulas, answer)
    if family and problem.question.objective is None:
        objective = None
    elif objective is None and formulas.gradients:
        objective = problem.objective_name
    facts, equations, declared = _assumptions(problem, formulas)
    statement = {
        "names": formulas.names,
        "indices": formulas.indices,
        "functions": formulas.functions,
        "definitions": [*map(list, formulas.scaled.items()), *definitions],
        "objective": objective,
        "held": [formulas.name(t) for t in held],
        "gradients": formulas.gradients,
        "facts": facts,
        "equations": equations,
    }
    try:
        writer = Writer(statement, declared, ways)
        folds, steps = _prove(writer, question, written, _activations(problem, formulas))
    except Refused as error:
        raise Unsupported(f"A certificate cannot hold this: {error}.") from None
    result = {"format": FORMAT, "problem": statement, "question": question, "answer": written,
              "identities": writer.identities, "folds": folds, "steps": steps}  # fmt: skip
    try:
        replay(result)
    except Refused as error:
        raise Unsupported(f"The certificate that was written is refused: {error}") from None
    return result


def _question(problem: Problem, formulas: Formulas, answer: Expression) -> tuple[str, str, str | None]:
    """What the answer must equal, the answer, and the objective; a Jacobian is asked entry by entry."""
    asked, written = problem.question, formulas.text(answer)
    if asked.value is not None:
        return formulas.text(asked.value), written, None
    if asked.wrt is None:
        raise UsageError("The problem does not say what to differentiate by.", suggestion="Name it with --wrt.")
    wrt, places = asked.wrt, ""
    if isinstance(wrt, Component):
        places = f"[{', '.join(formulas.position(p) for p in (wrt.row, wrt.column))}]"
        wrt = wrt.operand
    if not isinstance(wrt, Tensor):
        raise Unsupported("A certificate speaks of derivatives in a name or an entry of one.")
    if wrt in problem.gradients:
        return formulas.text(wrt), written, None
    if asked.objective is None:
        turned = ".T" if problem.layout.gradient == "numerator" and wrt.shape != SCALAR and not places else ""
        return formulas.slope(wrt) + (places or turned), written, problem.objective_name
    objective, size = formulas.text(asked.objective), shape(asked.objective)
    family = problem.question.wrt is not None and any(t.layer is not None for t in formulas.tensors.values())
    if formulas.gradients and objective != problem.objective_name and not family:
        raise Unsupported("A certificate speaks of the gradients of one objective only.")
    question = formulas.slope(wrt)
    if size == SCALAR:
        turned = ".T" if problem.layout.gradient == "numerator" and wrt.shape != SCALAR and not places else ""
        return question + (places or turned), written, objective
    row = _entry(formulas, "i", size)
    inner = "1, 1" if places or wrt.shape == SCALAR else _entry(formulas, "j", wrt.shape)
    if 1 not in size or (not places and 1 not in wrt.shape):
        raise Unsupported("A certificate speaks of Jacobians of a vector in a vector.")
    places = places or ("" if wrt.shape == SCALAR else f"[{inner}]")
    column = next((p for p in inner.split(", ") if p != "1"), "1")
    entry = next(p for p in row.split(", ") if p != "1")
    written = written if answer == ZERO else tidy(f"({written})[{entry}, {column}]")
    return question + places, written, tidy(f"({objective})[{row}]")


def _entry(formulas: Formulas, letter: str, size: Shape) -> str:
    """A general entry of a vector, at a new index."""
    taken = {*formulas.indices, *formulas.names, *(i for f in formulas.indices.values() for i in (f,))}
    while letter in taken or letter in formulas.problem.scope.indices:
        letter += "_"
    long = next((s for s in size if s != 1), None)
    if long is None:
        return "1, 1"
    formulas.indices[letter] = measure(long)
    return ", ".join(letter if s == long else "1" for s in size)


def _assumptions(
    problem: Problem, formulas: Formulas
) -> tuple[list[list[str]], list[list[str]], dict[int, tuple[str, str, str]]]:
    """The declared facts and equations that a proof may use, and what the equations are about."""
    known = {t: n for n, t in formulas.tensors.items()}
    named = {n: known[t] for n, t in problem.scope.tensors.items() if t in known}
    facts = [[kind, named[n]] for kind in ("positive", "symmetric")
             for n in sorted(getattr(problem.assumptions, kind)) if n in named]  # fmt: skip
    equations: list[list[str]] = []
    about: dict[int, tuple[str, str, str]] = {}
    for n in sorted(problem.assumptions.binary & named.keys()):
        about[len(equations)] = ("binary", named[n], "")
        equations.append([f"{named[n]} ** 2", named[n]])
    for left, right in problem.assumptions.equations:
        kind = _kind(left, right, known)
        if kind is not None:
            about[len(equations)] = kind
            equations.append([formulas.text(left), formulas.text(right)])
    return facts, equations, about


def _kind(left: Any, right: Any, known: Mapping[Tensor, str]) -> tuple[str, str, str] | None:
    """Σ y = 1 and y² = 1; other equations are not used in proofs."""
    if getattr(right, "value", None) != 1:
        return None
    operand, base = getattr(left, "operand", None), getattr(left, "base", None)
    if isinstance(operand, Tensor) and operand in known and hasattr(left, "axis"):
        return "sum one", known[operand], "all" if left.axis is None else f"axis {left.axis}"
    if isinstance(base, Tensor) and base in known and getattr(left.exponent, "value", None) == 2:
        return "square one", known[base], ""
    return None


def _activations(problem: Problem, formulas: Formulas) -> set[str]:
    """The names that are a function of one name."""
    found = set()
    for d in problem.definitions:
        inner = d.value.arguments[0] if isinstance(d.value, Elementwise) else d.value
        if isinstance(inner, Tensor):
            found.add(formulas.name(d.target))
    return found


def _prove(writer: Writer, question: str, answer: str, activations: set[str]) -> tuple[list[str], list[list[str]]]:
    """The names to fold, and to open until nothing is left of the difference."""
    checker = Checker(writer.written)
    checker.sound(question, answer)
    writer.granted = checker.granted
    folds = []
    for name, formula in writer.definitions.items():
        value = writer.read(formula)[2]
        if value.keys() - {UNIT}:
            writer.fold(name)
            folds.append(name)
    steps: list[list[str]] = []
    left = writer.difference(question, answer)
    order = list(writer.definitions)
    while left and len(steps) < OPENINGS:
        chosen = _next(writer, left, order, activations)
        if chosen is None:
            break
        steps.append([*chosen])
        left = writer.opened(left, *chosen)
    if left:
        raise NoProof("No proof was found that a certificate could hold.")
    return folds, steps


def _next(writer: Writer, left: Poly, order: list[str], activations: set[str]) -> tuple[str, str] | None:
    """Activations first, then the gradient of the earliest name, then the latest definition."""
    names, gradients = set[str](), set[str]()
    pending = [left]
    while pending:
        for (factors, _), _ in list(pending.pop().items()):
            for kind, label, inner in (f for f, _ in factors):
                if kind == "name":
                    names.add(label)
                elif kind == "gradient":
                    gradients.add(label)
                elif kind not in LEAVES:
                    pending.append(dict(inner))
    named = sorted(names & activations)
    if named:
        return "name", named[0]
    if gradients:
        return "gradient", min(gradients, key=lambda n: (order.index(n) if n in order else -1, n))
    known = [n for n in order if n in names]
    return ("name", known[-1]) if known else None
