"""What is told of a document, whatever the format: entries, totals, margin marks, suggestions."""
