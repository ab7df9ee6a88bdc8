"""Rollcall: who is online where, from the presence webhooks of realtime providers."""
