"""Rollcall: who is online where, from the presence webhooks of realtime providers."""

__version__ = "0.3.0"
