"""What the words of prompts mean in music, and how new ones go together with old ones."""
