"""Frames between an engine and the screens that show it."""
