"""What people read, in their language: sentences as templates and values, and the catalogs."""
