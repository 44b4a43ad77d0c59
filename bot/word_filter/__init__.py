"""Lists of unwanted words and patterns, matched through disguises."""
