"""What people read: cards and sentences. Nothing here sends anything."""
