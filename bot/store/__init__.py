"""All SQL: what must survive anything short of a broken disk."""
