"""The cost meter: what AWS bills for webhooks, reads, trims and an idle stack: `python -m tools.costs --help`."""
