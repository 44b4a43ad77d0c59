"""Tests of bot/jams."""
