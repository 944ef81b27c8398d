"""Webhooks: events that are told to programs of others."""
