"""Audio for voice channels: clips and live music, mixed into one continuous stream."""
