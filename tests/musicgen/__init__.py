"""Tests of bot/musicgen."""
