"""Benchmarks: `make bench`, or `python -m tools.bench --help`; what they say on one machine: docs/benchmarks.md."""
