"""Defaults, and development data. Seeders add what is missing and change nothing that is there."""
