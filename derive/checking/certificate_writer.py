"""Writing certificates: the checker itself is run, and what it does not know yet is proved to it step by step.

`Writer` is the checker with one thing changed: where the checker looks up what a polynomial was proved equal to, the
writer works it out by `certificate_rules`, and notes the multiples of axioms that it took. So a certificate holds
exactly what the checker will ask for. It is replayed before it is handed out.
"""

from __future__ import annotations

from typing import Any

from derive.certificate import FORMAT, Checker, Refused, replay
from derive.certificate_reader import parse
from derive.checking.certificate_families import ordinary
from derive.checking.certificate_formulas import Formulas
from derive.checking.certificate_product import Product, Step
from derive.checking.certificate_rules import RULES
from derive.errors import LimitError, Unsupported, UsageError
from derive.expander import LEAVES, UNIT, Poly, add
from derive.expression.nodes import Component, Elementwise, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR

STEPS = 4_000
"""How many steps one certificate may have."""

OPENINGS = 400


class Writer(Checker):
    """The checker, and a list of identities that grows with what it asks for."""

    def __init__(self, problem: Any) -> None:
        super().__init__(problem)
        self.identities: list[Any] = []
        self.count = 0
        self._settled: set[Any] = set()
        self._done: set[Any] = set()

    def norm(self, u: Poly) -> Poly:
        key = (frozenset(u.items()), self.plain)
        if self.free or not u or key in self._settled:
            return u
        if key not in self.known:
            self.free = True
            result, proof = self.rewritten(u)
            self.free = False
            if not proof:
                self._settled.add(key)
                return u
            self.note(u, result, proof)
        return self.known[key]

    def note(self, u: Poly, result: Poly, proof: list[Step]) -> None:
        """Add an identity to the certificate."""
        self.known[frozenset(u.items()), self.plain] = result
        self.identities.append([self.plain, polynomial(u), polynomial(result), [step(s) for s in proof]])

    def rewritten(self, u: Poly, bridge: bool = False) -> tuple[Poly, list[Step]]:
        """What rules make of a polynomial, and the multiples of axioms that are the difference."""
        proof: list[Step] = []
        pending = sorted(u, reverse=True)
        while pending:
            m = pending.pop()
            if m not in u or ((m, self.plain, bridge) in self._done and not bridge):
                continue
            steps = self.one(m, u, bridge)
            if not steps:
                self._done.add((m, self.plain, bridge))
                continue
            self.count += len(steps)
            if self.count > STEPS:
                raise LimitError("The certificate has too many steps.", code="E-BUDGET")
            proof += steps
            change = self.collect(t for s in steps if s.rule != "divides" for t in self.multiple(
                s.coefficient, s.factors, s.dummies, self.axiom(s.rule, s.given)[0]))  # fmt: skip
            new = add(u, change, scale=-1)
            pending += [n for n in sorted(new) if n not in u or bridge]
            u = new
        return u, proof

    def one(self, m: Any, u: Poly, bridge: bool) -> list[Step] | None:
        """The first step that a rule takes on one term."""
        names = {d: f"~{n}" for n, (d, _) in enumerate(m[1])}
        factors: dict[Any, Any] = {}
        for f, e in m[0]:
            g = self.moved(f, names)
            factors[g] = factors.get(g, 0) + e
        near = frozenset[Any]()
        if bridge:
            near = frozenset(f[2] for x in u if not x[1] for f, _ in x[0] if f[0] in ("sigmoid", "slope"))
            near |= {f[2] for f in factors if f[0] in ("sigmoid", "slope")}
        product = Product(self, u[m], factors, {names[d]: size for d, size in m[1]}, near)
        for f, e in factors.items():
            steps = RULES[f[0]](product, f, e) if f[0] in RULES else None
            if steps:
                return steps
        return None


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
    for names, c in size:
        product = [*([] if c == 1 and names else [str(c)]), *names]
        parts.append(" * ".join(product))
    return " + ".join(parts)


def certificate(problem: Problem, answer: Expression) -> dict[str, Any]:
    """The proof that an answer is right, as a JSON object that `derive.certificate.replay` accepts.

    Raises Unsupported, naming what is missing, if the certificates' language cannot say it or no proof was found.
    """
    family = any(d.target.layer is not None for d in problem.definitions)
    problem, held = ordinary(problem, answer) if family else (problem, ())
    formulas = Formulas(problem)
    definitions = [[formulas.name(d.target), formulas.text(d.value)] for d in problem.definitions]
    question, objective = _question(problem, formulas)
    if family and problem.question.objective is None:
        objective = None
    written = formulas.text(answer)
    if formulas.gradients and objective not in (None, problem.objective_name) and not family:
        raise Unsupported("A certificate speaks of the gradients of one objective only.")
    whole = objective or (problem.objective_name if formulas.gradients and not family else None)
    statement = {
        "names": formulas.names,
        "indices": formulas.indices,
        "functions": formulas.functions,
        "definitions": definitions,
        "objective": whole,
        "held": [formulas.name(t) for t in held],
        "gradients": formulas.gradients,
        "assumptions": _assumptions(problem, formulas),
    }
    try:
        writer = Writer(statement)
        steps = _prove(writer, question, written, _activations(problem, formulas))
    except Refused as error:
        raise Unsupported(f"A certificate cannot hold this: {error}.") from None
    result = {"format": FORMAT, "problem": statement, "question": question, "answer": written,
              "identities": writer.identities, "steps": steps}  # fmt: skip
    try:
        replay(result)
    except Refused as error:
        raise Unsupported(f"The certificate that was written is refused: {error}") from None
    return result


def _question(problem: Problem, formulas: Formulas) -> tuple[list[str], str | None]:
    asked = problem.question
    if asked.value is not None:
        return ["value", formulas.text(asked.value)], None
    if asked.wrt is None:
        raise UsageError("The problem does not say what to differentiate by.", suggestion="Name it with --wrt.")
    wrt, places = asked.wrt, []
    if isinstance(wrt, Component):
        places = [formulas.position(p) for p in (wrt.row, wrt.column)]
        wrt = wrt.operand
    if not isinstance(wrt, Tensor):
        raise Unsupported("A certificate speaks of derivatives in a name or an entry of one.")
    objective = problem.objective_name if asked.objective is None else formulas.text(asked.objective)
    if wrt in problem.gradients:
        return ["value", formulas.text(wrt)], objective
    name = formulas.name(wrt)
    if asked.objective is not None and shape(asked.objective) != SCALAR:
        if places:
            raise Unsupported("A certificate speaks of whole Jacobians only.")
        return ["jacobian", name], objective
    if places:
        return ["entry", name, *places], objective
    turned = problem.layout.gradient == "numerator" and wrt.shape != SCALAR
    return ["transposed gradient" if turned else "gradient", name], objective


def _assumptions(problem: Problem, formulas: Formulas) -> list[list[str]]:
    """The declared facts that a proof may use."""
    facts, known = problem.assumptions, {t: n for n, t in formulas.tensors.items()}
    named = {n: known[t] for n, t in problem.scope.tensors.items() if t in known}
    found = [[kind, named[n], ""] for kind in ("positive", "binary", "symmetric")
             for n in sorted(getattr(facts, kind)) if n in named]  # fmt: skip
    for left, right in facts.equations:
        found += formulas_of_equation(left, right, known)
    return found


def formulas_of_equation(left: Any, right: Any, known: dict[Tensor, str]) -> list[list[str]]:
    """Σ y = 1 and y² = 1 as facts; other equations are not used in proofs."""
    if getattr(right, "value", None) != 1:
        return []
    operand, base = getattr(left, "operand", None), getattr(left, "base", None)
    if operand in known and hasattr(left, "axis"):
        return [["sum one", known[operand], "all" if left.axis is None else f"axis {left.axis}"]]
    if base in known and getattr(left.exponent, "value", None) == 2:
        return [["square one", known[base], ""]]
    return []


def _activations(problem: Problem, formulas: Formulas) -> set[str]:
    """The names that are a function of one name."""
    found = set()
    for d in problem.definitions:
        inner = d.value.arguments[0] if isinstance(d.value, Elementwise) else d.value
        if isinstance(inner, Tensor):
            found.add(formulas.name(d.target))
    return found


def _prove(writer: Writer, question: list[str], answer: str, activations: set[str]) -> list[list[str]]:
    """The names to fold and to open until nothing is left of the difference."""
    writer.sound(question[0])
    steps: list[list[str]] = []
    for name, formula in writer.definitions.items():
        value = writer.read(formula)[2]
        if value.keys() - {UNIT}:
            writer.fold(name)
            steps.append(["fold", name])
    left = writer.difference(question, parse(answer))
    order = list(writer.definitions)
    for _ in range(OPENINGS):
        if left and not _closed(writer, left):
            chosen = _next(writer, left, order, activations)
            if chosen is None:
                break
            steps.append([chosen[0], chosen[1]])
            left = writer.opened(left, {"open": "name", "chain rule": "gradient"}[chosen[0]], chosen[1])
        else:
            return steps
    raise Unsupported("No proof was found that a certificate could hold.")


def _closed(writer: Writer, left: Poly) -> bool:
    """Whether the difference vanishes once e^u is written in σ(u) where both occur."""
    kinds = {f[0] for m in left for f, _ in m[0]}
    if "exp" not in kinds or not kinds & {"sigmoid", "slope"}:
        return False
    writer.free = True
    rest, proof = writer.rewritten(left, bridge=True)
    writer.free = False
    if rest:
        return False
    writer.note(left, rest, proof)
    return True


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
        return "open", named[0]
    if gradients:
        return "chain rule", min(gradients, key=lambda n: (order.index(n) if n in order else -1, n))
    known = [n for n in order if n in names]
    return ("open", known[-1]) if known else None
