r"""Private macros: \newcommand, \renewcommand, \def and \DeclareMathOperator, expanded at the tokens, bounded.

An expansion takes the place of its call: every token of it points at the call. Expansion stops with an error after a
fixed number of tokens, so that a macro that calls itself is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.notation.latex.tokens import Token
from derive.notation.source import Source

MAXIMUM_TOKENS = 10_000
"""Tokens of one text after expansion."""
MAXIMUM_PARAMETERS = 9

_DEFINING = frozenset({"newcommand", "renewcommand", "providecommand", "def", "gdef", "DeclareMathOperator"})


@dataclass(frozen=True)
class Macro:
    """A name, how many arguments it takes, and what it stands for; `#1` is a sign and a number."""

    parameters: int
    body: tuple[Token, ...]
    default: tuple[Token, ...] | None = None


Macros = Mapping[str, Macro]


def expand(source: Source, tokens: Sequence[Token], known: Macros) -> tuple[list[Token], dict[str, Macro]]:
    """The tokens with all macros expanded and their definitions taken out, and the macros that are known now."""
    run = _Expansion(source, dict(known))
    return run.expanded(tokens), run.macros


class _Expansion:
    def __init__(self, source: Source, macros: dict[str, Macro]) -> None:
        self.source = source
        self.macros = macros

    def expanded(self, tokens: Sequence[Token]) -> list[Token]:
        if not self.macros and not any(t.kind == "command" and t.text in _DEFINING for t in tokens):
            return list(tokens)
        out: list[Token] = []
        pending = list(reversed(tokens))
        steps = 0
        while pending:
            token = pending.pop()
            if token.is_command(*_DEFINING):
                self._define(token, pending)
            elif token.kind == "command" and token.text in self.macros:
                body = list(self._call(token, self.macros[token.text], pending))
                steps += len(body) + 1
                if steps > MAXIMUM_TOKENS:
                    raise self.source.limit(token.start, token.end, f"The macro \\{token.text} expands without end.",
                                            "A macro must not call itself.", code="E-MACRO")  # fmt: skip
                pending.extend(reversed(body))
            else:
                out.append(token)
        return out

    def _call(self, token: Token, macro: Macro, pending: list[Token]) -> Iterator[Token]:
        arguments: list[list[Token]] = []
        if macro.default is not None:
            optional = pending and pending[-1].is_sign("[")
            arguments.append(self._until(token, pending, "[", "]") if optional else list(macro.default))
        while len(arguments) < macro.parameters:
            arguments.append(self._argument(token, pending))
        body = iter(macro.body)
        for part in body:
            if part.is_sign("#"):
                number = next(body, None)
                if number is None or number.kind != "number" or not 1 <= int(number.value) <= len(arguments):
                    raise self._wrong(token, "A parameter in its definition has no number that fits.")
                yield from arguments[int(number.value) - 1]
            else:
                yield dataclasses.replace(part, start=token.start, end=token.end)

    def _argument(self, token: Token, pending: list[Token]) -> list[Token]:
        if not pending or pending[-1].kind == "end":
            raise self._wrong(token, "It lacks an argument.")
        if pending[-1].is_sign("{"):
            return self._until(token, pending, "{", "}")
        return [pending.pop()]

    def _until(self, token: Token, pending: list[Token], opening: str, closing: str) -> list[Token]:
        """The tokens between the brackets that open here."""
        pending.pop()
        depth = 1
        inner: list[Token] = []
        while pending and pending[-1].kind != "end":
            part = pending.pop()
            depth += part.is_sign(opening) - part.is_sign(closing)
            if depth == 0:
                return inner
            inner.append(part)
        raise self._wrong(token, f"Its bracket {opening} is not closed.")

    def _define(self, token: Token, pending: list[Token]) -> None:
        name = pending.pop() if pending else token
        if name.is_sign("{"):
            pending.append(name)
            inner = self._until(token, pending, "{", "}")
            name = inner[0] if len(inner) == 1 else token
        if name is token or name.kind != "command":
            raise self._wrong(token, "The name of a macro is expected after it.")
        count, default = 0, None
        if token.text in ("def", "gdef"):
            while pending and not pending[-1].is_sign("{") and pending[-1].kind != "end":
                count += pending.pop().kind == "number"
        elif pending and pending[-1].is_sign("["):
            digits = self._until(token, pending, "[", "]")
            count = int(digits[0].value) if len(digits) == 1 and digits[0].kind == "number" else -1
            if pending and pending[-1].is_sign("["):
                default = tuple(self._until(token, pending, "[", "]"))
        if not 0 <= count <= MAXIMUM_PARAMETERS:
            raise self._wrong(token, f"A macro has at most {MAXIMUM_PARAMETERS} parameters.")
        body = self._argument(token, pending)
        if token.text == "DeclareMathOperator":
            word = "".join(t.text for t in body if t.kind in ("letter", "word"))
            body = [dataclasses.replace(body[0], kind="word", text=word)] if word else body
        self.macros[name.text] = Macro(count, tuple(body), default)

    def _wrong(self, token: Token, what: str) -> Exception:
        return self.source.error(token.start, token.end, f"The macro \\{token.text} cannot be read.", what)
