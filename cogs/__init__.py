"""The Discord side of Zhiyin: one discord.py extension a file, and the packages they share."""
