"""Models: which there are, where they lie, how they are downloaded and opened."""
