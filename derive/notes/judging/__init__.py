"""What is said of each relation, in order: a definition, a claim with its verdict, or why it is not checked."""
