"""What a red line may rest on: what a context declares, and what the notes say of a name as long as they say one thing.

Notes use a letter again for something else, give it a value for an example, set conditions and equations to be solved.
A contradiction with what only the notes themselves said is therefore no error where another reading of it is as good:
a name that is given anew means what it is given last, and what rests on names that have meant several things, or on
shapes from another section, is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from derive.expression.nodes import Expression, Tensor
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.expression.traverse import tensors
from derive.notation.characters import GREEK_NAMES
from derive.notes.formulas.functions import applied, is_lone, plain_name, without_arguments
from derive.notes.formulas.judgement import DEFINITION, NOT_CHECKED, Judgement
from derive.notes.formulas.sides import at_commas, is_step
from derive.notes.formulas.statements import Statement
from derive.notes.judging.doubtful import ANOTHER, PROPERTY, noted
from derive.notes.known.knowledge import OBJECTIVES, Knowledge

WRONG = ("refuted", "conditional")
_EXAMPLE = "a value, for an example, or an equation to be solved"
_DERIVES = re.compile(r"\\partial|\\nabla|\\frac\s*\{\s*d|∂|∇|'|\\prime|\\delta|\bd[A-Zxz]")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"\\(?:mathrm|text|textrm|operatorname|mathit|mathsf|textbf)\*?\s*\{[^{}]{2,}\}")
_MARKS = re.compile(r"[_^]\s*(?:\{[^{}]*\}|\w)")
_NO_LETTERS = re.compile(
    r"\\(?:frac|dfrac|tfrac|sqrt|cdot|times|left|right|begin|end|text|mathbf|boldsymbol|bm|top|big|Big|quad|,|;)(?![A-Za-z])"
    r"|\{(?:[bp]matrix|array|matrix)\}(?:\{[lcr|]*\})?|\^\s*\{?\s*(?:T|\\top)\b"
)
_MARKED = re.compile(r"(\\?[A-Za-z]+)\}?\s*_\s*(\{[a-z]+\}|[a-z])")
_CALLED = re.compile(r"^\s*(?P<name>\\?[A-Za-z]+|\\(?:text|mathrm|mbox|operatorname)\s*\{\w+\})\s*(?:\\left\s*)?[\[(]")
_BY_CONVENTION = frozenset({"sign", "sgn", "step", "heaviside", "lrelu", "leakyrelu", "leaky_relu", "elu"})
"""Functions whose value at zero, or whose parameter, is a convention."""
_AT_A_NUMBER = re.compile(r"^\s*(\\?[A-Za-z]+)\s*'*\s*\(\s*-?\s*\d+\s*\)\s*$")
_IDENTITY = re.compile(r"^\\?(?:mathbf|mathbb|boldsymbol|bm)?\s*\{?\s*I\s*\}?(?:_\{?\w+\}?)?$")


def settled(knowledge: Knowledge, statement: Statement, judge: Callable[[], list[Judgement]]) -> list[Judgement]:
    """What is said of a statement in the end; `judge` judges it by what is known, and what is known may change."""
    found = judge()
    for _ in at_commas(statement.latex(0)):
        name = _renewed(knowledge, statement, found)
        if name is None:
            break
        knowledge.forget(name)
        found = [_anew(j, name) for j in judge()]
    defines = bool(found) and found[0].verdict == DEFINITION
    doubts = _Doubts(knowledge, statement, defines)
    told = [doubts.about(j) if j.verdict in WRONG else j for j in found]
    return noted(knowledge, statement, doubts.names, _about_the_same(knowledge, statement, told))


def _about_the_same(knowledge: Knowledge, statement: Statement, told: Sequence[Judgement]) -> list[Judgement]:
    """Where the name before a chain may be meant otherwise, what else is held against it may be right as well."""
    first, head = told[0] if told else None, statement.latex(0)
    if first is None or first.verdict != NOT_CHECKED or not is_lone(head) or plain_name(head) not in knowledge.learned:
        return list(told)
    return [replace(j, verdict=NOT_CHECKED, reason=first.reason, part=None, details={}) if j.verdict in WRONG else j
            for j in told]  # fmt: skip


def _anew(judgement: Judgement, name: str) -> Judgement:
    is_it = judgement.verdict == DEFINITION and name in judgement.defines
    return replace(judgement, reason=f"{name} anew: from here on it is this") if is_it else judgement


def _renewed(knowledge: Knowledge, statement: Statement, found: Sequence[Judgement]) -> str | None:
    """The learned name that a statement gives another meaning: it stands alone on the left, and nowhere else."""
    if not found or found[0].verdict not in WRONG or statement.is_continuation:
        return None
    for written in at_commas(statement.latex(0)):
        side = written.strip()
        plain = without_arguments(side)
        if applied(side) is not None or (plain is not None and _is_call(side)):
            side = plain or side
        if not is_lone(side):
            continue
        name = plain_name(side)
        wrong = found[0].latex.partition("=")[0] if "=" in found[0].latex else side
        if name in knowledge.learned and name in (plain_name(side), plain_name(wrong)):
            rest = [statement.latex(k) for k in range(1, len(statement.members))]
            is_value = any(_stands_in(name, member) for member in rest) or _is_number(statement.latex(1))
            if not is_value and not _is_a_slip(knowledge, name, found[0]):
                return name
    return None


def _is_a_slip(knowledge: Knowledge, name: str, found: Judgement) -> bool:
    """Whether a name gets a formula of what it depends on already, in one section, or under a context that declares
    what it depends on: then one of the two is wrong."""
    own, answer = knowledge.own[name], found.details.get("answer")
    is_near = own.section == knowledge.section or bool(knowledge.given)
    if own.value is None or not is_near or name in knowledge.reused:
        return False
    if not knowledge.given:
        return bool(answer) and _spells_the_same(knowledge, own.value, str((answer or {})["text"]))
    known = knowledge.scope.tensors
    if not answer:
        return True  # it does not conform, so that it gives the name no meaning
    now = {n for n in re.findall(r"[A-Za-z_]\w*", str(answer["text"])) if n in known}
    before, below = _closure(knowledge, {name}), _closure(knowledge, now)
    return bool(now) and name not in below and {n for n in below if n not in knowledge.learned} <= before


def _spells_the_same(knowledge: Knowledge, value: Expression, answer: str) -> bool:
    """Whether all names and functions of a formula stand in another one, or in what that one's names are: without a
    context, what has anything else in it is another meaning."""
    before: set[str] = set()
    pending = [value]
    while pending:
        part = pending.pop()
        before |= set(re.findall(r"[A-Za-z_]\w*", text(part)))
        pending += [v for t in tensors(part) if (v := knowledge.value(t)) is not None]
    now = set(re.findall(r"[A-Za-z_]\w*", answer))
    return bool(now) and now <= before


def _closure(knowledge: Knowledge, names: set[str]) -> set[str]:
    """Names, and all that they are defined by."""
    found, pending = set(names), list(names)
    while pending:
        tensor = knowledge.scope.tensors.get(pending.pop())
        value = None if tensor is None else knowledge.value(tensor) or knowledge.problem.gradients.get(tensor)
        new = {t.name for t in tensors(value)} - found if value is not None else set()
        found |= new
        pending += new
    return found


def _is_call(side: str) -> bool:
    r"""f(x, y) or J(\theta): nobody writes a product of a letter and a letter in brackets as the left side."""
    inside = side[side.find("(") + 1 : side.rfind(")")].replace("\\right", "").strip()
    return all(is_lone(part.strip()) for part in re.split(r"[,;]|\\mid", inside))


def _occurs_as(name: str, written: str, known: Container[str]) -> bool:
    """Whether a name may stand in a formula; a row of X is written x, unless that is a name of its own."""
    other = name[:1].swapcase() + name[1:]
    return _occurs(name, written) or (other not in known and _occurs(name.lower(), written.lower()))


def _occurs(name: str, written: str) -> bool:
    """Whether a name may stand in a formula: its letters do, not as part of a command, and so do its marks."""
    letters, *marks = re.findall(r"[^\W\d_]+|\d+", name) or [""]
    bare = re.sub(r"(?<=.)(?:hat|tilde|bar|dot|vec)$", "", letters)
    if len(bare) > 1:
        return bool(re.search(rf"\\?{bare}(?![A-Za-z])", written)) and all(mark in written for mark in marks)
    plain = _COMMAND.sub(" ", _WORD.sub(" ", written))
    return bare in plain and all(mark in written for mark in marks)


def _is_differentiated(name: str, written: str) -> bool:
    return (
        re.search(rf"(?:\\partial|\\nabla|\bd)\W*(?:math[a-z]+\W*)?{re.escape(name)}(?![A-Za-z])", written) is not None
    )


def _stands_in(name: str, written: str) -> bool:
    """Whether a name stands in a formula as a quantity, and not as a mark of another one."""
    numbered = re.fullmatch(r"([^\W\d_]+)_(\d+)", name)
    if numbered is not None:  # the 2 of delta_2 stands at the delta, and not somewhere else
        return bool(re.search(rf"{numbered[1]}\}}?\s*[_^]\s*\{{?\s*[\[(]?\s*{numbered[2]}(?!\d)", written))
    return _occurs(name, _MARKS.sub(" ", written) if len(name) == 1 else written)


def _is_number(written: str) -> bool:
    """Whether a side has no names in it: a number, a vector of numbers, dots between them."""
    return not re.search(r"[A-Za-zα-ω]", _NO_LETTERS.sub(" ", written.replace("\\dots", "").replace("\\pi", "3")))


class _Doubts:
    """Why a line of a statement that does not hold need not be wrong."""

    def __init__(self, knowledge: Knowledge, statement: Statement, defines: bool) -> None:
        self.knowledge = knowledge
        self.statement = statement
        self.defines = defines
        """Whether the statement itself says what its head is: then the rest of it is about that."""
        known = knowledge.scope.tensors
        self.names = [name for name in knowledge.learned if _occurs_as(name, statement.text, known)]
        self.all = [name for name in known if _occurs_as(name, statement.text, known)]

    def about(self, judgement: Judgement) -> Judgement:
        """The judgement, or that nothing is checked, and why."""
        reason = self._reason(judgement)
        if reason is None:
            return judgement
        return Judgement(judgement.start, judgement.end, judgement.latex, NOT_CHECKED, reason)

    def _reason(self, judgement: Judgement) -> str | None:
        left, right = self._sides(judgement)
        mistakes = judgement.details.get("mistakes") or ()
        is_shape = not judgement.details.get("counterexample") or any(m["code"] == "shape" for m in mistakes)
        expected = judgement.details.get("expected") or {}
        if self.statement.is_remark:
            return "a remark beside the equation"
        doubted = [n for n in self.knowledge.doubted if n in self._all(self.names) or _occurs(n, self.statement.text)]
        if doubted:
            return self.knowledge.doubted[doubted[0]]
        answer = str((judgement.details.get("answer") or {}).get("text", "?"))
        if (other := self._of_another_loss()) is not None:
            return other
        if str(expected.get("text")) == f"diag({answer})":
            return "right entry by entry: as a matrix it has these entries on its diagonal"
        if not self.names and self._names_a_size(judgement):
            return "another name of a size"
        if is_shape and self._counts_by_itself(left, right):
            return "an index stands on one side only"
        if _is_number(left) and is_shape and "=" not in judgement.latex:
            return "a vector of one number"
        if (self.names or not is_shape) and self._is_an_example(left, right, expected):
            return _EXAMPLE
        if self._is_another(left):
            return ANOTHER
        if "=" in self.statement.relations and not is_step(left, right) and self._is_asked(left, right, expected):
            return PROPERTY
        if not self.names:
            return None
        return self._of_shapes(judgement, expected) if is_shape else self._of_meanings()

    def _of_another_loss(self) -> str | None:
        """δ = ∂L/∂z, where δ is by the E of the context, and L a loss of the notes' own."""
        objective = self.knowledge.problem.objective_name
        own = [
            n for n in self.names if n in OBJECTIVES and n != objective and _is_differentiated(n, self.statement.text)
        ]
        gradients = {t.name for t in self.knowledge.problem.gradients if t.name in self.knowledge.given}
        by = [n for n in (*gradients, *self.all) if n in gradients or n.startswith("delta")]
        named = next((n for n in by if n not in self.knowledge.own and _occurs(n, self.statement.text)), None)
        if not own or named is None or objective not in self.knowledge.given:
            return None
        told = f"[notation] '{own[0]}' = \"{objective}\""
        return f"{named} is that of the {objective} of the context; if {own[0]} is that, say {told}"

    def _sides(self, judgement: Judgement) -> tuple[str, str]:
        """What the head of the chain is, and what is said to be equal to it here."""
        written = judgement.latex
        depths = accumulate((c == "{") - (c == "}") for c in written)  # not the sign in \sum_{i=1}
        signs = [k for k, (c, depth) in enumerate(zip(written, depths, strict=True)) if c == "=" and not depth]
        return self.statement.latex(0), written[signs[-1] + 1 if signs else 0 :].strip()

    def _is_an_example(self, left: str, right: str, expected: dict[str, str]) -> bool:
        r"""\sigma(z) = 0.75 for some z, w_1 = 47 here; a derivative that is a number is one everywhere, or nowhere."""
        if _is_number(left):
            return False
        plain = without_arguments(left) or left
        is_learned = is_lone(plain) and plain_name(plain) in self.knowledge.learned
        if is_learned and not self.defines and self._are_values(expected):
            return True
        if not _is_number(right) or self._is_of_a_known_function(left, right):
            return False
        told = str(expected.get("text", "?"))
        return bool(re.search(r"[A-Za-z]", re.sub(r"exp|log|sqrt|eye|ones|sum", "", told)))

    def _is_of_a_known_function(self, left: str, right: str) -> bool:
        """σ'(0) = 1/4 is a claim, for nothing is free in it; decimals are rounded, a value at a corner is chosen."""
        found = _AT_A_NUMBER.match(left)
        function = self.knowledge.scope.functions.get(plain_name(found[1])) if found else None
        return function is not None and function.kind == "known" and not function.kinks and "." not in right

    def _are_values(self, expected: dict[str, str]) -> bool:
        """Whether the notes gave the head of the chain a number, and now give it another one."""
        members = (self.statement.latex(k) for k in range(1, len(self.statement.members)))
        return _is_number(str(expected.get("latex", "x"))) and all(map(_is_number, members))

    def _is_another(self, left: str) -> bool:
        """f(x) = …, or f(u + v) = …: a letter that nobody declared may be another function here."""
        found = _CALLED.match(left)
        name = plain_name(found["name"].replace("mbox", "text")) if found else ""
        if not name or (name.lower() not in _BY_CONVENTION and len(name) > 1 and name not in GREEK_NAMES):
            return False
        scope = self.knowledge.scope
        return name not in scope.functions or name in self.knowledge.own_functions

    def _is_asked(self, left: str, right: str, expected: dict[str, str]) -> bool:
        """A = −A, and what is said of free names."""
        is_itself = is_lone(left) and plain_name(left) in self.names and _stands_in(plain_name(left), right)
        return is_itself or self._is_of_free(left, right, expected)

    def _is_of_free(self, left: str, right: str, expected: dict[str, str]) -> bool:
        """A = Aᵀ, UᵀU = I, g_i = s(x_i), A x = b: all that stands there is free, or the left is free."""
        if _DERIVES.search(self.statement.text):
            return False
        name = re.match(r"^(\w+?)(?:\[[^\]]*\])?(?:\.T)?$", str(expected.get("text", "")))
        if name is not None and self._is_free(name[1]):
            return True
        lone = re.sub(r"\^\s*\{?\s*(?:T|\\top|\\intercal)\s*\}?", "", right)
        members = [self.statement.latex(k) for k in range(1, len(self.statement.members))]
        is_new = is_lone(lone) and self._is_free(plain_name(lone)) and not _stands_in(plain_name(lone), left)
        is_set = is_new or any(_IDENTITY.match(m) for m in members)
        return bool(is_set) and bool(self.all) and all(self._is_free(n) for n in self.all)

    def _counts_by_itself(self, left: str, right: str) -> bool:
        """w = [w_a, w_b]: letters below that stand on the right only, and that no sum runs over."""
        given = {letter for mark in re.findall(r"[_^]\s*(\{[^{}]*\}|\w)", left) for letter in mark}
        given |= set("".join(re.findall(r"\\sum\s*(?:\\limits\s*)?_\s*(\{[^{}]*\}|\w)", right)))
        given |= {*self.knowledge.scope.indices, *self.knowledge.scope.layers}
        for base, mark in _MARKED.findall(right):
            letters = set(mark.strip("{}"))
            names = plain_name(f"{base}_{mark}"), f"{base.lstrip(chr(92))}_{mark.strip('{}')}"
            if base != "\\sum" and not letters <= given and not any(map(self.knowledge.knows, names)):
                return True
        return False

    def _names_a_size(self, judgement: Judgement) -> bool:
        r"""x \in \mathbb{R}^d, where x has n entries, and d is nothing yet."""
        said = re.search(r" is (\S+) here, not (\S+)\.$", judgement.reason or "")
        if said is None:
            return False
        pairs = list(zip(said[1].split("×"), said[2].split("×"), strict=False))
        scope = self.knowledge.scope
        known = {*scope.sizes, *(name for name, t in scope.tensors.items() if t.shape == SCALAR)}
        fresh = all(a == b or (a != "1" and re.fullmatch(r"[A-Za-z]\w*", b) and b not in known) for a, b in pairs)
        return said[1].count("×") == said[2].count("×") and bool(fresh)

    def _is_free(self, name: str) -> bool:
        tensor = self.knowledge.scope.tensors.get(name)
        return tensor is not None and self.knowledge.is_free(tensor)

    def _of_shapes(self, judgement: Judgement, expected: dict[str, str]) -> str | None:
        """Shapes that the notes state bind where they are stated, and in formulas whose left side conforms to them."""
        knowledge = self.knowledge
        names = [n for n in self.names if not self._rests_on_context(n)]
        if not names:
            return self._of_meanings()
        far = [n for n in names if knowledge.own[n].section != knowledge.section or n in knowledge.reused]
        if far:
            return f"{far[0]} may have another shape here than where it was introduced"
        is_derived = bool(expected) and bool(_DERIVES.search(self.statement.latex(0)))
        if not is_derived and ("in" not in self.statement.relations or is_lone(self.statement.latex(0))):
            return f"{names[0]} may be meant otherwise here: it does not conform as it was introduced"
        return self._of_meanings()

    def _rests_on_context(self, name: str) -> bool:
        """Whether a name has one meaning, and a shape that follows from what the context declares."""
        for learned in self._all([name]):
            if learned not in self.knowledge.own or learned in self.knowledge.reused:
                return False
            value = self.knowledge.own[learned].value
            if value is None or not tensors(value):
                return False
        return True

    def _of_meanings(self) -> str | None:
        """Names that have meant several things bind in the section where they were last given."""
        for name in self._all(self.names):
            if name in self.knowledge.reused and self.knowledge.own[name].section != self.knowledge.section:
                return f"{name} has meant several things before"
        return None

    def _all(self, names: Sequence[str]) -> Iterator[str]:
        """The learned names in a formula, and those that they are defined by."""
        pending, seen = list(names), set(names)
        while pending:
            name = pending.pop()
            yield name
            tensor = self.knowledge.scope.tensors.get(name)
            value = None if tensor is None else self.knowledge.value(tensor)
            found = {t.name for t in tensors(value) if isinstance(t, Tensor)} if value is not None else set()
            new = [n for n in found if n in self.knowledge.learned and n not in seen]
            seen.update(new)
            pending += new
