"""How a job's message gets to its person, whatever state Discord is in."""
