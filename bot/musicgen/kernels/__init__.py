"""The inner loops in C++, compiled on the machine they run on."""
