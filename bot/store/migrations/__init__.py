"""The tables of the database, as named and dated steps."""
