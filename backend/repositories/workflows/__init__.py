"""Crews and flows: their definitions and their runs."""
