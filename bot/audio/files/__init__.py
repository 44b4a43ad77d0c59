"""Clips as files: formats, masters, tags, codes and pictures."""
