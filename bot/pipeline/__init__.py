"""The path of a request, from its admission to delivery and payment."""
