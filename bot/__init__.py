"""Zhiyin: a Discord bot for jam servers that makes music."""
