"""The independent witness: gradients in numbers, by code that shares nothing with the derivations it confirms.

compare.compare           gradients as formulas, held against every route below; a report of rows
backprop.backprop         E and its gradients for a network, from arrays
differences.central       central differences, the step swept over decades; kinks are left out
differences.complex_step  Im f(x + ih)/h, where the functions are analytic
entries.entries_route     SymPy, entry by entry, for all values at once
compile.compile_program   formulas as one NumPy function

Arrays are float64 with two axes: a column is n×1, a scalar 1×1; a list of n numbers is a column, or a row where its
name is one. A gradient has the shape of its variable. Numbers have no units. UsageError for arrays that are missing or
do not fit; Unsupported where a route has no law, as for networks of any depth.
"""
