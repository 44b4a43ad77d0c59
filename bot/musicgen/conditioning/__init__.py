"""Conditioning of the decoder: text states of T5, and melodies."""
