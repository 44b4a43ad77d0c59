"""Cut, join, loop, stretch, mix and level sound."""
