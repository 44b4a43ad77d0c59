"""MusicGen converted from PyTorch to other runtimes, and a loop to time it."""
