"""Texts, cards and error messages that people read."""
