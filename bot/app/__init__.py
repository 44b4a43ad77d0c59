"""The running bot: wiring, the Discord client, services for cogs, signals, health, metrics."""
