"""Baselines for the engine: reference implementations, and synthetic weights."""
