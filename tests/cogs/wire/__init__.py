"""The real bot against a Discord at the wire."""
