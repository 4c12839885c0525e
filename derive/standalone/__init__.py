"""Equations that speak for themselves: shapes are inferred from custom and use, and every reading is checked."""

from derive.standalone.decide import check_standalone

__all__ = ["check_standalone"]
