"""How a correct form is spelled: in the marks of the formula that it corrects."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?<![A-Za-z\\_^{])(\\[A-Za-z]+|[A-Za-z])_\{(\d+)\}(\^\{)?")


def in_marks(latex: str, written: str) -> str:
    r"""Names with a layer's number, spelled as in the formula: a^{[2]} where its layers stand in brackets.

    >>> in_marks(r"W_{2}^{\top} a_{1}", r"z^{[2]} = W^{[2]} a^{[1]}")
    'W^{[2]\\top} a^{[1]}'
    >>> in_marks("W_{2} a_{1}", "z_2 = W_2 a_1")
    'W_{2} a_{1}'
    """
    if not re.search(r"\^\s*\{\s*\[\s*\\?\w", written):
        return latex

    def spelled(found: re.Match[str]) -> str:
        name, number, power = found.groups()
        itself = (
            rf"{re.escape(name)}_(?:\{{{number}\}}|{number}(?!\d))(?!\s*\^\s*\{{\s*\[)"  # no entry, as a_1^{{[2]}} is
        )
        if re.search(itself, written) or _is_function(latex, found):
            return found.group()
        return f"{name}^{{[{number}]" + ("" if power else "}")

    return _NAME.sub(spelled, latex)


def _is_function(latex: str, found: re.Match[str]) -> bool:
    return found.group(1).startswith("\\operatorname") or latex[found.end() :].startswith(("'", "("))
