"""What is known at a place in the notes: declared by a context, shown by examples, defined before."""
