"""The demo: a small Discord of our own, in which Zhiyin can be tried without an account."""
