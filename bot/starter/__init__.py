"""The built-in starter model: the music it learns from, its words, and the code that makes it."""
