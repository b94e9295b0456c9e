"""The screen. Draws frames; computes nothing; imports nothing heavy."""
