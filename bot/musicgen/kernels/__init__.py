"""The decoder step's inner loops, in C++, compiled on the machine they run on."""
