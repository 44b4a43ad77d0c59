"""The Discord surface of Zhiyin, one file a capability."""
