"""A small Discord of our own: what it answers, and what it refuses."""
