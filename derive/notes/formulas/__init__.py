"""What stands in a formula: statements, chains, words around it, and how one relation is read."""
