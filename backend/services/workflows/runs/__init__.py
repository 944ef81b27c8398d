"""Runs crews and flows: definitions, the steps of each run, and what comes of them."""
