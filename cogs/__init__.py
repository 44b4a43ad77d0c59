"""The Discord side of Zhiyin: one extension a file, and the rooms that they share."""
