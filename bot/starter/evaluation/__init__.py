"""The evaluation of the finished starter model."""
