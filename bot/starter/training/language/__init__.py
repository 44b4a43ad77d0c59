"""The text encoder and decoder in PyTorch and their training."""
