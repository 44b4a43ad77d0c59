"""What people read: cards, sentences, and how a failure is told."""
