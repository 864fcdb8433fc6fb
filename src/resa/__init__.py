"""Resa: a customer-journey map that runs."""

__version__ = "0.1.0"
