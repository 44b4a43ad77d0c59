"""Tests of the words of music."""
