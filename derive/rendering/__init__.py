"""Whole documents on the screen and in files: derivations, verdicts, reports and pictures, one renderer a format."""
