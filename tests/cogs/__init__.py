"""Tests of cogs, on simulated Discords."""
