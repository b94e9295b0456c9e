"""The commands: the only place that prints and that sets exit codes.

Modules here are light at import, since `divmon --help` imports them all; what is
heavy is imported by the command that needs it, when it runs.
"""
