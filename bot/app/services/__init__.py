"""What the Discord side may ask of the rest of the bot, by subject."""
