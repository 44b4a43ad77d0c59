"""Tests of bot/pipeline."""
