"""Networks: layers, activations, losses, regularisers and layouts, and the problems they pose."""

from derive.networks.network import Network

__all__ = ["Network"]
