"""Tests of bot/i18n, and of every sentence in bot and cogs."""
