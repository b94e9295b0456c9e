"""Pure functions: series in, values out. No clock, no I/O."""
