"""The independent witness: gradients in numbers, by code that shares nothing with the derivations it confirms."""
