"""Work of several lines: which line is the first wrong one, what follows from it, and what was skipped."""
