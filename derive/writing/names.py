"""How names and sizes are set: `W1` is W with subscript 1, `delta2` is δ₂, `yhat` is ŷ, in LaTeX and in Unicode."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import sympy

GREEK: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "ϕ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
"""Names that are letters: the LaTeX command without its backslash, and the Unicode letter."""

_SPELLINGS = {"lam": "lambda", "eps": "varepsilon"} | {letter: name for name, letter in GREEK.items()}
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip

SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SUPERSCRIPTS = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
)

_LOWERED = {raised: chr(plain) for plain, raised in SUBSCRIPTS.items()}
_RAISED = {raised: chr(plain).replace("−", "-") for plain, raised in SUPERSCRIPTS.items()}


@dataclass(frozen=True)
class Name:
    """A name taken apart: `yhat_out` is base y, accent hat, subscript out; the subscript of W1 is 1."""

    base: str
    accent: str = ""
    subscript: str = ""


def split_name(name: str) -> Name:
    """Take a typed name apart; W1 and W_1 are the same name.

    >>> split_name("delta2")
    Name(base='delta', accent='', subscript='2')
    """
    stem, _, below = name.partition("_") if re.fullmatch(r"[^\W_]+_\w+", name) else (name, "", "")
    if below in _ACCENTS:
        stem, below = stem + below, ""
    digits = re.fullmatch(r"(\D+?)(\d+)", stem)
    if digits and not below:
        stem, below = digits[1], digits[2]
    base, accent = stem, ""
    for mark in _ACCENTS:
        rest = stem.removesuffix(mark)
        if rest != stem and (len(rest) == 1 or rest in GREEK or rest in _SPELLINGS):
            base, accent = rest, mark
    return Name(_SPELLINGS.get(base, base), accent, below)


def escape_latex(text: str) -> str:
    """Any text as LaTeX that prints it: specials escaped, control characters dropped, unknown letters by number."""
    return "".join(_ESCAPED.get(c, c if c.isascii() else _foreign(c)) for c in text if c >= " " and c != "\x7f")


_TEXT_SYMBOLS = {
    "×": "$\\times$", "−": "$-$", "–": "--", "—": "---", "′": "$'$", "≤": "$\\le$", "≥": "$\\ge$", "≠": "$\\ne$",
    "∂": "$\\partial$", "⊙": "$\\odot$", "ᵀ": "$^{\\top}$", "½": "$\\frac12$", "…": "\\dots{}", "“": "``",
    "”": "''", "’": "'", "⟨": "$\\langle$", "⟩": "$\\rangle$", "∈": "$\\in$", "Σ": "$\\Sigma$", "→": "$\\to$",
    "‖": "$\\|$", "·": "$\\cdot$", "±": "$\\pm$", "√": "$\\surd$", "⊗": "$\\otimes$", "𝟏": "$\\mathbf{1}$",
    "𝟙": "$\\mathbf{1}$", "∇": "$\\nabla$",
} | {letter: f"$\\{name}$" for name, letter in GREEK.items() if name not in ("Sigma",)}  # fmt: skip


def _foreign(c: str) -> str:
    if c in _TEXT_SYMBOLS:
        return _TEXT_SYMBOLS[c]
    if ord(c) in _LOWERED:
        return f"$_{_LOWERED[ord(c)]}$"
    if ord(c) in _RAISED:
        return f"$^{_RAISED[ord(c)]}$"
    # Latin letters with accents are known to LaTeX itself; anything else would stop the compiler.
    return c if "\u00c0" <= c <= "\u017f" else f"[U+{ord(c):04X}]"


def _upright(word: str) -> str:
    """A word inside \\mathrm; letters that are not ASCII would not compile there, so they go by number."""
    kept = "".join(c if c.isascii() else f"[U+{ord(c):04X}]" for c in word)
    return rf"\mathrm{{{escape_latex(kept)}}}"


def latex_name(name: str) -> str:
    r"""A name in LaTeX.

    >>> latex_name("W1"), latex_name("lam"), latex_name("yhat"), latex_name("W_out")
    ('W_{1}', '\\lambda', '\\hat{y}', 'W_{\\mathrm{out}}')
    """
    parts = split_name(name)
    if parts.base in GREEK:
        base = rf"\{parts.base}"
    else:
        base = parts.base if re.fullmatch("[A-Za-z]", parts.base) else _upright(parts.base)
    if parts.accent:
        base = rf"\{parts.accent}{{{base}}}"
    if not parts.subscript:
        return base
    below = parts.subscript if parts.subscript.isdecimal() and parts.subscript.isascii() else _upright(parts.subscript)
    return f"{base}_{{{below}}}"


def unicode_name(name: str) -> str:
    """A name in Unicode; control characters become visible.

    >>> unicode_name("W1"), unicode_name("lam"), unicode_name("yhat"), unicode_name("W_out")
    ('W₁', 'λ', 'ŷ', 'W_out')
    """
    parts = split_name(name)
    base = GREEK.get(parts.base, parts.base)
    if parts.accent:
        base = unicodedata.normalize("NFC", base + _ACCENTS[parts.accent])
    below = parts.subscript
    if below:
        base += below.translate(SUBSCRIPTS) if below.isdecimal() and below.isascii() else "_" + below
    return visible(base)


def visible(text: str) -> str:
    """Text in which nothing can steer a terminal: control, direction and separator characters are shown by number."""
    return "".join(c if is_harmless(c) else f"\\u{{{ord(c):x}}}" for c in text)


def is_harmless(c: str) -> bool:
    """Whether a character is shown and does nothing else: neither steers a terminal nor ends a line."""
    category = unicodedata.category(c)
    return category[0] != "C" and category not in ("Zl", "Zp")


def subscript(text: str) -> str | None:
    """The text in Unicode subscripts, or None if a character has none."""
    return _raised(text, SUBSCRIPTS)


def superscript(text: str) -> str | None:
    """The text in Unicode superscripts, or None if a character has none."""
    return _raised(text, SUPERSCRIPTS)


def _raised(text: str, table: dict[int, int]) -> str | None:
    return text.translate(table) if all(ord(c) in table for c in text) else None


def _flat(layer: object) -> str:
    return str(layer).replace(" ", "")


def latex_layer(layer: sympy.Expr) -> str:
    """A layer subscript: l+1."""
    return _flat(layer)


def latex_size(value: sympy.Expr) -> str:
    """A size in LaTeX; n(l) is n with subscript l."""
    if isinstance(value, sympy.Symbol):
        return latex_name(value.name)
    if isinstance(value, sympy.core.function.AppliedUndef):
        return f"{latex_name(value.func.__name__)}_{{{','.join(_flat(a) for a in value.args)}}}"
    atoms = _named_parts(value)
    stand_ins = {part: sympy.Dummy(f"s{k}", integer=True, positive=True) for k, part in enumerate(atoms)}
    names = {stand_ins[part]: latex_size(part) for part in atoms}
    return str(sympy.latex(value.xreplace(stand_ins), symbol_names=names))


def unicode_size(value: sympy.Expr) -> str:
    """A size in Unicode; n(l) is nₗ."""
    if isinstance(value, sympy.Symbol):
        return unicode_name(value.name)
    if isinstance(value, sympy.core.function.AppliedUndef):
        inner = ",".join(_flat(a) for a in value.args)
        return unicode_name(value.func.__name__) + (subscript(inner) or f"[{inner}]")
    atoms = _named_parts(value)
    written = str(value.xreplace({part: sympy.Symbol(unicode_size(part)) for part in atoms}))
    written = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(SUPERSCRIPTS), written)
    return written.replace("*", "·").replace("-", "−")


def _named_parts(value: sympy.Expr) -> list[sympy.Expr]:
    applied = sorted(value.atoms(sympy.core.function.AppliedUndef), key=str)
    hidden = {s for part in applied for s in part.free_symbols}
    return applied + [s for s in sorted(value.free_symbols, key=str) if s not in hidden]


def latex_shape(shape: tuple[sympy.Expr, sympy.Expr]) -> str:
    r"""n \times m, also for a column; a scalar is 1 \times 1."""
    return rf"{latex_size(shape[0])} \times {latex_size(shape[1])}"


def unicode_shape(shape: tuple[sympy.Expr, sympy.Expr]) -> str:
    """n×m, also for a column; a scalar is 1×1."""
    return f"{unicode_size(shape[0])}×{unicode_size(shape[1])}"


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes: accents take none, wide letters two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, width: int) -> str:
    """The text filled with spaces to a width on the screen."""
    return text + " " * (width - display_width(text))


def centred(text: str, width: int) -> str:
    """The text in the middle of a width on the screen."""
    left = (width - display_width(text)) // 2
    return padded(" " * left + text, width)
