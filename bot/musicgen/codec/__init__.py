"""EnCodec on MindSpore: codes to sound and sound to codes."""
