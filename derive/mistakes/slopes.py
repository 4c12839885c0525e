"""Slips with the slope of an activation: g for g′, no slope at all, the slope of something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.expression.functions import apply
from derive.expression.nodes import Elementwise, Expression, Power, Product, Sum, Tensor, number
from derive.expression.shapes import shape
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, without


def is_slope(e: Expression, name: str = "") -> bool:
    return isinstance(e, Elementwise) and e.order == 1 and (not name or e.function.name == name)


def _value(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.order == 1:
        yield Slip(replace(e, order=0), e)


def _missing(layer: str, e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Product):
        parts = factors(e)
        for k, factor in enumerate(parts):
            if isinstance(factor, Elementwise) and factor.order == 1 and _layer(factor, s) == layer:
                yield Slip(without(parts, k), factor)


def _layer(slope: Elementwise, s: Setting) -> str:
    """Which layer a slope belongs to, "" where there are no layers."""
    if not s.facts.has_layers:
        return ""
    is_hidden = s.facts.is_hidden(slope.arguments[0])
    return "hidden" if (not s.is_output if is_hidden is None else is_hidden) else "output"


def _missing_output(e: Expression, s: Setting) -> Iterator[Slip]:
    yield from _missing("output", e, s)


def _missing_hidden(e: Expression, s: Setting) -> Iterator[Slip]:
    yield from _missing("hidden", e, s)


def _missing_slope(e: Expression, s: Setting) -> Iterator[Slip]:
    yield from _missing("", e, s)


def _extra(e: Expression, s: Setting) -> Iterator[Slip]:
    """The slope that the loss cancelled stands there all the same."""
    for slope in s.slopes:
        yield Slip(product(e, slope), slope)


def _extra_softmax(e: Expression, s: Setting) -> Iterator[Slip]:
    """(a − y) with a(1 − a) behind it, for a softmax output."""
    if s.is_output and isinstance(s.of, Tensor) and not s.slopes:
        a = s.facts.outer.get(s.of)
        definition = None if a is None else s.facts.problem.definition(a)
        if a is not None and definition is not None and not isinstance(definition, Elementwise):
            yield Slip(product(e, a, Sum((number(1), -a))), a)


def _other_layer(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.order == 1 and isinstance(e.arguments[0], Tensor):
        for other in s.facts.siblings(e.arguments[0]):
            yield Slip(replace(e, arguments=(other, *e.arguments[1:])), other)


def _at_value(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.order == 1 and isinstance(e.arguments[0], Tensor):
        outer = s.facts.outer.get(e.arguments[0])
        if outer is not None:
            yield Slip(replace(e, arguments=(outer, *e.arguments[1:])), outer)


def _second(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.order == 1:
        yield Slip(replace(e, order=2), e)


def _twice(e: Expression, s: Setting) -> Iterator[Slip]:
    if is_slope(e) and e not in s.slopes:
        yield Slip(Product((e, e)), e)


def _divided(e: Expression, s: Setting) -> Iterator[Slip]:
    if is_slope(e):
        yield Slip(Power(e, number(-1)), e)


def _one_minus(e: Expression) -> Expression:
    return Sum((number(1), -e))


def _of(e: Expression, *names: str) -> Elementwise | None:
    return e if isinstance(e, Elementwise) and e.order == 1 and e.function.name in names else None


def _tanh_as_sigmoid(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "tanh")) is not None:
        a = replace(f, order=0)
        yield Slip(Product((a, _one_minus(a))), f)


def _tanh_unsquared(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "tanh")) is not None:
        yield Slip(_one_minus(replace(f, order=0)), f)


def _tanh_of_z(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "tanh")) is not None:
        yield Slip(_one_minus(Power(f.arguments[0], number(2))), f)


def _sigmoid_as_tanh(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "sigmoid")) is not None:
        yield Slip(_one_minus(Power(replace(f, order=0), number(2))), f)


def _sigmoid_half(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "sigmoid")) is not None:
        yield Slip(_one_minus(replace(f, order=0)), f)


def _sigmoid_of_z(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "sigmoid")) is not None:
        z = f.arguments[0]
        yield Slip(Product((z, _one_minus(z))), f)


def _sigmoid_plus(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "sigmoid")) is not None:
        a = replace(f, order=0)
        yield Slip(Product((a, Sum((number(1), a)))), f)


def _of_target(e: Expression, s: Setting) -> Iterator[Slip]:
    """y(1 − y) for the slope of a sigmoid whose value is compared with y, 1 − y² for that of tanh."""
    f, y = _of(e, "sigmoid", "tanh"), s.facts.target
    if f is not None and y is not None and shape(f.arguments[0]) == y.shape:
        yield Slip(Product((y, _one_minus(y))) if f.function.name == "sigmoid" else _one_minus(Power(y, number(2))), y)


def _relu_sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "relu")) is not None:
        yield Slip(apply("sign", f.arguments[0]), f)


def _reversed(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "relu")) is not None:
        yield Slip(apply("lt", f.arguments[0], number(0)), f)


def _leaky_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "leaky_relu", "elu")) is not None:
        yield Slip(apply("gt", f.arguments[0], number(0)), f)


def _leaky_swapped(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "leaky_relu")) is not None:
        z, alpha = f.arguments
        yield Slip(apply("where", apply("gt", z, number(0)), alpha, number(1)), f)


def _leaky_negative(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "leaky_relu")) is not None:
        z, alpha = f.arguments
        yield Slip(apply("where", apply("gt", z, number(0)), number(1), -alpha), f)


def _leaky_value(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "leaky_relu")) is not None:
        z, alpha = f.arguments
        yield Slip(apply("where", apply("gt", z, number(0)), number(1), Product((alpha, z))), f)


def _elu_unscaled(e: Expression, s: Setting) -> Iterator[Slip]:
    if (f := _of(e, "elu")) is not None:
        z, alpha = f.arguments
        shifted = Product((alpha, Sum((apply("exp", z), number(-1)))))
        yield Slip(apply("where", apply("gt", z, number(0)), number(1), shifted), f)


def _half_law(e: Expression, s: Setting) -> Iterator[Slip]:
    """One of the two terms of the product rule in z·σ(z) is left out."""
    f = _of(e, "silu", "gelu")
    if f is None or f.function.derivative is None:
        return
    law = f.function.derivative(*f.arguments)
    for term in law.terms if isinstance(law, Sum) else ():
        yield Slip(term, f)


ROWS: Rows = (
    Row("function-for-derivative", "the function stands where its derivative belongs",
        "The function stands where its derivative {part} belongs.",
        "The chain rule multiplies by a slope, not by a value.",
        "∂E/∂z = ∂E/∂a ⊙ f′(z): the factor is the derivative of the activation.", "net", _value),
    Row("missing-output-slope", "the slope of the output layer is missing",
        "The slope {part} of the output layer is missing.",
        "What lies between the loss and the output's z? Each step is a factor.",
        "δ of the output layer is ∂E/∂a ⊙ f′(z); the loss cancels f′ only for matching pairs.", "net",
        _missing_output),
    Row("missing-hidden-slope", "the slope of a hidden layer is missing",
        "The slope {part} of the hidden layer is missing.",
        "Going back through a layer takes its weights and one thing more.",
        "δ of layer l is (Wᵀ δ of the next) ⊙ f′(z of layer l).", "net", _missing_hidden),
    Row("missing-slope", "the slope of a function is missing",
        "The slope {part} is missing.",
        "What does the function between the outer one and the variable contribute?",
        "(f(g(x)))′ = f′(g(x)) · g′(x): each function on the way contributes its slope.", "inner", _missing_slope),
    Row("extra-output-slope", "a slope that the loss cancels",
        "The factor {part} does not belong here: this loss cancels it.",
        "Multiply the derivative of the loss by the slope, and simplify.",
        "With cross-entropy on a sigmoid or softmax, δ is a − y (over N): the slope cancels.", "bce", _extra,
        "line"),
    Row("extra-softmax-slope", "a(1−a) behind the softmax's difference",
        "The factor a(1 − a) of {part} does not belong here.",
        "The difference already is the derivative in z. What is left to do?",
        "For softmax and cross-entropy the derivative in z is a − y, with nothing behind it.", "ce",
        _extra_softmax, "line"),
    Row("slope-of-other-layer", "the slope is taken in another layer",
        "You take a slope at {part}, which is in another layer.",
        "Which z does the activation of this layer read?",
        "f′ is evaluated at the z of the layer that the chain is passing through.", "square", _other_layer),
    Row("slope-at-activation", "the slope is taken at a instead of z",
        "You take the slope at {part}, after the activation was applied.",
        "A slope is taken where the function is: what is its argument?",
        "The derivative of f(z) in z is f′(z), not f′(f(z)).", "net", _at_value),
    Row("second-derivative", "differentiated once too often",
        "You differentiate once too often: {part} belongs there.",
        "How often does the chain rule differentiate each function?",
        "The chain rule takes each derivative once.", "plain", _second),
    Row("slope-twice", "a slope is counted twice",
        "The slope {part} stands there twice.",
        "Count the activations between this layer and the loss.",
        "Each activation on the way contributes one slope.", "net", _twice),
    Row("divided-by-slope", "divided by a slope",
        "You divide by {part} where you should multiply.",
        "Write the chain rule as a product of factors.",
        "The chain rule multiplies derivatives.", "plain", _divided),
    Row("tanh-slope-of-sigmoid", "a(1 − a) as the slope of tanh",
        "You use a(1 − a), the slope of another function than {part}.",
        "Which function has the slope a(1 − a)? Derive the one of tanh.",
        "tanh′ = 1 − tanh²; a(1 − a) is the slope of the sigmoid.", "net", _tanh_as_sigmoid),
    Row("tanh-slope-unsquared", "1 − a as the slope of tanh",
        "The slope {part} is not 1 − a.",
        "Differentiate sinh/cosh by the quotient rule.",
        "tanh′ = 1 − tanh².", "net", _tanh_unsquared),
    Row("tanh-slope-of-z", "1 − z² as the slope of tanh",
        "In the slope {part} you square z itself.",
        "The short form of this slope uses the value of the function.",
        "tanh′(z) = 1 − a² with a = tanh(z), not 1 − z².", "net", _tanh_of_z),
    Row("sigmoid-slope-of-tanh", "1 − a² as the slope of the sigmoid",
        "You use 1 − a², the slope of another function than {part}.",
        "Which function has the slope 1 − a²? Derive the one of the sigmoid.",
        "σ′ = σ(1 − σ); 1 − a² is the slope of tanh.", "net", _sigmoid_as_tanh),
    Row("sigmoid-slope-half", "1 − a as the slope of the sigmoid",
        "A factor of the slope {part} is missing.",
        "Differentiate 1/(1 + e^(−z)) and write it with the function itself.",
        "σ′ = σ(1 − σ): both factors are there.", "net", _sigmoid_half),
    Row("sigmoid-slope-of-z", "z(1 − z) as the slope of the sigmoid",
        "In the slope {part} you use z itself.",
        "The short form of this slope uses the value of the function.",
        "σ′(z) = a(1 − a) with a = σ(z), not z(1 − z).", "net", _sigmoid_of_z),
    Row("sigmoid-slope-plus", "a(1 + a) as the slope of the sigmoid",
        "A sign inside the slope {part} is wrong.",
        "Check it at large z: there the sigmoid is flat.",
        "σ′ = σ(1 − σ).", "net", _sigmoid_plus),
    Row("slope-of-target", "the target in the slope",
        "You take the slope at the target {part}.",
        "Which of the two does the network compute: the output, or the target?",
        "A slope is taken where the network is: σ′ = a(1 − a) with its own output a.", "output", _of_target),
    Row("relu-slope-sign", "sign(z) as the slope of ReLU",
        "The sign is not the slope {part}.",
        "What is the slope of ReLU for z < 0?",
        "ReLU′ is 1 for z > 0 and 0 for z < 0; sign is −1 there.", "relu", _relu_sign),
    Row("relu-slope-reversed", "the gate of ReLU is reversed",
        "The gate of {part} opens on the wrong side.",
        "For which z does ReLU let its input through?",
        "ReLU′(z) is 1 where z > 0.", "relu", _reversed),
    Row("leaky-slope-forgotten", "no slope for z < 0",
        "For z < 0 the slope {part} is not zero.",
        "What does this activation do with negative inputs?",
        "Leaky ReLU and ELU have a slope for z < 0, too.", "leaky", _leaky_forgotten),
    Row("leaky-slope-swapped", "the two slopes are swapped",
        "The two branches of {part} are swapped.",
        "On which side is the slope 1?",
        "Leaky ReLU has slope 1 for z > 0 and α for z < 0.", "leaky", _leaky_swapped),
    Row("leaky-slope-negative", "the slope for z < 0 has the wrong sign",
        "For z < 0 the slope {part} has the wrong sign.",
        "Does this activation rise or fall for z < 0?",
        "Leaky ReLU rises everywhere: its slope is α for z < 0.", "leaky", _leaky_negative),
    Row("leaky-value-for-slope", "αz as the slope of leaky ReLU",
        "For z < 0 you use the value where the slope {part} belongs.",
        "How steep is the line for z < 0?",
        "For z < 0 leaky ReLU is αz, and its slope α.", "leaky", _leaky_value),
    Row("elu-value-for-slope", "α(eᶻ − 1) as the slope of ELU",
        "For z < 0 you use the value where the slope {part} belongs.",
        "Differentiate the branch for z < 0; constants go away.",
        "For z < 0 ELU is α(eᶻ − 1), and its slope αeᶻ.", "elu", _elu_unscaled),
    Row("product-rule-half", "half of the product rule",
        "Only one of the two terms of {part} is there.",
        "This activation is a product of z and a function of z.",
        "(u v)′ = u′v + u v′.", "silu", _half_law),
)  # fmt: skip
