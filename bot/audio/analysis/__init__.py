"""Analysis of sound: tempo, beats, bars and key."""
