"""What a sound is like: tempo, beats, bars and key."""
