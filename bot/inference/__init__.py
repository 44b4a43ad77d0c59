"""The line to the engine, and the processes that hold it."""
