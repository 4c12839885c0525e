"""What exercises are about. A topic that no formula decides says so instead of having exercises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A row: a code that exercises name, a title, and for a topic beyond derivation the sentence that says why."""

    code: str
    title: str
    beyond: str = ""


TOPICS: dict[str, Topic] = {
    topic.code: topic
    for topic in (
        Topic("gradients", "The gradient as the vector of all partial derivatives"),
        Topic("chain-rule", "Total derivatives and the chain rule of several variables"),
        Topic("jacobians", "Jacobians of elementwise maps and of compositions"),
        Topic("second-derivatives", "Second derivatives: Hessians as matrices and entry by entry"),
        Topic("activation-slopes", "Slopes of activation functions"),
        Topic("squared-error", "Squared error, its mean and its root"),
        Topic("neuron", "A single neuron; networks with one unit a layer"),
        Topic("output-delta", "δ of the output layer"),
        Topic("hidden-delta", "δ of a hidden layer, from the layer after it"),
        Topic("weights", "The gradient in the weights, as an outer product"),
        Topic("bias", "The gradient in a bias"),
        Topic("components", "Components and whole matrices"),
        Topic("row-layout", "Examples as row vectors"),
        Topic("numerator-layout", "Numerator layout, with its shapes"),
        Topic("batches", "Batches: sums, means, and a bias that is broadcast"),
        Topic("regularisation", "L2 and L1 penalties"),
        Topic("updates", "Steps of gradient descent: on all examples, on one, on a mini-batch"),
        Topic("learning-rate", "Learning rates that decay: the Robbins–Monro conditions"),
        Topic("logistic-regression", "Logistic regression"),
        Topic("cross-entropy", "Binary cross-entropy, in index form and vectorised"),
        Topic("bias-trick", "The bias as a weight of a unit that is always 1"),
        Topic("parameter-counts", "How many parameters a network has"),
        Topic("linear-layers", "Linear layers collapse: why activations are needed"),
        Topic("symmetry", "Starting from equal weights keeps them equal"),
        Topic("vanishing-gradients", "Slopes that multiply from layer to layer; saturation"),
        Topic("variance", "Variance from layer to layer: the initialisations of Xavier and He"),
        Topic("features", "A network as a linear model on learned features, and the kernel of the features"),
        Topic(
            "convergence",
            "Convergence of stochastic gradient descent",
            "The Robbins–Monro conditions on the learning rate are decided here; that they lead to a stationary point "
            "is a theorem about random processes, which no comparison of formulas proves.",
        ),
        Topic(
            "universal-approximation",
            "Universal approximation: one hidden layer comes as close as one likes",
            "The theorem says that suitable weights exist, not which; it is proved by analysis of function spaces, and "
            "there is no formula of which an answer could be right or wrong.",
        ),
        Topic(
            "gaussian-processes",
            "Wide networks and Gaussian processes",
            "That a random layer of infinite width becomes a Gaussian process is a limit of distributions (the central "
            "limit theorem); formulas here have finite sizes and no limits. The kernel of features can be derived.",
        ),
    )
}  # fmt: skip
"""Every topic by its code, in the order of a course."""
