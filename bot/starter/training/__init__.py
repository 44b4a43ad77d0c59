"""The training of the starter model, in PyTorch."""
