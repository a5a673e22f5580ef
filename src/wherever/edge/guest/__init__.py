"""Guests that answer requests: found out, opened, run in turns, and ended where they go too far."""
