"""Pieces of MathML Core: elements as text, names and sizes.

What is written is a flat run of elements; `row` makes one element of a run where MathML wants exactly one.
"""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

import sympy

from derive.expression.sizes import Shape
from derive.writing.names import GREEK, latex_layer, split_name, visible

TIMES, APPLY = "<mo>&#x2062;</mo>", "<mo>&#x2061;</mo>"
"""Operators that are read aloud and not seen: multiplied by, function application."""

COMMA = "<mo>,</mo>"
TOP = '<mi mathvariant="normal">⊤</mi>'
_ONE_ELEMENT = re.compile(r"<(\w+)(?: [^<>]*)?>[^<]*</\1>")
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~"}
_TALL = re.compile("<mfrac>|<munderover>|<mtable|∑")


def mo(sign: str, **attributes: str) -> str:
    """An operator."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<mo{said}>{escape(sign)}</mo>"


def mn(digits: str) -> str:
    return f"<mn>{digits}</mn>"


def mi(letters: str, upright: bool = False) -> str:
    """An identifier: one letter is italic, a word upright; a single upright letter says so."""
    shown = escape(visible(letters))
    return f'<mi mathvariant="normal">{shown}</mi>' if upright and len(letters) == 1 else f"<mi>{shown}</mi>"


def mtext(words: str) -> str:
    return f"<mtext>{escape(words)}</mtext>"


def row(run: str) -> str:
    """One element that holds a run; an element that is alone stays as it is."""
    return run if _ONE_ELEMENT.fullmatch(run) else f"<mrow>{run}</mrow>"


def fraction(above: str, below: str) -> str:
    return f"<mfrac>{row(above)}{row(below)}</mfrac>"


def raised(base: str, above: str) -> str:
    """base to the power above; a subscript that the base has stands under it."""
    if _is_lowered(base):
        return f"<msubsup>{base[6:-7]}{row(above)}</msubsup>"
    return f"<msup>{row(base)}{row(above)}</msup>"


def _is_lowered(base: str) -> bool:
    """Whether a run is one `msub`."""
    depth = 0
    for found in re.finditer("<(/?)msub>", base):
        depth += -1 if found[1] else 1
        if depth == 0:
            return base.startswith("<msub>") and found.end() == len(base)
    return False


def lowered(base: str, below: str) -> str:
    return f"<msub>{row(base)}{row(below)}</msub>"


def fenced(opening: str, run: str, closing: str) -> str:
    """A run between two signs, which grow only with what is really tall."""
    grow = "true" if _TALL.search(run) else "false"
    left = mo(opening, form="prefix", stretchy=grow)
    return f"<mrow>{left}{run}{mo(closing, form='postfix', stretchy=grow)}</mrow>"


def table(rows: list[list[str]], kind: str) -> str:
    """Rows of cells; `kind` is a class for the page's style: matrix or cases."""
    lines = ("".join(f"<mtd>{cell}</mtd>" for cell in cells) for cells in rows)
    return f'<mtable class="{kind}">' + "".join(f"<mtr>{line}</mtr>" for line in lines) + "</mtable>"


def name(typed: str) -> str:
    """A name: W with subscript 1, ŷ, δ with subscript 2, or a word.

    >>> name("W1")
    '<msub><mi>W</mi><mn>1</mn></msub>'
    """
    parts = split_name(typed)
    base = mi(GREEK.get(parts.base, parts.base))
    if parts.accent:
        accent = mo(_ACCENTS[parts.accent], stretchy="false")
        base = f'<mover accent="true">{base}{accent}</mover>'
    if not parts.subscript:
        return base
    digits = parts.subscript.isdecimal() and parts.subscript.isascii()
    return f"<msub>{base}{mn(parts.subscript) if digits else mi(parts.subscript, upright=True)}</msub>"


def layer(value: sympy.Expr) -> str:
    """A layer as a superscript: l+1."""
    written = latex_layer(value)
    return "".join(_token(token) for token in re.findall(r"\d+|[^\W\d]\w*|\S", written))


def _token(token: str) -> str:
    if token.isdecimal():
        return mn(token)
    return mi(token) if token[0].isalpha() else mo("−" if token == "-" else token)


def size(value: sympy.Expr) -> str:
    """A size: n, n with subscript l, n m + 1."""
    if isinstance(value, sympy.Symbol):
        return name(value.name)
    if isinstance(value, sympy.core.function.AppliedUndef):
        return lowered(name(value.func.__name__), COMMA.join(layer(a) for a in value.args))
    if isinstance(value, sympy.Add):
        return "".join(_signed_term(term, k) for k, term in enumerate(value.as_ordered_terms()))
    if isinstance(value, sympy.Mul):
        factors = value.as_ordered_factors()
        return TIMES.join(fenced("(", size(f), ")") if isinstance(f, sympy.Add) else size(f) for f in factors)
    if isinstance(value, sympy.Pow):
        base = size(value.base)
        return raised(base if value.base.is_Symbol else fenced("(", base, ")"), size(value.exp))
    return mn(str(value)) if value.is_Integer else mi(str(value))


def _signed_term(term: sympy.Expr, place: int) -> str:
    if term.could_extract_minus_sign():
        return mo("−", form="infix" if place else "prefix") + size(-term)
    return (mo("+") if place else "") + size(term)


def shape(value: Shape) -> str:
    """n × m, also for a column."""
    return f"{size(value[0])}{mo('×')}{size(value[1])}"


def broken(run: str) -> list[str]:
    """A run cut up where a line may be broken: between the terms within its longest brackets; itself if it has none.

    >>> broken("<mi>a</mi>" + fenced("(", "<mi>b</mi><mo form='infix'>+</mo><mi>c</mi>", ")"))[1]
    '<mo form="infix">+</mo><mi>c</mi><mo form="postfix" stretchy="true" minsize="1.7em">)</mo>'
    """
    children = list(ElementTree.fromstring(f"<math>{run}</math>"))
    brackets = [child for child in children if child.tag == "mrow" and len(_terms(child)) > 1]
    if not brackets:
        return [run]
    longest = max(brackets, key=lambda child: len("".join(child.itertext())))
    place = children.index(longest)
    for fence in (longest[0], longest[-1]):
        fence.attrib |= {"stretchy": "true", "minsize": "1.7em"}
    pieces = _terms(longest)
    pieces[0] = [*children[:place], longest[0], *pieces[0]]
    pieces[-1] = [*pieces[-1], longest[-1], *children[place + 1 :]]
    return ["".join(ElementTree.tostring(e, encoding="unicode").strip() for e in piece) for piece in pieces]


def _terms(fences: ElementTree.Element) -> list[list[ElementTree.Element]]:
    """What stands between two fences, cut before every sign between two terms; nothing if these are no fences."""
    inner = list(fences)
    if len(inner) < 3 or (inner[0].get("form"), inner[-1].get("form")) != ("prefix", "postfix"):
        return []
    terms: list[list[ElementTree.Element]] = [[]]
    for child in inner[1:-1]:
        if child.tag == "mo" and child.get("form") == "infix":
            terms.append([])
        terms[-1].append(child)
    return terms
