"""Tests of bot/manners."""
