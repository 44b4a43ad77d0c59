"""What the engine is compared with: reference implementations and synthetic weights."""
