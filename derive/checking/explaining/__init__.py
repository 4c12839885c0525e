"""Why an answer is wrong, and where in its text."""
