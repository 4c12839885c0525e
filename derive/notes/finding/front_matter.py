"""The front matter of a Markdown text: the `derive:` key of the YAML between two lines of three dashes.

The YAML that contexts need is small: nested keys, also in braces, texts, numbers, lists in brackets or with dashes, and
blocks of text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from derive.errors import UsageError
from derive.notes.finding.pieces import Context, Document

_MATTER = re.compile(r"\A---[ \t]*\n(?P<body>.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"""^(?P<indent> *)(?P<key>"[^"]*"|'[^']*'|[^\s#:][^:#]*?)[ ]*:(?:[ ]+(?P<value>.*))?$""")
_ITEM = re.compile(r"^(?P<indent> *)-[ ]+(?P<value>.*)$")


@dataclass(frozen=True)
class Matter:
    """Where the front matter ends, and the context in it, if there is one."""

    end: int
    context: Context | None


@dataclass(frozen=True)
class _Line:
    indent: int
    text: str


def front_matter(document: Document) -> Matter | None:
    """The front matter of a document; None if it has none."""
    found = _MATTER.match(document.text)
    if found is None:
        return None
    body = found["body"] or ""
    own = re.search(r"^derive[ ]*:", body, re.MULTILINE)
    if own is None:
        return Matter(found.end(), None)
    start = found.start("body") + own.start()
    inside = re.match(r"derive[ ]*:[ ]*(?P<rest>[^\n]*)\n(?P<block>(?:(?:[ ]+[^\n]*)?\n)*)", body[own.start() :])
    rest, block = ("", "") if inside is None else (inside["rest"].strip(), inside["block"])
    if rest[:1] in ("|", ">"):
        return Matter(found.end(), Context(document, start, "\n" + _dedented(block)))
    if rest in ("ignore", "false", ""):
        table = {} if rest else _table(_lines(block))
        return Matter(found.end(), Context(document, start, "", table))
    value = _value(rest)
    return Matter(found.end(), Context(document, start, "", value if isinstance(value, dict) else {"include": value}))


def _dedented(block: str) -> str:
    lines = block.split("\n")
    depth = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)


def _lines(block: str) -> list[_Line]:
    lines = (line.rstrip() for line in block.split("\n"))
    return [_Line(len(t) - len(t.lstrip(" ")), t) for t in lines if t.strip() and not t.lstrip().startswith("#")]


def _table(lines: list[_Line]) -> dict[str, Any]:
    """Nested keys. Raises UsageError for a line that is none."""
    found: dict[str, Any] = {}
    k = 0
    while k < len(lines):
        match = _KEY.match(lines[k].text)
        if match is None:
            raise UsageError(f"Front matter: {lines[k].text.strip()!r} is no line `key: value`.",
                             suggestion="Or put TOML below `derive: |`.")  # fmt: skip
        end = k + 1
        while end < len(lines) and lines[end].indent > lines[k].indent:
            end += 1
        found[_unquoted(match["key"])] = _inner(match["value"], lines[k + 1 : end])
        k = end
    return found


def _inner(value: str | None, lines: list[_Line]) -> Any:
    if value is not None and value.strip():
        return _value(value.strip())
    items = [_ITEM.match(line.text) for line in lines]
    if lines and all(items):
        return [_value(item["value"]) for item in items if item is not None]
    return _table(lines)


def _value(text: str) -> Any:
    text = re.sub(r"\s+#.*$", "", text).strip() if text[:1] not in "\"'" else text
    if text.startswith("[") and text.endswith("]"):
        inner = text[1:-1].strip()
        return [_value(part) for part in _split(inner)]
    if text.startswith("{") and text.endswith("}"):
        return _table([_Line(0, part) for part in _split(text[1:-1])])
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if re.fullmatch(r"[+-]?\d+\.\d+", text):
        return float(text)
    return _unquoted(text)


def _split(inner: str) -> list[str]:
    """The parts between commas that stand in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for c in inner:
        quote = "" if c == quote else c if not quote and c in "\"'" else quote
        depth += 0 if quote else (c in "[{") - (c in "]}")
        if c == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
