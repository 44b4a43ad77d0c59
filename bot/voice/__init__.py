"""What a voice channel hears: clips and live music, mixed into one stream that never ends."""
