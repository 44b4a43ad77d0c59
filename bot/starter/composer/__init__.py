"""Short pieces of music in many styles: composed, played and put into words."""
