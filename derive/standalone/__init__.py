"""Equations that speak for themselves: shapes are inferred from custom and use, and every reading is checked."""

from derive.standalone.decide import check_standalone
from derive.standalone.insisted import read_shapes, shapes_of

__all__ = ["check_standalone", "read_shapes", "shapes_of"]
