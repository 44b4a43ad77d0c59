"""The demo: a local Discord server and client, to try Zhiyin without an account."""
