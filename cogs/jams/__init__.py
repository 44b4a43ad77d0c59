"""Advance jams: open their threads, update their cards, pass turns on."""
