"""The services that cogs may call, by subject."""
