"""The engine: continuous batching of requests, step by step."""
