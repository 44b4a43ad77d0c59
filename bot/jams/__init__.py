"""What people make together."""
