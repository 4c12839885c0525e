"""Where an answer is right although it is not right in general."""
