"""Battles on Discord: announced, entered, posted with a poll, and told."""
