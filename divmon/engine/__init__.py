"""Joins sources, store, readings and archive, and knows no screen."""
