"""Discord's REST routes that the bot uses."""
