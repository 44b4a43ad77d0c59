"""Tests of buttons and forms."""
