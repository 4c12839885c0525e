"""All rules of derivations, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Mapping

from derive.differentiation import rules_components, rules_functions, rules_index, rules_jacobian, rules_linear, tidy
from derive.differentiation.rule import Rule
from derive.expression.nodes import Expression

CHAIN_RULE = Rule(
    "chain_rule",
    "chain rule",
    "∂E/∂v = Σ_u ∂⟨∂E/∂u, u(v)⟩/∂v over the definitions u that mention v, with ∂E/∂u held fixed; "
    "and the occurrences of v in E itself",
    "v is a name of the problem",
    (),
    lambda e, context: None,
    "sweep",
    "brief",
)

_SWEEP = (
    CHAIN_RULE,
    Rule("held_fixed", "the name stands for", "G is replaced by what it was a name for", "", (), lambda e, c: None,
         "sweep"),
    Rule("first_derivative", "the first derivative", "an inner derivative stands for its closed form", "", (),
         lambda e, c: None, "sweep"),
    Rule("by_definition", "by definition", "a name stands for its definition", "", (), lambda e, c: None, "sweep",
         "brief"),
    Rule("algebra", "elementary algebra", "both sides are equal rational expressions of the same functions", "", (),
         lambda e, c: None, "sweep"),
    Rule("entries_together", "the entries as a matrix", "a matrix is the table of its entries", "", (),
         lambda e, c: None, "sweep", "brief"),
    Rule("entry_of_gradient", "an entry of the gradient", "∂E/∂v[i,j] = (∂E/∂v)[i,j]", "", (), lambda e, c: None,
         "sweep", "brief"),
    Rule("by_one_entry", "what one entry changes", "∂u/∂v[i,j] is the change of u when v changes by e_i e_jᵀ", "", (),
         lambda e, c: None, "sweep", "brief"),
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    **{row.name: row for row in _SWEEP},
    **rules_linear.RULES,
    **rules_functions.RULES,
    **tidy.RULES,
    **rules_components.RULES,
    **rules_jacobian.RULES,
    **rules_index.RULES,
}
"""Every rule by name."""

_DERIVATIVE: dict[type[Expression], list[Rule]] = {}
for _rule in RULES.values():
    if _rule.kind == "derivative":
        for _class in _rule.on:
            _DERIVATIVE.setdefault(_class, []).append(_rule)


def rules_for(e: Expression) -> list[Rule]:
    """The rules that push a derivative into this class of node."""
    return _DERIVATIVE.get(type(e), [])
