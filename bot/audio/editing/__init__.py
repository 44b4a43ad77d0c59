"""Sound cut, joined, looped and brought to one loudness."""
