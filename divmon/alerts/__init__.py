"""Alerts: rules over the Reading, and the ways they reach a person."""
