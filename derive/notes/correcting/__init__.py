"""Putting a wrong line right: the one small change that does, and how it is spelled."""
