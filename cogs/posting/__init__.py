"""Deliver messages despite outages of Discord: retries, idempotency, fallback routes."""
