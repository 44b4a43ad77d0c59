"""Models: list, locate, download and open them."""
