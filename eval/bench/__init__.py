"""Benchmarks: what search finds, what it costs, how true the bundled encoder is. None of them is a test."""
