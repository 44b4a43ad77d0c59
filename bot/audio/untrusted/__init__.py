"""Sound files from strangers: recognized by their bytes, decoded by an isolated ffmpeg."""
