r"""What LaTeX commands mean: one row a command, grouped by the part that the command plays in a formula.

A command that stands in no table is looked up among the names of the question (`\foo` is `foo`); if it is none, it is
an error that points at it.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.notation.characters import GREEK_NAMES

LETTERS: Mapping[str, str] = {
    **{name: name for name in GREEK_NAMES},
    "varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "varrho": "rho", "varsigma": "varsigma",
    "ell": "l", "imath": "i", "jmath": "j", "hbar": "h",
}  # fmt: skip
"""Letters by name, and the letter they are read as."""

FUNCTION_COMMANDS: Mapping[str, str] = {
    **{name: name for name in ("exp", "log", "sin", "cos", "sinh", "cosh", "tanh")},
    "max": "maximum", "min": "minimum", "ln": "log", "sech": "sech", "erf": "erf", "diag": "diag",
    "tr": "trace", "Tr": "trace", "trace": "trace",
    "softmax": "softmax", "sigm": "sigmoid", "relu": "relu", "ReLU": "relu", "sign": "sign", "sgn": "sign",
}  # fmt: skip
"""Functions that have a command, and the name they are read as."""

FUNCTION_WORDS: Mapping[str, str] = {
    **FUNCTION_COMMANDS,
    **{name: name for name in ("sigmoid", "softplus", "gelu", "silu", "elu", "abs", "sqrt", "mean", "sum", "norm")},
    **{name: name for name in ("maximum", "minimum", "leaky_relu", "vec", "logsumexp", "outer", "dot", "inner")},
    "Softmax": "softmax", "Sigmoid": "sigmoid", "sigma": "sigmoid", "Tanh": "tanh", "Relu": "relu",
    "LReLU": "leaky_relu",
    "LeakyReLU": "leaky_relu", "GELU": "gelu", "GeLU": "gelu", "SiLU": "silu", "Swish": "silu", "swish": "silu",
    "ELU": "elu", "Diag": "diag", "logistic": "sigmoid", "id": "identity", "lse": "logsumexp", "LSE": "logsumexp",
    "softsign": "softsign", 
    "step": "step", "H": "step", "Heaviside": "step", "where": "where", "Id": "identity", "identity": "identity",
}  # fmt: skip
r"""Words that name a function, in \text, \mathrm, \operatorname or bare before a bracket."""

IGNORED: frozenset[str] = frozenset({
    ",", ";", ":", "!", " ", ">", "quad", "qquad", "thinspace", "medspace", "thickspace", "enspace", "negthinspace",
    "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits", "nonumber", "notag",
    "mathstrut", "strut", "hfill", "hfil", "noindent", "allowbreak", "nobreak", "break", "centering", "normalsize",
    "big", "Big", "bigg", "Bigg", "bigl", "Bigl", "biggl", "Biggl", "bigr", "Bigr", "biggr", "Biggr", "bigm", "Bigm",
    "biggm", "Biggm", "middle", "relax", "protect", "small", "large", "Large", "null", "/", "-",
})  # fmt: skip
"""Commands that say how a formula looks."""

IGNORED_WITH_ARGUMENT: frozenset[str] = frozenset({
    "label", "tag", "hspace", "vspace", "color", "phantom", "hphantom", "vphantom", "kern", "hskip", "mspace", "notag",
    "eqno", "footnote", "ref", "eqref", "cite", "raisebox", "rule",
})  # fmt: skip
"""The same, with an argument that says how, or that is seen only."""

LENGTHS: frozenset[str] = frozenset({"kern", "hskip", "mspace", "hspace", "vspace"})
"""Those of them whose argument is a length, with or without braces."""

TRANSPARENT: Mapping[str, int] = {
    "boxed": 1, "fbox": 1, "mathop": 1, "mathbin": 1, "mathrel": 1, "mathord": 1, "mathopen": 1, "mathclose": 1,
    "mathinner": 1, "ensuremath": 1, "smash": 1, "overset": 2, "underset": 2, "stackrel": 2, "cancel": 1,
    "textcolor": 2, "colorbox": 2, "mathclap": 1, "rlap": 1, "llap": 1, "mathrlap": 1, "mathllap": 1,
}  # fmt: skip
"""Commands around a formula, with the number of their arguments; the last one is the formula."""

STACKED: frozenset[str] = frozenset({"overset", "underset", "stackrel"})
"""Those of them that set a remark over or under a relation; over a name it would be part of the name."""

BRACES: frozenset[str] = frozenset({"underbrace", "overbrace", "underline", "overline", "overbracket", "underbracket"})
"""Commands that mark a part of a formula; what stands below or above a brace is a remark."""

FONTS: Mapping[str, str] = {
    **dict.fromkeys(("mathbf", "boldsymbol", "bm", "pmb", "bold", "symbf", "textbf"), "bold"),
    **dict.fromkeys(("mathcal", "mathscr", "mathfrak"), "script"),
    **dict.fromkeys(("mathrm", "mathsf", "mathit", "mathnormal", "mathtt", "textit", "rm", "textrm"), "plain"),
    **dict.fromkeys(("textnormal", "text", "mbox", "textsf", "operatorname", "hbox", "texttt"), "plain"),
    "mathbb": "double", "bf": "bold", "cal": "script", "it": "plain", "sf": "plain", "bfseries": "bold",
}  # fmt: skip
"""Fonts: `bold` and `plain` say nothing about a name, `script` and `double` may."""

SWITCHES: frozenset[str] = frozenset({"bf", "cal", "rm", "it", "sf", "bfseries"})
r"""Fonts without an argument: {\bf x}."""

WORDS: frozenset[str] = frozenset(
    {"text", "mbox", "textrm", "textnormal", "hbox", "textit", "textbf", "textsf", "texttt"}
)
"""Commands whose argument is prose, not mathematics."""

UPRIGHT: frozenset[str] = frozenset({"mathrm", "operatorname", "mathsf", "mathit", "mathtt"})
"""Commands whose argument is a name if it has letters only."""

ACCENTS: Mapping[str, str] = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
    "vec": "", "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve", "overrightarrow": "", "underline": "",
}  # fmt: skip
r"""Accents, as they end a name: \hat y is yhat; an arrow says nothing."""

SIGNS: Mapping[str, str] = {
    "cdot": "·", "times": "×", "odot": "⊙", "bigodot": "⊙", "circ": "⊙", "otimes": "⊗", "ast": "*", "star": "*",
    "div": "/", "bullet": "·", "pm": "±", "cdotp": "·", "centerdot": "·",
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=",
    "lbrace": "{", "rbrace": "}", "{": "{", "}": "}", "lbrack": "[", "rbrack": "]", "langle": "⟨", "rangle": "⟩",
    "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖",
    "lparen": "(", "rparen": ")", "colon": ":", "backslash": "\\", "slash": "/",
}  # fmt: skip
"""Commands that are signs of products, comparisons and brackets."""

RELATIONS: Mapping[str, str] = {
    "coloneqq": ":=", "coloneq": ":=", "triangleq": ":=", "equiv": "=", "doteq": ":=",
    "leftarrow": "<-", "gets": "<-", "longleftarrow": "<-", "Leftarrow": "<-", "in": "in",
    "to": "->", "rightarrow": "->", "mapsto": "->", "longrightarrow": "->", "longmapsto": "->",
    "approx": "~", "sim": "~", "propto": "~", "simeq": "~", "cong": "~", "ll": "~", "gg": "~",
    "subset": "~", "subseteq": "~", "perp": "~",
}  # fmt: skip
"""Signs that stand between the sides of a relation: equal, becomes, element of, tends to, and what is not checked."""

SEPARATORS: frozenset[str] = frozenset({
    "Rightarrow", "implies", "Longrightarrow", "Leftrightarrow", "iff", "therefore", "because", "Longleftrightarrow",
    "land", "wedge", "impliedby", "leadsto", "rightsquigarrow",
})  # fmt: skip
"""Signs that stand between two relations."""

ENDS: frozenset[str] = frozenset({"square", "blacksquare", "Box", "qed", "qedhere", "checkmark", "blacktriangleleft"})
"""Signs that say that a proof or a step is done."""

DOTS: frozenset[str] = frozenset(
    {"dots", "cdots", "ldots", "vdots", "ddots", "dotsc", "dotsb", "dotsm", "dotso", "hdots"}
)

MATRICES: frozenset[str] = frozenset(
    {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"}
)
CASES: frozenset[str] = frozenset({"cases", "dcases", "rcases"})
LAYOUTS: frozenset[str] = frozenset({
    "equation", "align", "aligned", "alignat", "alignedat", "eqnarray", "gather", "gathered", "split", "multline",
    "flalign", "displaymath", "math", "subequations", "dmath", "IEEEeqnarray",
})  # fmt: skip
"""Environments around formulas; a star behind the name says nothing."""

NOT_OURS: Mapping[str, str] = {
    "int": "Integrals", "iint": "Integrals", "oint": "Integrals", "lim": "Limits", "det": "Determinants",
    "inf": "Infima",
    "sup": "Suprema", "prod": "Products over an index", "Pr": "Probabilities", "arg": "arg min and arg max",
    "bigcup": "Sets",
    "cup": "Sets", "cap": "Sets", "setminus": "Sets", "forall": "Quantifiers", "exists": "Quantifiers", "neg": "Logic",
    "infty": "Infinity", "emptyset": "Sets", "argmin": "arg min and arg max", "argmax": "arg min and arg max",
    "rank": "Ranks",
    "dim": "Dimensions", "ker": "Kernels", "oplus": "Direct sums", "binom": "Binomials", "lfloor": "Rounding",
    "lceil": "Rounding", "limsup": "Limits", "liminf": "Limits", "gcd": "Divisors", "bmod": "Remainders",
    "sqsubset": "Sets",
}  # fmt: skip
"""Notations that there are no expressions for; they are refused by name."""

ACTING: frozenset[str] = frozenset({
    "let", "futurelet", "catcode", "csname", "endcsname", "input", "include", "openin", "openout", "read", "write",
    "immediate", "special", "edef", "xdef", "expandafter", "noexpand", "href", "url", "includegraphics", "verb", "loop",
    "repeat", "usepackage", "makeatletter", "directlua", "ifx", "if", "else", "fi", "begingroup", "endgroup", "string",
    "jobname", "newwrite", "newread", "lstinputlisting", "verbatiminput",
})  # fmt: skip
"""Commands that act on TeX, and say nothing of mathematics: they are refused, never carried out."""
