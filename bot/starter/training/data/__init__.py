"""The training data: codes and notes, recordings and mixes, windows and batches."""
