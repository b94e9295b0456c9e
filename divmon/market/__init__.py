"""What a market says, and when: quotes, bars, sessions, clocks. Pure: no I/O, no vendor."""
