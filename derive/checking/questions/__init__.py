"""What an answer is held against: what is asked, and what its derivatives are meant to be."""
