"""Tests of bot/audio."""
