"""Tests of the project itself: imports, documents, settings."""
