"""Finding what a document holds: formulas with their places, contexts, marks, macros; nothing is understood yet."""
