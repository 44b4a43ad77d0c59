"""Sound files from strangers: recognized by their bytes, decoded by ffmpeg in a sandbox."""
