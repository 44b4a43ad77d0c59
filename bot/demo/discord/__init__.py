"""A local Discord server for tests and the demo: REST, gateway and files, for stock clients."""
