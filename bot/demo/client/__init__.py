"""The page of the demo: its server, and what pages and server say to each other."""
