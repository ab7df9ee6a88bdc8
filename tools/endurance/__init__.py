"""Rollcall at work while things break: traffic, faults, deaths and restarts, and then an exact account."""
