"""Policies of jams, battles and daily prompts, and their pictures; pure functions."""
