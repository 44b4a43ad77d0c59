"""The migrations of the database, named and dated."""
