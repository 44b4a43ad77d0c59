"""All SQL: the database, which survives anything short of a broken disk."""
