"""The musical meaning of prompts, and joining new words with old ones."""
