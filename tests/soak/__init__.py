"""A long random run of the whole bot under faults: `python -m tests.soak`."""
