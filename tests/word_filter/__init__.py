"""Tests of bot/word_filter."""
