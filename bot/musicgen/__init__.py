"""MusicGen on MindSpore: load a checkpoint, make music for many requests at once."""
