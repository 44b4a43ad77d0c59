"""Voice channels: who is in them, and the server that receives the bot's sound."""
