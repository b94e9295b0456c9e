"""One frozen Reading: what the screen, the JSON, the alerts and the link all show."""
