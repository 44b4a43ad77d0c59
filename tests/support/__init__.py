"""Fakes and known inputs that several tests share."""
