"""Fakes, known inputs and helpers that several tests share."""
