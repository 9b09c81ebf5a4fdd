"""Cratesync: the server decides, the client fetches."""

__version__ = "0.1.0"
