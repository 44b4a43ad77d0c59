"""Steps that commands share, from what was typed or pressed to a queued order."""
