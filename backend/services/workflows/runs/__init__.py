"""Runs crews and flows: definitions, steps and results."""
