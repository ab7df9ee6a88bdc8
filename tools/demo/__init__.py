"""`make demo`: ten minutes in the life of three apps, told in the webhooks of three providers."""
