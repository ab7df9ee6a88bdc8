"""The commands behind the Makefile: Rollcall on this machine, and looking after a stack wherever it runs."""
