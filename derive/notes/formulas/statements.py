r"""A formula as statements: one a row or between commas, chains over several rows together, conditions taken note of.

Nothing moves: a statement is a span of the formula, in which what only lays it out is blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from derive.notes.finding.blank import blanked
from derive.notes.formulas.structure import Mark, structure

_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|provided|assuming|otherwise|elsewhere|else|suppose|in case|only for|except)\b",
    re.IGNORECASE,
)
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_DEFINING = re.compile(r"\b(?:let|define|set|denote|call|put)\b", re.IGNORECASE)
_OF_INDICES = re.compile(
    r"\(?\s*(?:[i-npqrs]\s*(?:=|\\neq?(?![A-Za-z])|≠)\s*[i-npqrstcy]|[cty]\s*(?:=|\\neq?(?![A-Za-z])|≠)\s*[i-n])\s*\)?"
)
"""Whether two indices are the same: i = j."""
COLUMN = "column"
"""What is said of the space that && makes between an equation and a remark beside it."""
_OF = re.compile(
    r"(?:^|\s)(?:of|de|del|des|du|von|vom|di|do|da|dos|das|w\.r\.t\.?|respect to|от|по|на|của|的)$", re.IGNORECASE
)
"""How words end that go on with the name behind them: the gradient of W."""
_COMPARING = ("less", "unequal", "maps", "condition")


@dataclass(frozen=True)
class Part:
    """A member of a statement, at [start, end) of the formula, without spaces around it."""

    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """members joined by relations: A = B = C has three and two.

    text       the formula as it is to be read, on one line, from `start` on: what lies outside is blank
    condition  words or an inequality beside it under which it is meant to hold; "" if there are none
    introduces whether words say that something is being defined
    remarks    what else stands beside it, after a comma or a wide space
    is_remark  whether it stands in a column beside others
    goes_on    whether words before it go on with its left side: the gradient of W = …
    """

    text: str
    members: tuple[Part, ...]
    relations: tuple[str, ...]
    condition: str = ""
    introduces: bool = False
    remarks: str = ""
    is_remark: bool = False
    goes_on: bool = False

    @property
    def start(self) -> int:
        return self.members[0].start

    @property
    def end(self) -> int:
        return self.members[-1].end

    @property
    def is_continuation(self) -> bool:
        """Whether it begins with a relation sign, and so goes on with what stood before: = C."""
        return self.members[0].start >= self.members[0].end

    def without(self, member: int) -> Statement:
        """The relations from a member on, with the one before it in its place."""
        members = (self.members[member - 1], *self.members[member + 1 :])
        return replace(self, members=members, relations=self.relations[member:])

    def latex(self, member: int) -> str:
        """A member as it is written, on one line."""
        part = self.members[member]
        return " ".join(self.text[part.start : part.end].split())


@dataclass(frozen=True)
class _Segment:
    """What stands between separators: its marks, how it was parted from the one before; `gaps` are no part of it,
    `beside` if it is a remark in a column of its own."""

    marks: tuple[Mark, ...]
    start: int
    end: int
    before: Mark | None
    gaps: tuple[tuple[int, int], ...] = ()
    beside: bool = False

    @property
    def relations(self) -> list[Mark]:
        return [m for m in self.marks if m.kind == "relation"]

    @property
    def words(self) -> str:
        return " ".join(m.text for m in self.marks if m.kind == "word")


def statements(latex: str) -> tuple[Statement, ...]:
    r"""Everything that a formula states: nothing for a lone symbol.

    >>> [s.relations for s in statements(r"a &= b \\ &= c, \quad d = e")]
    [('=', '='), ('=',)]
    """
    found = structure(latex)
    text = re.sub(r"\s", " ", blanked(latex, found.silent))
    segments = _joined(text, _segments(found.marks, len(latex)))
    return tuple(_with_conditions(text, segments))


def _segments(marks: Sequence[Mark], length: int) -> list[_Segment]:
    """Parts between rows, arrows, words and wide spaces; at commas only where both sides state something."""
    out: list[_Segment] = []
    own: list[Mark] = []
    before: Mark | None = None
    start, beside = 0, False
    for mark in marks:
        is_layout = mark.kind == "space" and not mark.text and all(m.kind == "align" for m in own)
        if is_layout and before is not None and before.kind == "row":
            continue
        if mark.kind == "align" and own and own[-1].kind == "align" and any(m.kind != "align" for m in own):
            mark = Mark("space", own.pop().start, mark.end, COLUMN)
        if mark.kind in ("row", "space", "word", "comma"):
            out.append(_Segment(tuple(own), start, mark.start, before, (), beside))
            own, before, start = [], mark, mark.end
            beside = mark.text == COLUMN or (beside and mark.kind != "row")
        else:
            own.append(mark)
    out.append(_Segment(tuple(own), start, length, before, (), beside))
    return out


def _joined(text: str, segments: Sequence[_Segment]) -> list[_Segment]:
    """Segments that continue the one before are joined with it: a row that begins with a sign, a list after a comma."""
    out: list[_Segment] = []
    for segment in segments:
        head = _head(out) if segment.before is not None and segment.before.kind == "row" else len(out) - 1
        previous = out[head] if out else None
        if previous is not None and _continues(text, previous, segment):
            assert segment.before is not None
            join = () if segment.before.kind in ("row", "space") else (segment.before,)
            gaps = previous.gaps if head == len(out) - 1 else (*previous.gaps, (previous.end, segment.start))
            out[head] = replace(previous, marks=(*previous.marks, *join, *segment.marks), end=segment.end, gaps=gaps)
        else:
            out.append(segment)
    return out


def _head(segments: Sequence[_Segment]) -> int:
    """What a row goes on from: not the remark in a column beside the row above it."""
    found = len(segments) - 1
    for number in range(len(segments) - 1, 0, -1):
        before = segments[number].before
        if before is None or before.kind == "row":
            break
        found = number - 1 if before.text == COLUMN else found
    return found


def _continues(text: str, previous: _Segment, segment: _Segment) -> bool:
    signs = [m for m in segment.marks if m.kind != "align"]
    before = segment.before
    if before is None or before.kind == "word":
        return False
    if before.kind == "row":
        return bool(signs) and (signs[0].kind == "relation" or (signs[0].kind == "operator" and bool(previous.marks)))
    if not signs:
        return False
    if before.text == COLUMN:
        return False
    if before.kind == "space" and before.text != "arrow":
        ends_open = bool(previous.marks) and previous.marks[-1].kind in ("relation", "operator")
        begins_open = signs[0].kind in ("relation", "operator") and bool(previous.marks)
        return ends_open or begins_open or (not previous.relations and _is_plain(text, previous))
    # A comma: what stands after it states something by itself, or belongs to a list on the right, or is a remark.
    return before.kind == "comma" and not previous.relations and not segment.relations


def _is_plain(text: str, segment: _Segment) -> bool:
    return bool(text[segment.start : segment.end].strip())


def _with_conditions(text: str, segments: Sequence[_Segment]) -> Iterator[Statement]:
    """Statements; words and comparisons beside one are conditions on it."""
    groups: list[tuple[_Segment, list[_Segment], str]] = []
    words = ""
    for segment in segments:
        if segment.before is not None and segment.before.kind == "word":
            words = f"{words} {segment.before.text}".strip()
        elif segment.before is not None and segment.before.kind == "row":
            words = ""
        signs = segment.relations
        is_remark = bool(groups) and (_is_condition(text, segment) or not signs)
        if is_remark and not (segment.before is not None and segment.before.kind == "row"):
            head, remarks, said = groups[-1]
            groups[-1] = (head, [*remarks, segment], f"{said} {words}".strip())
            words = ""
        elif signs:
            belongs_before = _CONDITION.search(words) or _OR.search(words)
            if groups and belongs_before:
                head, remarks, said = groups[-1]
                groups[-1] = (head, remarks, f"{said} {words}".strip())
            groups.append((segment, [], words))
            words = ""
    if groups and words:
        head, remarks, said = groups[-1]
        groups[-1] = (head, remarks, f"{said} {words}".strip())
    for head, remarks, said in groups:
        statement = _statement(text, head)
        if statement is not None:
            condition = _condition(text, remarks, said)
            beside = ", ".join(text[r.start : r.end].strip() for r in remarks)
            introduces = bool(_DEFINING.search(said))
            is_of = head.before is not None and head.before.kind == "word" and bool(_OF.search(said))
            yield replace(
                statement,
                condition=condition,
                introduces=introduces,
                remarks=beside,
                is_remark=head.beside,
                goes_on=is_of,
            )


def is_of_indices(statement: Statement) -> bool:
    """Whether a statement says of two index letters whether they are the same: i = j, i ≠ s."""
    return bool(_OF_INDICES.fullmatch(statement.text.strip(" .,;:&")))


def _is_condition(text: str, segment: _Segment) -> bool:
    """A comparison beside a statement (z > 0), one of two indices (i = j), or one in brackets."""
    relations = segment.relations
    written = text[segment.start : segment.end].strip()
    if _OF_INDICES.fullmatch(written.strip(" .,;:&~")):
        return True
    return (bool(relations) and relations[0].text in _COMPARING) or written.startswith(("(", r"\left(", r"\forall"))


def _condition(text: str, remarks: Sequence[_Segment], said: str) -> str:
    if _OR.search(said):
        return "one of several is meant"
    if _CONDITION.search(said):
        return said
    for remark in remarks:
        written = text[remark.start : remark.end].strip(" .,;~")
        compares = any(m.text in ("less", "unequal") for m in remark.relations)
        if _OF_INDICES.fullmatch(written.strip("& ")):
            return written
        if (compares or re.search(r"[<>]|\\(?:ne|neq|le|leq|ge|geq|lt|gt)\b", written)) and not _is_range(written):
            return written
    return ""


def _is_range(written: str) -> bool:
    r"""1 ≤ i ≤ n, or i = 1, …, n: for every value of an index."""
    return bool(re.search(r"\\(?:l|c)?dots|…|\.\.\.", written)) or bool(
        re.fullmatch(r"\(?\s*1\s*(?:\\leq?|\\leqslant|<|≤)\s*\w\s*(?:\\leq?|\\leqslant|<|≤)\s*\w+\s*\)?", written)
    )


def _statement(text: str, segment: _Segment) -> Statement | None:
    """The members between the relation signs of a segment; alignment marks and punctuation are blank."""
    drop = [(m.start, m.end) for m in segment.marks if m.kind == "align"] + list(segment.gaps)
    drop += [(m.start() + segment.start, m.end() + segment.start)
             for m in re.finditer(r"\\\\\*?(?:\[[^\]]*\])?|\\q?quad\b", text[segment.start : segment.end])
             if _is_top(segment, m.start() + segment.start, text)]  # fmt: skip
    clean = blanked(text, drop)
    starts = [segment.start, *(m.end for m in segment.relations)]
    ends = [*(m.start for m in segment.relations), segment.end]
    members = tuple(_trimmed(clean, a, b, last=b == segment.end) for a, b in zip(starts, ends, strict=True))
    if len(members) > 2 and members[-1].start >= members[-1].end:
        members = members[:-1]  # A = B =, and the next formula goes on
    if len(members) < 2 or any(m.start >= m.end for m in members[1:]):
        return None
    inside = " " * members[0].start + clean[members[0].start : members[-1].end]
    return Statement(inside, members, tuple(m.text for m in segment.relations[: len(members) - 1]))


def _is_top(segment: _Segment, place: int, text: str) -> bool:
    """Whether a row's end stands between marks, not inside a matrix: nothing that is open reaches over it."""
    inside = text[segment.start : place]
    return inside.count("{") == inside.count("}") and inside.count(r"\begin") == inside.count(r"\end")


_LEAD = re.compile(r"(?:\s|\\[,;:! ]|~)*")
_TAIL = re.compile(r"(?:\s|\\[,;:! ]|~|[.,;:](?!\d))*$")


def _trimmed(text: str, start: int, end: int, *, last: bool) -> Part:
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    tail = _TAIL.search(text[start:end]) if last else re.search(r"\s*$", text[start:end])
    return Part(start, start + tail.start() if tail else end)
