"""The demo's page: its server, and the protocol between them."""
