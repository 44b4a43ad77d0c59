"""Translatable sentences as templates with values, and the catalogs."""
