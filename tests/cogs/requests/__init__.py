"""Tests of what lies between a command and a queued job."""
