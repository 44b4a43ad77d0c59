"""Voice channels: who is in them, and the server that takes what the bot plays."""
