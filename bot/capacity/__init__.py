"""Capacity planning: queueing formulas, and a simulation of the fair queue."""
