"""divmon: is everything rallying but crypto?"""

__version__ = "0.1.0"
