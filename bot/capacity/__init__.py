"""How many people a machine can serve: queueing arithmetic, and a simulation of the fair line."""
