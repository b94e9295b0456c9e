"""The ways to a person: one module each, all with the same `send`."""
