"""The transformer decoder: its interface and two implementations."""
