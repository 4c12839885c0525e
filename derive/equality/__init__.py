"""Are two formulas equal? Equal normal forms prove it, an exact point refutes it, and nothing else counts."""
