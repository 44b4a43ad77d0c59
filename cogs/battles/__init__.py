"""Battles on Discord: their posts, their poll and their results."""
