"""The bot as it runs: what is wired to what, the Discord client, signals, health, metrics."""
