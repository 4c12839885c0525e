"""Count the parameters of the 2-3-4-1 network: (2·3+3) + (3·4+4) + (4·1+1) = 30."""

from __future__ import annotations

from pathlib import Path

from derive.expression.sizes import shape_text
from derive.expression.text import text
from derive.problems import load_network


def main() -> int:
    """Print every parameter with its shape, and return how many numbers they hold."""
    network = load_network(Path(__file__).parent / "relu_2_3_4_1.toml")
    assert network is not None
    for parameter in network.parameters:
        rows, columns = parameter.shape
        print(f"{text(parameter)}  {shape_text(parameter.shape):7} {int(rows * columns):3}")
    print(f"total       {int(network.parameter_count):3}")
    return int(network.parameter_count)


if __name__ == "__main__":
    main()
