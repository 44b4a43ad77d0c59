"""What a prompt becomes for the decoder: the states of the T5 encoder."""
