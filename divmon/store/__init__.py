"""The only mutable state, and its archive on disk."""
