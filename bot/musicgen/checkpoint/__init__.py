"""Checkpoints in the hub's format: inspected without loading, loaded through MindNLP."""
