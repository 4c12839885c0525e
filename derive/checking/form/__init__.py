"""How an answer is written: by entries, written out, in decimals, in closed form, in more than one sense."""
