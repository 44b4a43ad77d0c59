"""From what was typed or pressed to an order in the queue: the steps that commands share."""
