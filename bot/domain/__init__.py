"""Frozen values that the other packages exchange."""
