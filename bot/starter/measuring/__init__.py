"""What the finished starter model is measured by."""
