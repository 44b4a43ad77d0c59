"""The codec (EnCodec) in PyTorch and its training."""
