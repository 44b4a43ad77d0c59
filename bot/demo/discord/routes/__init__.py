"""Discord's REST routes, as many as the bot uses."""
