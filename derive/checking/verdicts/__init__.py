"""What is said of an answer, in which words and as JSON."""
