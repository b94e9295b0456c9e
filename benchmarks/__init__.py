"""Measures divmon as a whole; prints ratios. Run with `python -m benchmarks`."""
