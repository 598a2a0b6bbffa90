"""``python -m benchmarks``: how fast it is, beside the alternatives, on this machine. Never part of a test."""
