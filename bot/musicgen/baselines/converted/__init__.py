"""MusicGen on other runtimes: PyTorch's model converted, and a loop that times what comes out."""
