"""What a formula is: a closed set of nodes with sizes and shapes, elementwise functions as rows, and its text."""
